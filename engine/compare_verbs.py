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

if TYPE_CHECKING:
    from engine.comparison import Comparison, Row


def compare(options: Namespace) -> int:
    """Compare configs and results; the exit code is that of the first that cannot be run."""
    from engine.comparison import compare as compare_all
    from engine.progress import Progress

    sources = [_source(text, options.output) for text in options.what]
    if options.csv is not None:
        _check_csv(options.csv)
    progress = Progress(quiet=options.quiet)
    try:
        found = compare_all(
            *sources,
            output=options.output,
            overrides=options.overrides,
            tearsheets=options.tearsheets,
            progress=progress,
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
    is_written = options.csv is None or _write_csv(found, options.csv)
    _print(found, options, is_written)
    return code if is_written else OutputError.exit_code


def _source(text: str, output: Path) -> Path:
    """A config as it is named; the directory of a result that a path, an id or a name tells."""
    from engine.verbs import find_run

    path = Path(text)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        return path
    return find_run(text, output)


def _check_csv(path: Path) -> None:
    """Stop before the runs where the table could not be written."""
    probe = path.with_name(f".tmp-{secrets.token_hex(8)}")
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(_cannot(path, error)) from error


def _write_csv(found: Comparison, path: Path) -> bool:
    """Write the table; where that fails, say why: the runs are made and can be shown."""
    try:
        replace_whole(path, found.to_csv().encode())
    except OSError as error:
        print(f"error: {printable(_cannot(path, error))}", file=sys.stderr)
        return False
    return True


def _cannot(path: Path, error: OSError) -> str:
    return f"cannot write the table {path}: {error.strerror or error}; name another file with --csv"


def _print(found: Comparison, options: Namespace, is_written: bool) -> None:
    if options.json:
        print_json(_plain(found), sort=False)
        return
    print(found.summary(), end="")
    if options.csv is not None and is_written:
        print(f"\ntable  {options.csv}")


def _plain(found: Comparison) -> dict[str, Any]:
    """The comparison as JSON-able values; an undefined figure is null."""
    names = [row.name for row in found.runs]
    return {
        "runs": [_run(row) for row in found.runs],
        "benchmarks": [
            {"name": row.name, "figures": _numbers(row.figures)} for row in found.benchmarks
        ],
        "differences": {
            each.key: dict(zip(names, each.values, strict=True)) for each in found.differences
        },
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
    from engine.notices import notices

    assert row.result is not None
    return {
        "name": row.name,
        "id": row.result.id,
        "path": str(row.result.path),
        "simulated": row.result.simulated,
        "figures": _numbers(row.figures),
        "sleeves": _numbers(row.sleeves),
        "warnings": [f"{notice.title}. {notice.text}" for notice in notices(row.result)],
    }


def _numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}
