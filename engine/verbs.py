"""What each verb of the command line does."""

from __future__ import annotations

import inspect
import re
import shlex
import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.printed import print_json, print_table
from feeds.errors import BacktestError, DataError, OutputError

if TYPE_CHECKING:
    from engine.config.document import KeyPath
    from engine.result import Result

DEMO = Path(__file__).resolve().parent.parent / "configs" / "demo.yaml"
_SHORT_ID = 12
_DEARER = "execution.slippage_bps=20"
_KEY_FIGURES = ("total_return", "cagr", "sharpe", "max_drawdown")


class UsageError(BacktestError):
    """A command that names something that is not there, or too many things at once."""

    exit_code = 2


def run(options: Namespace) -> None:
    """Run a config and print its summary."""
    again = [str(options.config)]
    for override in (*options.overrides, _DEARER):
        again += ["--set", override]
    _run(options, options.config, options.overrides, f"run {shlex.join(again)}")


def demo(options: Namespace) -> None:
    """Run the example on simulated data."""
    _run(options, DEMO, (), "config init my.yaml")


def report(options: Namespace) -> None:
    """Write the tear sheet of a run again."""
    from engine.tearsheet import report as write_report

    path = write_report(_open(options))
    print_json({"tearsheet": str(path)}) if options.json else print(path)


def show(options: Namespace) -> None:
    """Print the summary of a run."""
    result = _open(options)
    _print_result(result, options.json, f"report {_short(result.path)}")


def list_(options: Namespace) -> None:
    """List the runs under the output directory, or the registered kinds of a family."""
    rows = _runs(options.output) if options.what == "runs" else _kinds(options.what)
    if options.json:
        print_json(rows)
        return
    if options.what == "runs" and not rows:
        print(f"no runs in {options.output}; `run_backtest.py demo` makes one", file=sys.stderr)
    if rows:
        header = list(rows[0])
        print_table([header, *([_shown(key, row[key]) for key in header] for row in rows)])


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
    """Write a starting config: the demo under the file's name."""
    path: Path = options.file
    if not str(path).isprintable():
        raise UsageError(f"{path} holds a character that cannot be printed; name another file")
    name = _name_of(path.stem)
    text = DEMO.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^name: .*$", f"name: {name}", text).replace("FILE", str(path))
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists; name another file, or remove it first") from None
    except OSError as error:
        raise OutputError(f"cannot write {path.absolute()}: {error.strerror}") from None
    print(f"wrote {path}; next: run_backtest.py run {path}")


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


def _run(options: Namespace, source: Path | str, overrides: Sequence[str], after: str) -> None:
    from engine.config import load_config
    from engine.progress import Progress
    from engine.result import find_results
    from engine.runs import run as run_experiment

    experiment = load_config(source, overrides)
    earlier = find_results(options.output)
    progress = Progress(quiet=options.quiet)
    try:
        result = run_experiment(
            experiment,
            output=options.output,
            force=options.force,
            tearsheet=not options.no_tearsheet,
            stock=options.stock,
            progress=progress,
        )
    finally:
        progress.clear()
    if result.path in earlier and not options.force and not options.quiet:
        same = "an earlier run of equal inputs; its files were verified, --force builds them again"
        print(f"note: {same}", file=sys.stderr)
    _print_result(result, options.json, after)


def _print_result(result: Result, as_json: bool, after: str) -> None:
    page = result.path / "tearsheet.html"
    tearsheet = str(page) if page.exists() else None
    if as_json:
        from engine.notices import notices

        values = {name: found.value for name, found in sorted(result.statistics.items())}
        print_json(
            {
                "id": result.id,
                "name": result.name,
                "path": str(result.path),
                "simulated": result.simulated,
                "statistics": values,
                "tearsheet": tearsheet,
                "warnings": [notice.text for notice in notices(result)],
            }
        )
        return
    print(result.summary(), end="")
    print(f"\nresults     {result.path}")
    print(f"tear sheet  {tearsheet or 'not written'}")
    print(f"next        run_backtest.py {after if tearsheet else f'report {_short(result.path)}'}")


def _open(options: Namespace) -> Result:
    from engine.result import open_result

    return open_result(_find(options.result, options.output))


def _find(text: str, output: Path) -> Path:
    """The result directory that a path, an id, the start of one, or a name stands for."""
    from engine.archive import MANIFEST
    from engine.result import find_results

    with suppress(OSError):  # a text may be too long for a path
        if (Path(text) / MANIFEST).is_file():
            return Path(text)
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    every = find_results(output)
    found = [
        path
        for path in every
        if path.parent.name == text
        or path.name.startswith(text)
        or f"{path.parent.name}/{path.name}".startswith(text)
    ]
    exact = [path for path in found if path.name == text]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        names = "\n".join(f"  {_short(path)}" for path in found[:20])
        more = f"\n  and {len(found) - 20} more" if len(found) > 20 else ""
        raise UsageError(f"`{shown}` fits {len(found)} runs; name one of them\n{names}{more}")
    if not every:
        raise UsageError(f"there are no runs in {output.absolute()}; point to them with --output")
    known = ", ".join(_short(path) for path in every[:5]) + (", ..." if len(every) > 5 else "")
    raise UsageError(f"no run `{shown}` in {output.absolute()}; it has {known}")


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name[:_SHORT_ID]}"


def _runs(output: Path) -> list[dict[str, Any]]:
    from engine.result import find_results

    return [_run_row(path) for path in find_results(output)]


def _run_row(path: Path) -> dict[str, Any]:
    from engine.archive import verify_result
    from engine.result_files import read_statistics

    row: dict[str, Any] = {"run": _short(path)}
    try:
        verify_result(path)
        statistics = read_statistics(path / "statistics.json")
        values = {name: statistics[name].value for name in _KEY_FIGURES if name in statistics}
        state = "ok"
    except (DataError, OSError, ValueError, KeyError, TypeError):
        values, state = {}, "damaged"
    return row | {name: values.get(name) for name in _KEY_FIGURES} | {"state": state}


def _shown(key: str, value: Any) -> str:
    """A cell of a list: returns in percent, as on every other screen."""
    from engine.wording import percent, ratio, signed_percent

    if not isinstance(value, float):
        return _cell(value)
    write = {"sharpe": ratio, "max_drawdown": percent}.get(key, signed_percent)
    return write(value)


def _kinds(what: str) -> list[dict[str, str]]:
    from strategies import registry

    family = {"strategies": "strategy"}.get(what, what.removesuffix("s"))
    return [
        {"kind": name, "meaning": _first_sentence(cls)}
        for name, cls in registry.kinds(family).items()
    ]


def _first_sentence(cls: type) -> str:
    return " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())


def _leaves(value: Any, path: KeyPath) -> Iterable[tuple[KeyPath, str, str]]:
    """Every value of a resolved config with its path, dotted path and text; lists are whole."""
    from engine.config.document import dotted

    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from _leaves(below, (*path, key))
    elif isinstance(value, list):
        yield path, dotted(path), f"[{', '.join(map(str, value))}]"
    else:
        yield path, dotted(path), _cell(value)


def _cell(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:.6g}" if isinstance(value, float) else str(value)
