"""The largest coins at each of many dates, chosen with what was known then and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from feeds.arrays import DAY, Bool, Float, Instant, Instants, Int, instants, text
from feeds.coins import CLASSES, CoinClass, Coins
from feeds.errors import DataError
from feeds.membership import Membership, Stay, read_membership
from feeds.panel import Panel

__all__ = [
    "Candidate",
    "Market",
    "Membership",
    "Stay",
    "UniverseRules",
    "candidates",
    "month_starts",
    "read_membership",
    "top_by_cap",
]

PEG_DAYS = 60
PEG_VOLATILITY = 0.01
"""Standard deviation of daily log returns below which a coin near 1.00 is pegged to it."""
PEG_DISTANCE = 0.05

MEMBER = ""
TOO_SMALL = "not among the largest"
EXCLUDED = "of a class that is left out"
PEGGED = "pegged to 1.00"
TOO_YOUNG = "too young"
UNLISTED = "not traded on the venue"
TOO_THIN = "too little traded"
_REASONS = (MEMBER, TOO_SMALL, EXCLUDED, PEGGED, TOO_YOUNG, UNLISTED, TOO_THIN)


class UniverseRules(BaseModel):
    """Which coins belong to a universe; every rule looks at what is known at the time."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    top: int = Field(ge=1, description="how many coins with the largest market caps")
    exclude: list[CoinClass] = Field(
        list(CLASSES), description="classes of coins that are left out, as known at the time"
    )
    pegs: bool = Field(
        True,
        description=f"whether to leave out what moved by less than 1 % a day around 1.00 over "
        f"{PEG_DAYS} days",
    )
    min_age_days: int = Field(60, ge=0, description="days since the coin was first seen")
    min_median_quote_volume: float = Field(
        0.0, ge=0, description="median of the daily quote volume over `volume_days`"
    )
    volume_days: int = Field(30, ge=1, description="days of that median")
    max_age_days: int = Field(
        7,
        ge=0,
        description="how many days before the newest market cap of all coins the cap of one may be",
    )
    stale_days: int = Field(
        45, ge=1, description="how old the newest market cap may be when a universe is chosen"
    )


@dataclass(frozen=True, eq=False)
class Market:
    """What a universe is chosen from.

    Attributes
    ----------
    caps : Panel
        `market_cap` (T, N) by coin; NaN and 0 are unknown.
    bars : Panel or None
        Daily bars of the venue by coin; without them nothing is said about listing and volume,
        and pegs are looked for in the `close` of `caps`, if it has one.

    Notes
    -----
    Both have coins for ids: `feeds.coins.by_coin`.
    """

    caps: Panel
    bars: Panel | None = None

    def __post_init__(self) -> None:
        if self.bars is not None and (self.bars.known_at - self.bars.label != DAY).any():
            raise DataError(
                f"panel '{self.bars.name}': a universe needs daily bars to tell volume and pegs"
            )

    @cached_property
    def newest(self) -> Int:
        """Row of the last known cap up to each row, -1 where none is yet, int64 (T, N)."""
        known = np.nan_to_num(self.caps["market_cap"]) > 0
        rows = np.where(known, np.arange(len(known))[:, None], -1)
        return np.maximum.accumulate(rows, axis=0)

    @cached_property
    def first_seen(self) -> Instants:
        """When each coin was first seen (N,); the past where the data begin with it.

        Only for coins that have been seen: for the others it is the future.
        """
        seen = self.newest >= 0
        begin = int(seen.any(axis=1).argmax()) if len(seen) else 0
        first = seen.argmax(axis=0)
        return np.where(first == begin, np.datetime64("1700-01-01", "ns"), self.caps.label[first])


class Candidate(NamedTuple):
    """A coin that was looked at: its place by market cap, and why it is no member if so."""

    rank: int
    coin: str
    market_cap: float
    reason: str


def top_by_cap(
    market: Market, when: Instants, rules: UniverseRules, coins: Coins, source: str = "top_by_cap"
) -> Membership:
    """The members of a universe that is chosen anew at each of some instants.

    Parameters
    ----------
    market : Market
    when : datetime64[ns] (M,)
        Ascending instants; each choice holds up to the next, the last one for good.
    rules : UniverseRules
    coins : Coins
    source : str
        What is written to the stays.

    Raises
    ------
    DataError
        Where no market cap is known, or only one older than `stale_days`.
    """
    when, names = instants(when), market.caps.ids
    chosen = []
    for at, excluded in zip(when, coins.excluded(names, when, rules.exclude), strict=True):
        order, _, verdict = _judged(market, at, rules, excluded)
        chosen.append([names[column] for column in order if _REASONS[verdict[column]] == MEMBER])
    return Membership.scheduled(when, chosen, source)


def candidates(
    market: Market, at: Instant, rules: UniverseRules, coins: Coins
) -> tuple[Candidate, ...]:
    """Every coin with a known market cap at an instant, largest first, with the verdict on it."""
    names = market.caps.ids
    (excluded,) = coins.excluded(names, instants([at]), rules.exclude)
    order, cap, verdict = _judged(market, at, rules, excluded)
    return tuple(
        Candidate(rank, names[column], float(cap[column]), _REASONS[verdict[column]])
        for rank, column in enumerate(order, 1)
    )


