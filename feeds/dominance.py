"""Market totals and dominance from market caps, under a definition that is stored with them.

The vendor of the best-known OTHERS.D edits its list of ten coins by hand and recalculates its
history, so that series can be supplied, but not reproduced. What is computed here says which coins
it is about, when they were chosen, and what happens where the coverage of the data changes.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from feeds.align import carry
from feeds.arrays import Bool, Float, Int, instants
from feeds.coins import CoinClass, Coins
from feeds.errors import DataError
from feeds.panel import Panel, found

MARKET = "market"
"""The one id of a panel of totals."""

COVERAGE_JUMPS = "coverage_jumps"
COVERAGE_JUMP = 0.005
"""Share of the total that may enter or leave the data in one row before the row is flagged."""


def _date(value: Any) -> Any:
    """Dates are text in a config."""
    return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else value


class Definition(BaseModel):
    """Which coins a total and a dominance are about."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    top: int = Field(10, ge=1, description="how many of the largest coins are not `others`")
    universe: int | None = Field(
        125, ge=1, description="how many of the largest coins make the total; null for all"
    )
    fixed_at: Annotated[date | None, BeforeValidator(_date)] = Field(
        None,
        description="day whose top coins are kept for good, from when on there are values; "
        "null ranks anew at every row",
    )
    exclude: list[CoinClass] = Field([], description="classes of coins that are left out")
    chain_link: bool = Field(
        False, description="whether changes count only coins with a cap at both ends of them"
    )
    total: Literal["sum", "supplied"] = Field(
        "sum",
        description="whether the total is that of the universe, or a series of all coins that a "
        "vendor supplies; `universe` says nothing then",
    )

    @model_validator(mode="after")
    def _a_supplied_total_is_no_sum(self) -> Definition:
        if self.total == "supplied" and (self.chain_link or self.exclude):
            raise ValueError(
                "a supplied total holds all coins: it goes with neither chain_link nor exclude"
            )
        return self

    @property
    def words(self) -> str:
        """The definition as a phrase for a reader of results."""
        size = "all coins" if self.universe is None else f"the {self.universe} largest coins"
        if self.total == "supplied":
            size = "the vendor's total of all coins"
        without = f" without {', '.join(self.exclude)}" if self.exclude else ""
        ranked = "ranked anew at every row" if self.fixed_at is None else f"as of {self.fixed_at}"
        linked = ", chain-linked" if self.chain_link else ""
        return f"{size}{without}; others are all but the top {self.top}, {ranked}{linked}"


class _Sums(NamedTuple):
    """Caps added up over the universe, over its top, and of two coins, float64 (T,) each."""

    total: Float
    top: Float
    btc: Float
    eth: Float

    @property
    def others(self) -> Float:
        return self.total - self.top


def dominance(
    caps: Panel, definition: Definition, coins: Coins, supplied: Panel | None = None
) -> Panel:
    """Totals and shares of the market at every row of `caps`.

    Parameters
    ----------
    caps : Panel
        Market caps as `market_cap` (T, N); NaN and 0 are caps that nobody knows.
    definition : Definition
    coins : Coins
        Says what the ids are, and which classes they were known to be of at each row.
    supplied : Panel, optional
        The total of a vendor as `total` (R, 1), where the definition is about one; the last value
        known at a row is taken, if it is not more than a day old.

    Returns
    -------
    Panel
        With the times of `caps`, one id, and the fields

        - `total`, `total2` (without BTC), `total3` (without BTC and ETH), `others`: caps
        - `btc_d`, `eth_d`, `others_d`: percent of `total`
        - `coins`: how many coins make the total
        - `entering`, `leaving`: percent of the total of this row, or of the one before, whose
          coins have no cap in the other. Rows where either is above 0.5 % are listed as
          `coverage_jumps`.

        NaN where no total is known, and before `fixed_at`.

    Raises
    ------
    DataError
        If nothing is known at `fixed_at`, or a supplied total is missing.

    Notes
    -----
    OTHERS.D is `100 * (sum of caps - sum of the top caps) / sum of caps`; ties are ranked by id.
    Chain-linked, a total changes by the ratio of its values over the coins that have a cap at both
    rows, and a share by the ratio of its odds: so it stays between 0 and 100.
    """
    names = sorted(caps.ids)  # ties by id
    caps = caps.pick(tuple(names))
    known = np.nan_to_num(caps["market_cap"])
    known[coins.excluded(caps.ids, caps.known_at, definition.exclude)] = 0.0
    size = definition.universe or len(names)
    fixed = _fixed_top(known, caps, definition)
    btc, eth = (coins.is_coin(caps.ids, caps.known_at, coin) for coin in ("bitcoin", "ethereum"))

    def sums(rows: Float, at: slice) -> _Sums:
        rank = _ranks(rows)
        inside = rows * (rank < size)
        top = rank < definition.top if fixed is None else fixed
        return _Sums(*((inside * each).sum(axis=1) for each in (1.0, top, btc[at], eth[at])))

    raw = sums(known, slice(None))
    if definition.total == "supplied":
        raw = raw._replace(total=_supplied(caps, supplied))
    fields = _fields(raw)
    if definition.chain_link:
        both = (known[1:] > 0) & (known[:-1] > 0)
        now, before = sums(known[1:] * both, slice(1, None)), sums(known[:-1] * both, slice(-1))
        fields = _linked(fields, _fields(now), _fields(before))
    fields["coins"] = np.minimum((known > 0).sum(axis=1), size).astype(np.float64)
    fields |= _coverage(known, _ranks(known) < size)
    return _panel(caps, definition, fields, ~(raw.total > 0))


