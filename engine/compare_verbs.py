"""What `compare` does: run what is not there yet, and print one table."""

from __future__ import annotations

import math
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.printed import print_json, printable

if TYPE_CHECKING:
    from engine.comparison import Comparison
    from engine.comparison_rows import Row


def compare(options: Namespace) -> int:
    """Compare configs and results; the exit code is that of the first that cannot be run."""
    from engine.comparison import compare as compare_all
    from engine.progress import Progress

    sources = [_source(text, options.output) for text in options.what]
    progress = Progress(quiet=options.quiet)
    try:
        found = compare_all(
            *sources,
            output=options.output,
            overrides=options.overrides,
            tearsheets=options.tearsheets,
            progress=progress,
            **_bootstrap(options),
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
    if found.runs:
        _print(found, options)
    return found.failed[0].error.exit_code if found.failed else 0


def _bootstrap(options: Namespace) -> dict[str, int]:
    """Seed and count of the bootstraps, where they are given."""
    given = {name: getattr(options, name, None) for name in ("seed", "resamples")}
    return {name: number for name, number in given.items() if number is not None}


def _source(text: str, output: Path) -> Path:
    """A config as it is named; the directory of a result that a path, an id or a name tells."""
    from engine.verbs import find_run

    path = Path(text)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        return path
    return find_run(text, output)


def _print(found: Comparison, options: Namespace) -> None:
    html = getattr(options, "html", None)
    files = {"table": (options.csv, found.to_csv), "page": (html, found.page)}
    written = {what: path for what, (path, _) in files.items() if path is not None}
    if written:
        from engine.archive import replace_file

        for what, path in written.items():
            replace_file(path, files[what][1]())
    if options.json:
        print_json(_plain(found), sort=False)
        return
    print(found.summary(), end="")
    if written:
        print("\n" + "\n".join(f"{what:<5}  {path}" for what, path in written.items()))


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