def month_starts(first: Instant, last: Instant) -> Instants:
    """Midnight of the first day of every month from `first` to `last`, both included."""
    month = np.datetime64(first, "M")
    starts = instants(np.arange(month, np.datetime64(last, "M") + 1))
    return starts[(starts >= instants(first)) & (starts <= instants(last))]


def _judged(
    market: Market, at: Instant, rules: UniverseRules, excluded: Bool
) -> tuple[Int, Float, Int]:
    """Columns by market cap, caps, and for each column the place of its verdict in `_REASONS`."""
    ids = market.caps.ids
    cap = _known_caps(market, at, rules)
    order = np.lexsort((np.array(ids), -cap))[: int((cap > 0).sum())]
    verdict = np.full(len(ids), _REASONS.index(MEMBER))
    # The last reason that applies is the one that is told.
    for reason, applies in (
        *_venue(market, at, rules),
        (TOO_YOUNG, market.first_seen > at - rules.min_age_days * DAY),
        (PEGGED, _pegged(market, at) if rules.pegs else np.zeros(len(ids), dtype=bool)),
        (EXCLUDED, excluded),
    ):
        verdict[applies] = _REASONS.index(reason)
    eligible = order[verdict[order] == _REASONS.index(MEMBER)]
    verdict[eligible[rules.top :]] = _REASONS.index(TOO_SMALL)
    return order, cap, verdict


def _known_caps(market: Market, at: Instant, rules: UniverseRules) -> Float:
    """The newest cap of each coin that is known at an instant, 0 where too old, float64 (N,)."""
    caps = market.caps
    row = int(caps.count_known(instants([at]))[0]) - 1
    newest = market.newest[row] if row >= 0 else np.full(len(caps.ids), -1)
    last = int(newest.max(initial=-1))
    if last < 0 or at - caps.known_at[last] > rules.stale_days * DAY:
        told = text(caps.known_at[last]) if last >= 0 else "none"
        raise DataError(
            f"panel '{caps.name}': no universe can be chosen at {text(at)}, the newest market cap "
            f"known is of {told}; bring the caps up to date, or raise stale_days"
        )
    fresh = (newest >= 0) & (caps.label[last] - caps.label[newest] <= rules.max_age_days * DAY)
    return np.where(fresh, caps["market_cap"][newest, np.arange(len(newest))], 0.0)


def _venue(market: Market, at: Instant, rules: UniverseRules) -> list[tuple[str, Bool]]:
    """What the bars of the venue say against each coin of `caps`, bool (N,)."""
    if market.bars is None:
        if rules.min_median_quote_volume > 0:
            raise DataError(
                f"panel '{market.caps.name}': min_median_quote_volume needs bars to look at"
            )
        return []
    bars = market.bars.until(at)
    days = bars.label >= _day_before(at, rules.volume_days)
    money = np.zeros((rules.volume_days, len(bars.ids)))
    traded = bars.close[days] * bars.volume[days]
    money[: len(traded)] = np.nan_to_num(traded)  # a day without a bar is one without volume
    thin = np.median(money, axis=0) < rules.min_median_quote_volume
    listed = np.zeros(len(bars.ids), dtype=bool)
    if len(bars) and days[-1]:
        listed = ~np.isnan(bars.close[-1])
    return [
        (TOO_THIN, _matched(thin, bars.ids, market.caps.ids, missing=True)),
        (UNLISTED, ~_matched(listed, bars.ids, market.caps.ids, missing=False)),
    ]


def _pegged(market: Market, at: Instant) -> Bool:
    """Which coins of `caps` hardly moved, and at 1.00, bool (N,); no if half the days lack."""
    prices = market.caps if market.bars is None else market.bars
    none = np.zeros(len(market.caps.ids), dtype=bool)
    if "close" not in prices.fields:
        return none
    prices = prices.until(at)
    closes = prices.close[prices.label >= _day_before(at, PEG_DAYS)]
    if len(closes) < PEG_DAYS // 2:
        return none
    closes = np.where(closes > 0, closes, np.nan)
    moves = np.diff(np.log(closes), axis=0)
    enough = (~np.isnan(moves)).sum(axis=0) >= PEG_DAYS // 2
    pegged = np.zeros(len(prices.ids), dtype=bool)
    near = np.abs(np.nanmedian(closes[:, enough], axis=0) - 1) < PEG_DISTANCE
    pegged[enough] = near & (np.nanstd(moves[:, enough], axis=0, ddof=1) < PEG_VOLATILITY)
    return _matched(pegged, prices.ids, market.caps.ids, missing=False)


def _day_before(at: Instant, days: int) -> Instant:
    """Label of the first of the last `days` daily bars that are closed at `at`."""
    return np.datetime64(at, "D") - days * DAY


def _matched(values: Bool, have: tuple[str, ...], ids: tuple[str, ...], *, missing: bool) -> Bool:
    """`values` of the ids `have` in the order of `ids`, `missing` for those without."""
    known = dict(zip(have, values.tolist(), strict=True))
    return np.array([known.get(name, missing) for name in ids], dtype=bool)