def _supplied(caps: Panel, supplied: Panel | None) -> Float:
    if supplied is None:
        raise DataError(
            f"panel '{caps.name}': the definition is about a supplied total, and none is supplied"
        )
    return carry(supplied.known_at, supplied.column("total"), caps.known_at, 1.0).values


def _panel(caps: Panel, definition: Definition, fields: dict[str, Float], unknown: Bool) -> Panel:
    """The fields as a panel, blank where `unknown` (T,), with the jumps of coverage listed."""
    if definition.fixed_at is not None:
        unknown = unknown | (caps.known_at < instants(definition.fixed_at))
    moved = np.maximum(fields["entering"], fields["leaving"])
    jumps = caps.label[(moved > 100 * COVERAGE_JUMP) & ~unknown]
    return Panel.build(
        caps.name,
        caps.calendar,
        caps.label,
        caps.opened_at,
        caps.known_at,
        (MARKET,),
        {key: np.where(unknown, np.nan, values)[:, None] for key, values in fields.items()},
        found({COVERAGE_JUMPS: {MARKET: jumps}}),
    )


def _fixed_top(known: Float, caps: Panel, definition: Definition) -> Bool | None:
    """The top coins at the day they are fixed, bool (N,); None where they are ranked anew."""
    if definition.fixed_at is None:
        return None
    row = int(caps.count_known(instants([definition.fixed_at]))[0]) - 1
    if row < 0 or not known[row].any():
        raise DataError(
            f"panel '{caps.name}': no market cap is known at {definition.fixed_at}, whose top "
            f"{definition.top} are asked for; fix them later, or rank anew at every row"
        )
    return (_ranks(known[row : row + 1])[0] < definition.top) & (known[row] > 0)


def _ranks(known: Float) -> Int:
    """Place of each coin by cap, 0 for the largest, ties in order of columns, int64 (T, N)."""
    order = np.argsort(-known, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(known.shape[1])[None, :], axis=1)
    return ranks


def _fields(sums: _Sums) -> dict[str, Float]:
    with np.errstate(invalid="ignore"):
        share = {
            key: 100 * part / sums.total
            for key, part in (
                ("btc_d", sums.btc),
                ("eth_d", sums.eth),
                ("others_d", sums.others),
            )
        }
    return {
        "total": sums.total,
        "total2": sums.total - sums.btc,
        "total3": sums.total - sums.btc - sums.eth,
        "others": sums.others,
        **share,
    }


def _linked(
    raw: dict[str, Float], now: dict[str, Float], before: dict[str, Float]
) -> dict[str, Float]:
    """The fields chained over changes from `before` to `now`, (T-1,) each."""
    out = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for key, values in raw.items():
            if key.endswith("_d"):
                odds = (table[key] / (100 - table[key]) for table in (raw, now, before))
                chained = _chain(*odds)
                out[key] = np.where(np.isinf(chained), 100.0, 100 * chained / (1 + chained))
            else:
                out[key] = _chain(values, now[key], before[key])
    return out


def _chain(raw: Float, now: Float, before: Float) -> Float:
    """`raw` carried on by the ratio of `now` to `before`; where there is none it starts again."""
    ratio = np.full(len(raw), np.nan)
    ratio[1:] = now / before
    starts = ~(np.isfinite(ratio) & (ratio > 0))
    growth = np.cumsum(np.log(np.where(starts, 1.0, ratio)))
    start = np.maximum.accumulate(np.where(starts, np.arange(len(raw)), 0))
    return raw[start] * np.exp(growth - growth[start])


def _coverage(known: Float, inside: Bool) -> dict[str, Float]:
    """Percent of the total that the data begin to cover, or cover no longer, (T,) each."""
    counted = known * inside
    has = known > 0
    entering, leaving = np.zeros(len(known)), np.zeros(len(known))
    entering[1:] = (counted[1:] * ~has[:-1]).sum(axis=1)
    leaving[1:] = (counted[:-1] * ~has[1:]).sum(axis=1)
    total = counted.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        entering = 100 * entering / total
        leaving[1:] = 100 * leaving[1:] / total[:-1]
    return {"entering": entering, "leaving": leaving}
