"""What `compare` does: run what is not there yet, and print one table."""

from __future__ import annotations

import errno
import math
import os
import secrets
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.printed import print_json, printable
from feeds.atomic import replace_whole
from feeds.errors import OutputError

_WHAT = {"--csv": "table", "--html": "page"}

if TYPE_CHECKING:
    from engine.comparison import Comparison
    from engine.comparison_rows import Row


def compare(options: Namespace) -> int:
    """Compare configs and results; the exit code is that of the first that cannot be run."""
    from engine.comparison import compare as compare_all
    from engine.progress import Progress

    sources = [_source(text, options.output) for text in options.what]
    _check_files(options)
    progress = Progress(quiet=options.quiet)
    try:
        found = compare_all(
            *sources,
            output=options.output,
            overrides=options.overrides,
            tearsheets=options.tearsheets,
            progress=progress,
            seed=options.seed,
            resamples=options.resamples,
        )
    finally:
        progress.clear()
    *others, last = found.failed or (None,)
    if not found.runs and last is not None and not others:
        raise last.error
    for failure in found.failed:
        words = str(failure.error)
        where = "" if failure.source in words else f"{failure.source}: "
        print(f"error: {printable(where + words)}", file=sys.stderr)
    code = found.failed[0].error.exit_code if found.failed else 0
    if not found.runs:
        return code
    written = _written(found, options)
    _print(found, options, written)
    return code if len(written) == len(_files(options)) else OutputError.exit_code


def _source(text: str, output: Path) -> Path:
    """A config as it is named; the directory of a result that a path, an id or a name tells."""
    from engine.verbs import find_run

    path = Path(text)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        return path
    return find_run(text, output)


def _check_files(options: Namespace) -> None:
    """Stop before the runs where the table or the page could not be written."""
    files = _files(options)
    if len({path.resolve() for path in files.values() if _is_replaced(path)}) < sum(
        map(_is_replaced, files.values())
    ):
        raise OutputError(f"--csv and --html both name {options.csv}; name two files")
    for option, path in files.items():
        try:
            _probe(path)
        except OSError as error:
            raise OutputError(_cannot(option, path, error)) from error


def _probe(path: Path) -> None:
    """Raise the OSError that writing would end with, as far as can be told without writing."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not _is_replaced(path):
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return
    aside = path.resolve().with_name(f".tmp-{secrets.token_hex(8)}")
    aside.touch()
    aside.unlink()


def _is_replaced(path: Path) -> bool:
    """Whether a path is a file or nothing yet, and no pipe or device."""
    return path.is_file() or not path.exists()


def _files(options: Namespace) -> dict[str, Path]:
    """The files that are asked for, by option."""
    every = {"--csv": options.csv, "--html": options.html}
    return {option: path for option, path in every.items() if path is not None}


def _written(found: Comparison, options: Namespace) -> dict[str, Path]:
    """Write the files; where one fails, say why: the runs are made and can be shown."""
    content = {"--csv": found.to_csv, "--html": found.page}
    written = {}
    for option, path in _files(options).items():
        try:
            _write(path, content[option]().encode())
            written[option] = path
        except OSError as error:
            print(f"error: {printable(_cannot(option, path, error))}", file=sys.stderr)
    return written


def _write(path: Path, content: bytes) -> None:
    """Replace a file as a whole; what is there and is none, such as a pipe, is written into."""
    if _is_replaced(path):
        replace_whole(path.resolve(), content)  # a link stays one
        return
    with path.open("wb") as there:
        there.write(content)


def _cannot(option: str, path: Path, error: OSError) -> str:
    why = error.strerror or error
    return f"cannot write the {_WHAT[option]} {path}: {why}; name another file with {option}"


def _print(found: Comparison, options: Namespace, written: Mapping[str, Path]) -> None:
    if options.json:
        print_json(_plain(found), sort=False)
        return
    print(found.summary(), end="")
    if written:
        print("\n" + "\n".join(f"{_WHAT[option]:<5}  {path}" for option, path in written.items()))


def _plain(found: Comparison) -> dict[str, Any]:
    """The comparison as JSON-able values; an undefined figure is null."""
    from engine.comparison_columns import paired_plain

    names = [row.name for row in found.runs]
    return {
        "runs": [_run(row) for row in found.runs],
        "benchmarks": [
            {"name": row.name, "figures": _numbers(row.figures)} for row in found.benchmarks
        ],
        "differences": {
            each.key: dict(zip(names, each.values, strict=True)) for each in found.differences
        },
        "tests": paired_plain(found),
        "selection": found.selection.as_json() if found.selection is not None else None,
        "trials": [each.as_json() for each in found.searches],
        "failed": [
            {
                "source": failure.source,
                "error": str(failure.error),
                "exit_code": failure.error.exit_code,
            }
            for failure in found.failed
        ],
    }


def _run(row: Row) -> dict[str, Any]:
    assert row.result is not None
    return {
        "name": row.name,
        "id": row.result.id,
        "path": str(row.result.path),
        "simulated": row.result.simulated,
        "figures": _numbers(row.figures),
        "sleeves": _numbers(row.sleeves),
        "warnings": [f"{notice.title}. {notice.text}" for notice in row.known.notices],
    }


def _numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}
