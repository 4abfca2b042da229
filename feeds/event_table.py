"""`Event`, and the tables that events are read from.

A table names coins, whose events then hold for every market of theirs at the venue (LUNAUSDT,
LUNA-USD, daily or hourly), or plain ids.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from feeds.arrays import Instant
from feeds.coins import Coins, read_coins
from feeds.errors import DataError
from feeds.own_tables import table_bytes

ENDING = ("delisting", "reuse", "redenomination", "migration")
KINDS = (*ENDING, "halt")
ID_COLUMNS = ("id", "kind", "last_bar", "first_bar_after", "recovery", "successor", "source")
COIN_COLUMNS = ("coin", *ID_COLUMNS[1:-1], "venue", "source")

_USUAL_TAIL = "USDT"
"""How markets are quoted where nobody says which ids there are."""

_UNKNOWN = np.datetime64("NaT", "D")

_MOST_RECOVERED = 10
"""Times the last close: a swap keeps what a coin is worth, whatever the number of new coins."""


@dataclass(frozen=True)
class Event:
    """What happened to an id after the bar of the day `last_bar`.

    Attributes
    ----------
    id : str
    kind : str
        `delisting`, `reuse`, `redenomination` and `migration` end the coin: a holder is written
        off at `recovery` times the last close. `halt` does not: the same coin trades again.
    last_bar : datetime64[D]
        Date of the last bar's label.
    first_bar_after : datetime64[D] or NaT
        Date of the next bar under the same id, of another coin unless the kind is `halt`.
    recovery : float
        Share of the last close that a holder gets; NaN for a halt.
    successor : str
        The id that the bars from `first_bar_after` on belong to; empty for a halt, or if none.
    source : str
        Where this can be looked up.
    whole_days : bool
        Whether the dates are those of whole days, beside which the market may have been open for a
        part of a day: it seldom stops at midnight. So it is for the rows that name a coin.
    frozen_days : int
        Days after its last bar that a position in a coin that ended is not paid yet; a choice of
        the run, not of the table.
    """

    id: str
    kind: str
    last_bar: Instant
    first_bar_after: Instant
    recovery: float
    successor: str
    source: str
    whole_days: bool = False
    frozen_days: int = 0

    @property
    def ends(self) -> bool:
        """Whether the coin ends."""
        return self.kind in ENDING

    def explains(self, day: Instant) -> bool:
        """Whether the id has no bar on `day` because of this event."""
        before = bool(np.isnat(self.first_bar_after) or day < self.first_bar_after)
        return bool(day > self.last_bar) and (self.ends or before)


class _Row(NamedTuple):
    """A row of a table; `event` names a coin where `by_coin`, and holds at `venue` only."""

    where: str
    event: Event
    by_coin: bool
    venue: str


def read_events(
    sources: Sequence[str],
    root: Path | None,
    ids: Sequence[str] | None = None,
    coins: Coins | None = None,
) -> tuple[Event, ...]:
    """The events of several tables, in order of date and id.

    Parameters
    ----------
    sources : sequence of str
        `builtin`, or paths of CSV files relative to `root`. What a later table says about an id
        takes the place of all that earlier ones say about it.
    root : Path or None
    ids : sequence of str, optional
        The ids whose events are asked for, those of successors included. Left out, rows that name
        a coin give the events of its market against USDT.
    coins : Coins, optional
        What the ids stand for, and by `coins.vendor` the venue, whose rows alone are taken; the
        built-in coins of an unknown venue if left out.

    Raises
    ------
    ConfigError
        For a path without a root, or one that leads out of it.
    DataError
        For a row that is wrong or contradicts another, naming file and line.
    """
    if not sources:
        return ()
    coins = coins or read_coins()
    found: list[tuple[str, Event]] = []
    for source in sources:
        rows = _read_table(source, table_bytes("events", source, root), coins)
        own = [(row.where, event) for row in rows for event in _named(row, coins, ids)]
        told = {event.id for _, event in own}
        found = [each for each in found if each[1].id not in told] + own
    found.sort(key=lambda item: (item[1].last_bar, item[1].id))
    _check_histories(found)
    return tuple(event for _, event in found)


def _named(row: _Row, coins: Coins, ids: Sequence[str] | None) -> Iterator[Event]:
    """The events of a row, one for each id that it is about."""
    event = row.event
    if not row.by_coin:
        if ids is None or {event.id, event.successor} & set(ids):
            yield event
        return
    if row.venue and coins.vendor and row.venue != coins.vendor:
        return
    reused = not np.isnat(event.first_bar_after) and event.ends
    ticker = coins.by_id[event.id].ticker(event.last_bar)
    base = coins.label(event.id, ticker)
    next_base = coins.label(event.successor, ticker) if reused else ""
    for tail in _tails(coins, ids, ticker):
        successor = next_base + tail if reused else ""
        yield replace(event, id=base + tail, successor=successor, whole_days=True)
    # A coin's own name is never reused, and an aggregator's prices know no venue.
    if event.kind == "reuse" or row.venue not in ("", coins.vendor):
        return
    for id in ids or ():
        if coins.names_coin(id) and coins.spans(id)[0].coin == event.id:
            successor = event.successor if reused else ""
            yield replace(event, id=id, successor=successor, whole_days=True)


def _tails(coins: Coins, ids: Sequence[str] | None, ticker: str) -> list[str]:
    """What follows a ticker, or the label of a coin that took it over, in the ids of markets.

    A bare ticker is one of a market only if the vendor is known: KEY is a share elsewhere.
    """
    if ids is None:
        return [_USUAL_TAIL]
    bases = coins.labels(ticker)
    markets = ((id, coins.spelled(id)) for id in ids if not coins.names_coin(id))
    return sorted(
        {
            each.tail
            for id, each in markets
            if each.base in bases and id == each.base + each.tail and (each.tail or coins.vendor)
        }
    )


def _read_table(source: str, content: bytes, coins: Coins) -> list[_Row]:
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = tuple(next(reader, []))
        if header not in (ID_COLUMNS, COIN_COLUMNS):
            raise DataError(
                f"{source}: the first line must be {','.join(ID_COLUMNS)}, or "
                f"{','.join(COIN_COLUMNS)}"
            )
        rows = [(f"{source}:{reader.line_num}", row) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{source}: is no CSV table in UTF-8: {error}") from None
    return [_row(where, header, row, coins) for where, row in rows]


def _row(where: str, header: Sequence[str], cells: Sequence[str], coins: Coins) -> _Row:
    if len(cells) != len(header):
        raise DataError(f"{where}: has {len(cells)} cells, not {len(header)}: {','.join(header)}")
    row = dict(zip(header, map(str.strip, cells), strict=True))
    name = row.get("coin", row.get("id", ""))
    by_coin = "coin" in row and name in coins.by_id
    venue = row.get("venue", "")
    if venue and not by_coin:
        raise DataError(
            f"{where}: {name} is no known coin, so it is an id, which has one venue anyway; "
            "leave the venue blank, or declare the coin in a file of coins"
        )
    event = _event(where, name, row, by_coin)
    if by_coin and event.successor and event.successor not in coins.by_id:
        raise DataError(
            f"{where}: the successor {event.successor} is no known coin; declare it in a file of "
            "coins, with the ticker and the date from which it has it"
        )
    return _Row(where, event, by_coin, venue)


def _event(where: str, name: str, row: dict[str, str], by_coin: bool) -> Event:
    kind, first, successor = row["kind"], row["first_bar_after"], row["successor"]
    if not name or not row["last_bar"]:
        raise DataError(f"{where}: id and last_bar are needed in every row")
    if kind not in KINDS:
        raise DataError(f"{where}: kind '{kind}' is none of {', '.join(KINDS)}")
    last_bar = _date(where, "last_bar", row["last_bar"])
    first_bar_after = _date(where, "first_bar_after", first)
    if first_bar_after <= last_bar:
        raise DataError(f"{where}: first_bar_after {first} is not after last_bar {last_bar}")
    if kind == "halt":
        if row["recovery"] or successor:
            raise DataError(
                f"{where}: a halt has no recovery and no successor, the same coin trades again; "
                "leave both blank"
            )
        return Event(name, kind, last_bar, first_bar_after, math.nan, "", row["source"])
    # A coin may go on under a ticker of its own, so that no bars follow under the old one.
    if bool(first) > bool(successor) or (bool(first) < bool(successor) and not by_coin):
        raise DataError(
            f"{where}: first_bar_after and successor go together: bars of {name} after the end "
            "belong to another id. Fill both or neither"
        )
    if successor == name:
        raise DataError(f"{where}: the successor of {name} must have another id")
    recovery = _recovery(where, row["recovery"])
    return Event(name, kind, last_bar, first_bar_after, recovery, successor, row["source"])


def _date(where: str, column: str, cell: str) -> Instant:
    if not cell:
        return _UNKNOWN
    try:
        # NumPy reads `9999999999` as a year.
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
            return np.datetime64(cell, "D")
    except ValueError:
        pass
    raise DataError(f"{where}: {column} '{cell}' is no date; write it as 2022-05-13")


def _recovery(where: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise DataError(
            f"{where}: recovery '{cell}' is no number of at least 0; write the share of the last "
            "close that holders got, 0 if nothing"
        )
    if value > _MOST_RECOVERED:
        raise DataError(
            f"{where}: recovery {cell} is the share of the last close that holders got in value, "
            f"not the number of new coins; it is at most {_MOST_RECOVERED}"
        )
    return value


def _check_histories(found: Sequence[tuple[str, Event]]) -> None:
    """Check that no id has two events at a time, or one after its end."""
    latest: dict[str, tuple[str, Event]] = {}
    for where, event in found:
        if event.id in latest:
            there, before = latest[event.id]
            if before.ends or not event.last_bar >= before.first_bar_after:
                raise DataError(
                    f"{where}: {event.id} already has a {before.kind} on {before.last_bar} in "
                    f"{there}; what follows an end belongs to its successor"
                )
        latest[event.id] = (where, event)
