"""What `data fetch` does: series of vendors into the store, in words."""

from __future__ import annotations

import shlex
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data_words import again, instant, now, some
from engine.printed import print_json, print_table
from feeds.errors import AbsentError, ConfigError, ProviderError
from feeds.series import parts_of

if TYPE_CHECKING:
    from feeds.fetching import Fetched, Report

_CONFIGS = (".yaml", ".yml")


def data_fetch(options: Namespace) -> None:
    """Bring series of the store up to date, those named and those of the configs named."""
    from engine.progress import Progress
    from feeds.fetching import fetch_series
    from feeds.store import Store

    wanted, root = _wanted(options)
    progress = Progress(options.quiet)
    report = fetch_series(
        tuple(wanted),
        Store(root),
        now(options.until),
        since=instant(options.since, "--since"),
        calendars={key: calendar for key, calendar in wanted.items() if calendar},
        progress=progress.step,
        offline=options.offline,
    )
    progress.clear()
    _tell_fetched(options, report, root)


def _wanted(options: Namespace) -> tuple[dict[str, str], Path]:
    """The series asked for, each with its calendar if a config says it, and the data root."""
    from engine.config import load_config
    from engine.inputs import fetchable, series_of

    wanted: dict[str, str] = {}
    root = options.root
    for what in options.what:
        if not what.endswith(_CONFIGS):
            parts_of(what)
            wanted.setdefault(what, "")
            continue
        experiment = load_config(Path(what), overrides=options.overrides)
        found = series_of(fetchable(experiment, _can_be_asked))
        if not found:
            raise ConfigError(
                f"{what}: no panel has `series`; its data are files, or simulated: nothing to fetch"
            )
        wanted |= found
        if options.root is None and root not in (None, experiment.data.root):
            raise ConfigError(
                f"{what} keeps its data in {experiment.data.root}, the config before it in {root}; "
                "fetch them one by one, or say where with `--root`"
            )
        root = root or experiment.data.root
    return wanted, root or Path("data")


def _can_be_asked(vendor: str) -> bool:
    """Whether there is a provider of this name; ccxt is asked for the others."""
    from feeds.providers import NAMES

    if not vendor or vendor in NAMES:
        return bool(vendor)
    import ccxt

    return vendor in ccxt.exchanges


def _tell_fetched(options: Namespace, report: Report, root: Path) -> None:
    next_ = f"go on with `{again('fetch', options.what, options)}`"
    count = len(report.fetched)
    if report.interrupted:
        raise KeyboardInterrupt(f"{count} series fetched, {len(report.remaining)} left; {next_}")
    if report.failed:
        missing = len(report.failed)
        if options.offline:
            first = f"{len(report.kept)} series are there, {missing} are not; {next_}"
            raise AbsentError("\n".join([first, *some(report.failed)]))
        first = f"{count} series fetched, {missing} could not be; {next_}"
        raise ProviderError("\n".join([first, *some(report.failed)]))
    if report.refused and not (count or report.kept):
        first = "nothing was fetched: the vendor does not have it"
        raise ProviderError("\n".join([first, *some(report.refused)]))
    if options.json:
        print_json(
            {
                "fetched": [_fetched(each) for each in report.fetched],
                "kept": list(report.kept),
                "refused": dict(report.refused),
            }
        )
    else:
        _print_fetched(report, root)


def _print_fetched(report: Report, root: Path) -> None:
    rows = [tuple(str(value) for value in _fetched(each).values()) for each in report.fetched]
    if rows:
        print_table([tuple(_fetched(report.fetched[0])), *rows])
    revised = [each for each in report.fetched if each.revision]
    for each in revised:
        print(f"history rewritten: `data diff {shlex.quote(each.key)}` shows what changed")
    if report.refused:
        print("\n".join([f"{len(report.refused)} left out:", *some(report.refused)]))
    if report.kept:
        print(f"{len(report.kept)} series are in {root / 'store'}")


def _fetched(each: Fetched) -> dict[str, Any]:
    from feeds.arrays import text

    revision = each.revision
    return {
        "series": each.key,
        "rows": each.rows,
        "new": each.new_rows,
        "first": text(each.first),
        "last": text(each.last),
        "revised": revision.changed + revision.added + revision.removed,
    }
