"""What the verbs of `config` do: show, explain, begin."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.printed import print_json, print_table
from engine.verbs import DEMO, UsageError, cell
from feeds.errors import OutputError

if TYPE_CHECKING:
    from engine.config.document import KeyPath

_NEXT = """\
#   run_backtest.py list signals  # what else can be asked of a market
#   run_backtest.py study FILE  # what happened after the signal?
#   run_backtest.py compare FILE another.yaml  # variants beside each other
#   run_backtest.py run FILE --plugins mine.py  # with kinds of your own, see docs/authoring.md
"""


def config_show(options: Namespace) -> None:
    """Print the resolved config, or each value with its origin."""
    from engine.config import experiment
    from engine.config.derived import completed
    from engine.config.overrides import read_document

    document = completed(read_document(options.config, options.overrides))
    found = experiment(document)
    if options.origin:
        rows = [
            (key, str(document.origins.get(path, "default")), value)
            for path, key, value in _leaves(found.resolved(), ())
        ]
        if found.data.root is not None:
            at = document.origin(("data", "root"))
            rows.append(("data.root", str(at), f"{found.data.root} (not part of the run's id)"))
        keys = ("key", "origin", "value")
        if options.json:
            print_json([dict(zip(keys, row, strict=True)) for row in rows])
        else:
            print_table(rows)
    elif options.json:
        print_json(found.resolved(), sort=False)
    else:
        print(found.to_yaml(), end="")


def config_explain(options: Namespace) -> None:
    """Explain a key, or all top-level keys."""
    from engine.config.explain import explain, markdown

    print(markdown() if options.markdown else explain(options.key), end="")


def config_schema(options: Namespace) -> None:
    """Print the JSON Schema of a config."""
    from engine.config.schema import json_schema

    print_json(json_schema(), sort=False)


def config_init(options: Namespace) -> None:
    """Write a starting config under the file's name."""
    path: Path = options.file
    if not str(path).isprintable():
        raise UsageError(f"{path} holds a character that cannot be printed; name another file")
    text = _start(options.kind).replace("FILE", str(path))
    text = re.sub(r"(?m)^name: .*$", f"name: {_name_of(path.stem)}", text)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists; name another file, or remove it first") from None
    except OSError as error:
        raise OutputError(f"cannot write {path.absolute()}: {error.strerror}") from None
    fetch = f"run_backtest.py data fetch {path}, then " if options.kind == "rotation" else ""
    print(f"wrote {path}; next: {fetch}run_backtest.py run {path}")


def _start(kind: str) -> str:
    """The text of a starting config, with FILE for its own name, that needs no other config."""
    folder = DEMO.parent
    text = (folder / f"{kind}.yaml").read_text(encoding="utf-8")
    for base in re.findall(r"(?m)^extends: (.*)$", text):
        market = (folder / base).read_text(encoding="utf-8")
        market = re.sub(r"\A(#.*\n)+", "", market)  # what it says about itself as a file
        # The data are beside the new file, as for the one it was made from.
        market = re.sub(r"(?m)^  root: .*$", "  root: data", market)
        text = text.replace(f"extends: {base}\n", "version: 1\n") + "\n"
        text += market.replace("version: 1\n", "")
    head = re.match(r"(#.*\n)+", text)
    assert head is not None
    # A raw strategy reads no signal that could be studied.
    told = [line for line in _NEXT.splitlines(True) if kind != "raw" or "study" not in line]
    text = head[0] + "".join(told) + text[head.end() :]
    return text.replace(f"configs/{kind}.yaml", "FILE")


def _name_of(stem: str) -> str:
    """The name of an experiment after its file; a word that YAML takes for text, on any system."""
    from pydantic import TypeAdapter

    from engine.config.fields import FileName
    from engine.config.loader import scalar

    name = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-.")[:80] or "experiment"
    try:
        validated = TypeAdapter(FileName).validate_python(scalar(name))
    except ValueError:
        return f"experiment-{name}"[:80]
    return str(validated)


def _leaves(value: Any, path: KeyPath) -> Iterable[tuple[KeyPath, str, str]]:
    """Every value of a resolved config with its path, dotted path and text; lists are whole."""
    from engine.config.document import dotted

    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from _leaves(below, (*path, key))
    elif isinstance(value, list):
        yield path, dotted(path), f"[{', '.join(map(str, value))}]"
    else:
        yield path, dotted(path), cell(value)
