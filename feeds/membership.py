"""`Membership`: which coins belong to a universe, from when until when, and why."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from feeds.arrays import Bool, Instant, Instants, instants, text
from feeds.coins import Coins
from feeds.errors import DataError
from feeds.times import parse_times

COLUMNS = ("coin", "since", "until", "source")

_OPEN = np.datetime64("NaT", "ns")


class Stay(NamedTuple):
    """A coin that is a member from `since` up to, not including, `until` (NaT: not over yet)."""

    coin: str
    since: Instant
    until: Instant
    source: str

    def covers(self, at: Instants) -> Bool:
        """Where an instant lies in the stay."""
        return (at >= self.since) & ~(at >= self.until)


@dataclass(frozen=True)
class Membership:
    """Stays in order of coin and time; no two of a coin overlap."""

    stays: tuple[Stay, ...]

    @classmethod
    def build(cls, stays: Iterable[Stay]) -> Membership:
        """Put stays in order, and check them.

        Raises
        ------
        DataError
            For a stay that ends before it begins, and two of a coin that overlap.
        """
        ordered = sorted(stays, key=lambda stay: (stay.coin, stay.since))
        for stay in ordered:
            if stay.until <= stay.since:
                raise DataError(
                    f"{stay.coin} is a member from {text(stay.since)} until {text(stay.until)}; "
                    "until is the first instant at which it is none any more"
                )
        for before, after in pairwise(ordered):
            if before.coin == after.coin and not before.until <= after.since:
                raise DataError(
                    f"{after.coin} becomes a member on {text(after.since)} but has been one since "
                    f"{text(before.since)}; end the one stay before the other begins"
                )
        return cls(tuple(ordered))

    @classmethod
    def constant(cls, coins: Iterable[str], source: str) -> Membership:
        """The same members at all times: today's list, which no investor of the past had."""
        first = np.datetime64("1700-01-01", "ns")
        return cls.build(Stay(coin, first, _OPEN, source) for coin in coins)

    @classmethod
    def scheduled(cls, when: Instants, members: Sequence[Sequence[str]], source: str) -> Membership:
        """Members chosen at each of ascending instants, each choice until the next.

        Whoever is chosen again stays on: one stay over both.
        """
        stays: list[Stay] = []
        running: dict[str, Instant] = {}
        for at, chosen in zip(when, members, strict=True):
            for coin in sorted(running.keys() - set(chosen)):
                stays.append(Stay(coin, running.pop(coin), at, source))
            for coin in chosen:
                running.setdefault(coin, at)
        stays.extend(Stay(coin, since, _OPEN, source) for coin, since in running.items())
        return cls.build(stays)

    def at(self, when: Instant) -> tuple[str, ...]:
        """The coins that are members at an instant, in order of name."""
        return tuple(stay.coin for stay in self.stays if stay.covers(instants([when]))[0])

    def mask(self, ids: Sequence[str], at: Instants, coins: Coins) -> Bool:
        """Where each id stands for a member, bool (T, N).

        Parameters
        ----------
        ids : sequence of str
            Of any vendor: `LUNAUSDT` is the coin that had the ticker at that instant.
        at : datetime64[ns] (T,)
        coins : Coins
        """
        stays: dict[str, list[Stay]] = {}
        for stay in self.stays:
            stays.setdefault(stay.coin, []).append(stay)
        out = np.zeros((len(at), len(ids)), dtype=bool)
        for column, id in enumerate(ids):
            for span in coins.spans(id):
                named = span.covers(at)
                for stay in stays.get(span.coin, ()):
                    out[:, column] |= named & stay.covers(at)
        return out

    def table(self) -> str:
        """The stays as CSV text, as `read_membership` reads it."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for coin, since, until, source in self.stays:
            writer.writerow((coin, text(since), "" if np.isnat(until) else text(until), source))
        return out.getvalue()


def read_membership(content: str, source: str) -> Membership:
    """The membership in a CSV table with the columns coin, since, until and source.

    Raises
    ------
    DataError
        For another header, a time that is none, and stays that cannot be, naming the file.
    """
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    try:
        lines = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise DataError(f"{source}:{reader.line_num}: is no CSV table: {error}") from None
    rows = [row for _, row in lines]
    if not rows or tuple(rows[0]) != COLUMNS:
        raise DataError(f"{source}: the first line must be {','.join(COLUMNS)}")
    for line, row in lines:
        if len(row) != len(COLUMNS):
            raise DataError(f"{source}:{line}: has {len(row)} cells, not {len(COLUMNS)}")
    stays = []
    for coin, since, until, why in rows[1:]:
        begin = parse_times([since], source, "since")[0]
        end = parse_times([until], source, "until")[0] if until else _OPEN
        stays.append(Stay(coin, begin, end, why))
    try:
        return Membership.build(stays)
    except DataError as error:
        raise DataError(f"{source}: {error}") from None
