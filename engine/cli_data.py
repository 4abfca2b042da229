"""The verbs of `data` and `universe` on the command line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from engine.cli_options import add_json, add_output, add_plugins, add_set

STAMPS = ("day_start", "hour_start", "session_close", "instant", "release")


def add_data(verbs: Any, verb: Callable[..., Any]) -> None:
    """Add the verbs of `data`; `verb` makes a parser with what all verbs have."""
    in_store = partial(verb, module="data_verbs")
    fetch = verb(verbs, "data fetch", "fetch series from vendors into the store",
                 "data fetch configs/rotation.yaml",
                 "data fetch 'yahoo/^RUT/1d' binance/BTCUSDT/1d",
                 "data fetch my.yaml --since 2017-01-01", module="fetch_verbs")  # fmt: skip
    fetch.add_argument(
        "what",
        metavar="WHAT",
        nargs="+",
        help="configs, for all their series, or series: vendor/id/frequency",
    )
    fetch.add_argument(
        "--since", metavar="DATE", help="first date of new series (all that the vendor has)"
    )
    fetch.add_argument("--until", metavar="DATE", help="leave rows that are final later (now)")
    fetch.add_argument("--offline", action="store_true", help="ask nobody: is all of it there?")
    add_set(fetch)
    add_plugins(fetch)
    bring = _import(verbs, in_store)
    status = in_store(verbs, "data status", "list the series of the store",
                  "data status", "data status binance", "data status 'binance/BTC*'")  # fmt: skip
    status.add_argument("series", metavar="SERIES", nargs="?", default="", help="some of them")
    verify = in_store(verbs, "data verify", "check every file of the store",
                  "data verify", "data verify --repair")  # fmt: skip
    verify.add_argument("--repair", action="store_true", help="set damaged files aside")
    diff = in_store(verbs, "data diff", "show how a vendor rewrote the history of a series",
                "data diff 'yahoo/^RUT/1d'", "data diff 'yahoo/^RUT/1d' --old 0")  # fmt: skip
    diff.add_argument("series", metavar="SERIES", help="vendor/id/frequency")
    diff.add_argument("--old", type=int, default=-2, help="the older version, 0 is the first (-2)")
    diff.add_argument("--new", type=int, default=-1, help="the newer version (-1, the last)")
    gc = in_store(verbs, "data gc", "remove files of the store that no series needs",
              "data gc", "data gc --keep 1")  # fmt: skip
    gc.add_argument("--keep", metavar="N", type=int, help="versions of each series to keep (all)")
    for each in (fetch, bring, status, verify, diff, gc):
        each.add_argument(
            "--root", metavar="DIR", type=Path, help="data folder, in which the store is (data)"
        )
        add_json(each)


def _import(verbs: Any, verb: Callable[..., Any]) -> Any:
    bring = verb(verbs, "data import", "import files and folders into the store",
                 "data import ~/Downloads/BTC-USD.csv",
                 "data import DIR --layout configs/layouts/collection.yaml")  # fmt: skip
    bring.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="files or folders")
    bring.add_argument(
        "--layout", metavar="FILE", type=Path, help="YAML that says what plain tables are"
    )
    bring.add_argument(
        "--replace", action="store_true", help="believe the files where the store says otherwise"
    )
    said = bring.add_argument_group("what a file does not say by itself")
    said.add_argument("--vendor", help="who told it, the first part of the series")
    said.add_argument("--id", help="the market, coin or index, the second part")
    said.add_argument("--frequency", help="1d, 1h, ..., the third part")
    said.add_argument("--zone", help="zone of times without one: UTC, -03:00, America/New_York")
    said.add_argument("--stamp", choices=STAMPS, help="what the time of a row means")
    said.add_argument("--calendar", help="24/7, or an exchange calendar such as XNYS")
    said.add_argument("--lag-days", type=int, help="days from a row's date to its publication")
    said.add_argument(
        "--duplicates", choices=("first", "last"), help="which of two rows of one time counts"
    )
    return bring


def add_universe(verbs: Any, verb: Callable[..., Any]) -> None:
    """Add the verbs of `universe`."""
    show = verb(verbs, "universe show", "show the members of a config's universe at a date",
                "universe show 2021-06-01 my.yaml", module="universe_verbs")  # fmt: skip
    show.add_argument("date", metavar="DATE", help="at 00:00 UTC of this date")
    audit = verb(verbs, "universe audit",
                 "compare a strategy with itself on the members of the end of the period",
                 "universe audit my.yaml", module="universe_verbs")  # fmt: skip
    for each in (show, audit):
        each.add_argument("config", metavar="CONFIG", type=Path, help="YAML file")
        add_set(each)
        add_plugins(each)
        add_output(each, "panels are cached")
        add_json(each)
