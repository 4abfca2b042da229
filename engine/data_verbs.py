"""What the verbs of `data` do: vendors, files and the store, in words."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data_words import SAID, again, now, some
from engine.printed import print_json, print_table
from engine.wording import count
from feeds.errors import ConfigError, DataError

if TYPE_CHECKING:
    from feeds.store import Status, Store

_LONGEST_LAG = 400
_UNITS = ((1_000_000, "MB"), (1_000, "kB"))


def data_import(options: Namespace) -> None:
    """Bring files of vendors into the store."""
    from engine.progress import Progress
    from feeds.formats import Facts
    from feeds.importing import import_paths
    from feeds.layouts import read_layout

    facts = Facts(**{name: getattr(options, name) for name in SAID})
    if facts.lag_days is not None and not 0 <= facts.lag_days <= _LONGEST_LAG:
        raise ConfigError(f"--lag-days {facts.lag_days}: write 0 to {_LONGEST_LAG} days")
    progress = Progress(options.quiet)
    report = import_paths(
        options.paths,
        _store(options),
        None if options.layout is None else read_layout(options.layout),
        now(None),
        progress.step,
        facts=facts,
        replace=options.replace,
    )
    progress.clear()
    next_ = f"go on with `{again('import', map(str, options.paths), options)}`"
    done = len(report.imported) + report.unchanged
    if report.interrupted:
        left = report.files - report.seen
        raise KeyboardInterrupt(f"{report.seen} files done, {left} left; {next_}")
    if not done and report.refused:
        reasons = [f"  {each.reason}" for each in report.refused[:10]]
        raise DataError("\n".join(["none of the files could be imported", *reasons]))
    if options.json:
        print_json(
            {
                "files": report.files,
                "unchanged": report.unchanged,
                "imported": [
                    {"file": each.file, "series": each.key, "rows": each.rows}
                    for each in report.imported
                ],
                "refused": {each.file: each.reason for each in report.refused},
            }
        )
        return
    rows = sum(each.rows for each in report.imported)
    files, there = count(report.files, "file"), count(report.unchanged, "file")
    print(
        f"{files}: {len(report.imported)} series imported with {rows:,} rows, "
        f"{there} there already, {len(report.refused)} left out"
    )
    if report.refused:
        print("\n".join(some({str(i): each.reason for i, each in enumerate(report.refused)})))


def data_status(options: Namespace) -> None:
    """List the series of the store."""
    from feeds.store import Problem

    rows, problems = [], []
    for each in _store(options).status(_pattern(options.series)):
        if isinstance(each, Problem):
            problems.append(str(each))
        else:
            rows.append(_status(each))
    if options.json:
        print_json({"series": rows, "problems": problems})
        return
    if not rows and not problems:
        print(f"no series in {_root(options) / 'store'}; `data fetch` or `data import` brings some")
    if rows:
        header = list(rows[0])
        print_table([header, *([str(row[key]) for key in header] for row in rows)])
    for problem in problems:
        print(f"damaged: {problem}")


def data_verify(options: Namespace) -> None:
    """Check every file of the store; set damaged ones aside if asked to."""
    store = _store(options)
    problems = [str(each) for each in store.verify(repair=options.repair)]
    if options.json:
        print_json({"problems": problems, "series": len(store.keys())})
    elif not problems:
        print(f"{len(store.keys())} series, every file as it was written")
    if problems and not options.repair:
        raise DataError("\n".join([count(len(problems), "damaged file"), *problems]))
    if problems and not options.json:
        print("\n".join(["set aside:", *problems]))


def data_diff(options: Namespace) -> None:
    """Show what one version of a series says otherwise than another."""
    found = _store(options).diff(options.series, options.old, options.new)
    rows = [("removed", time, id, "", "", "") for time, id in _pairs(found.removed)]
    changes = zip(
        _pairs(found.changed),
        found.changed.field,
        found.changed.old,
        found.changed.new,
        strict=True,
    )
    rows += [
        ("changed", time, id, str(field), repr(float(old)), repr(float(new)))
        for (time, id), field, old, new in changes
    ]
    rows += [("added", time, id, "", "", "") for time, id in _pairs(found.added)]
    keys = ("what", "time", "id", "field", "old", "new")
    if options.json:
        print_json([dict(zip(keys, row, strict=True)) for row in rows])
        return
    revision = found.revision
    print(
        f"{options.series}: {len(found.added)} rows added, {len(found.removed)} removed, "
        f"{revision.changed} changed"
    )
    if rows:
        print_table([keys, *rows])


def data_gc(options: Namespace) -> None:
    """Throw away what no series needs."""
    freed = _store(options).gc(options.keep)
    if options.json:
        print_json(vars(freed))
    else:
        what = f"{count(freed.versions, 'version')} and {count(freed.files, 'file')}"
        print(f"{what} removed, {_size(freed.size)}")


def _status(each: Status) -> dict[str, Any]:
    from feeds.arrays import text

    return {
        "series": each.key,
        "from": each.provider,
        "fetched": text(each.fetched_at),
        "ids": each.ids,
        "rows": each.rows,
        "first": text(each.first),
        "last": text(each.last),
        "whole": "yes" if each.complete else "no",
        "versions": each.versions,
        "revised": each.revised,
    }


def _store(options: Namespace) -> Store:
    from feeds.store import Store

    return Store(_root(options))


def _root(options: Namespace) -> Path:
    return options.root or Path("data")


def _pattern(series: str) -> str:
    """A pattern for all three parts of a key: `binance` means all of binance."""
    return "/".join([*series.split("/"), "*", "*"][:3]) if series else "*/*/*"


def _pairs(cells: Any) -> list[tuple[str, str]]:
    from feeds.arrays import text

    return [(text(time), str(id)) for time, id in zip(cells.time, cells.id, strict=True)]


def _size(size: int) -> str:
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"
