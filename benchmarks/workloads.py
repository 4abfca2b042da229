"""Seeded inputs of the benchmark and the plain NumPy reference of what they must come to.

The rule of every workload: risk on when the small-cap index made a 252-session high within the
last 60 days and the dominance series is above its 50-day mean; then all coins but the first at
equal weight, else the first alone. Decisions on a change and every 7 days, 98 % invested, orders
sized at the close and filled at the next open.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Table = dict[str, Any]

SEED = 20240607
CASH, FEE, SLIPPAGE, INVESTED = 100_000.0, 0.0010, 0.0005, 0.98
LOOKBACK_SESSIONS, FRESH_DAYS, MEAN_DAYS, REBALANCE_DAYS = 252, 60, 50, 7
INDEX_HISTORY_DAYS = 366
"""The index starts that much earlier, so that a 252-session high exists on the first bar."""

PRICES = ("open", "high", "low", "close", "volume")
FINALS = {"W1": 22991.660135534246, "W2": 133267.65895526583}
"""What plain backtrader ends on."""


@dataclass(frozen=True, eq=False)
class Workload:
    """Bars, the series behind the signals, and the decisions that come of them.

    Attributes
    ----------
    name : str
        W1 (daily), W2 (hourly) or W4 (W1 with more assets and years).
    per_day : int
        Bars a day.
    opened_at : datetime64[s] (T,)
        When each bar opened.
    prices : mapping of str to float64 (T, N)
        Open, high, low, close and volume; every asset has every bar.
    dominance : float64 (T,)
    index_at, index : datetime64[s] (R,), float64 (R,)
        The small-cap index on business days.
    rows, weights : int64 (D,), float64 (D, N)
        The bars at whose close a decision is taken, and the target shares of NAV.
    """

    name: str
    per_day: int
    opened_at: NDArray[np.datetime64]
    prices: dict[str, Float]
    dominance: Float
    index_at: NDArray[np.datetime64]
    index: Float
    rows: NDArray[np.int64]
    weights: Float

    @property
    def ids(self) -> tuple[str, ...]:
        """Names of the assets, in ascending order."""
        return tuple(f"A{column:03d}" for column in range(self.weights.shape[1]))

    @property
    def asset_bars(self) -> int:
        """Bars of all assets together."""
        return int(self.prices["close"].size)


def make(name: str, assets: int | None = None, years: float | None = None) -> Workload:
    """The workload `name`; W1 and W4 are 31 assets and 8 years of days unless given, W2 11 and 2.

    Draws come in a fixed order from one generator: the finals above hold for these very bits.
    """
    hourly = name == "W2"
    assets = assets or (11 if hourly else 31)
    days = round(365.25 * (years or (2 if hourly else 8)))
    per_day = 24 if hourly else 1
    rng = np.random.default_rng(SEED + hourly)
    start = np.datetime64("2016-01-01", "s")
    opened_at = start + np.arange(days * per_day) * np.timedelta64(86_400 // per_day, "s")
    prices = _prices(rng, len(opened_at), assets, 0.035 / np.sqrt(per_day), per_day)
    dominance = _dominance(rng, len(opened_at), per_day)
    index_day = start.astype("datetime64[D]") + np.arange(-INDEX_HISTORY_DAYS, days)
    index_day = index_day[np.is_busday(index_day)]
    index = 1100 * np.exp(np.cumsum(rng.normal(0.0004, 0.011, len(index_day))))
    closing = np.timedelta64(21 if hourly else 0, "h")
    index_at = index_day.astype("datetime64[s]") + closing
    risk_on = _risk_on(opened_at, per_day, dominance, index_at, index)
    rows = _decision_rows(risk_on, REBALANCE_DAYS * per_day)
    weights = np.zeros((len(rows), assets))
    held = risk_on[rows] == 1
    weights[held, 1:] = INVESTED / (assets - 1)
    weights[~held, 0] = INVESTED
    return Workload(name, per_day, opened_at, prices, dominance, index_at, index, rows, weights)


def _prices(
    rng: np.random.Generator, bars: int, assets: int, deviation: float, per_day: int
) -> dict[str, Float]:
    shape = (bars, assets)
    common = rng.normal(0.0006 / per_day, deviation * 0.75, size=(bars, 1))
    own = rng.normal(0.0, deviation * 0.75, size=shape)
    beta = rng.uniform(0.7, 1.4, size=(1, assets))
    beta[0, 0] = 0.8
    first = np.log(rng.uniform(1, 500, size=(1, assets)))
    close = np.exp(first + np.cumsum(beta * common + own * 0.8, axis=0))
    open_ = np.empty_like(close)
    open_[0] = close[0]
    open_[1:] = close[:-1] * (1.0 + rng.normal(0, 0.0005, size=(bars - 1, assets)))
    above = 1 + np.abs(rng.normal(0, deviation * 0.3, size=shape))
    below = 1 - np.abs(rng.normal(0, deviation * 0.3, size=shape))
    volume = rng.uniform(1e6, 1e8, size=shape)
    high, low = np.maximum(open_, close) * above, np.minimum(open_, close) * below
    return {"open": open_, "high": high, "low": low, "close": close, "volume": volume}


def _dominance(rng: np.random.Generator, bars: int, per_day: int) -> Float:
    """A slow series that returns to 0.45."""
    pull, level = 0.004 / per_day, 0.45
    out = np.empty(bars)
    for row, shock in enumerate(rng.normal(0, 0.006 / np.sqrt(per_day), size=bars)):
        level += pull * (0.45 - level) + shock
        out[row] = level
    return out


def _risk_on(
    opened_at: NDArray[np.datetime64],
    per_day: int,
    dominance: Float,
    index_at: NDArray[np.datetime64],
    index: Float,
) -> NDArray[np.int8]:
    """1 for risk on, 0 for risk off, -1 before both series are long enough, by bar."""
    windows = np.lib.stride_tricks.sliding_window_view
    sessions = np.arange(len(index))
    record = np.zeros(len(index), dtype=bool)
    highs = windows(index, LOOKBACK_SESSIONS)[:-1].max(axis=1)
    record[LOOKBACK_SESSIONS:] = index[LOOKBACK_SESSIONS:] >= highs
    last_record = np.maximum.accumulate(np.where(record, sessions, -1))
    seen = np.searchsorted(index_at, opened_at, side="right") - 1
    last = last_record[seen]
    day = opened_at.astype("datetime64[D]").astype(np.int64)
    record_day = index_at[last].astype("datetime64[D]").astype(np.int64)
    fresh = (last >= 0) & (day - record_day <= FRESH_DAYS)
    bars = MEAN_DAYS * per_day
    mean = np.full(len(dominance), np.nan)
    mean[bars - 1 :] = windows(dominance, bars).mean(axis=1)
    ready = (seen >= LOOKBACK_SESSIONS) & ~np.isnan(mean)
    return np.where(ready, (fresh & (dominance > mean)).astype(np.int8), np.int8(-1))


def _decision_rows(risk_on: NDArray[np.int8], every: int) -> NDArray[np.int64]:
    """Bars at which the state changed, or `every` bars after the last decision."""
    rows: list[int] = []
    before = -1
    for row, state in enumerate(risk_on.tolist()):
        if state >= 0 and (state != before or row - rows[-1] >= every):
            rows.append(row)
            before = state
    return np.array(rows, dtype=np.int64)


def reference(workload: Workload) -> tuple[Float, int]:
    """NAV at every close (T,) and the number of fills, by plain NumPy.

    Cash always suffices in these workloads, so that the order of the fills of one bar is free.
    """
    opens, closes = workload.prices["open"], workload.prices["close"]
    decided = dict(zip(workload.rows.tolist(), workload.weights, strict=True))
    shares, cash, fills = np.zeros(len(workload.ids)), CASH, 0
    orders = np.zeros(len(workload.ids))
    nav = np.empty(len(closes))
    for row, close in enumerate(closes):
        if orders.any():
            spent = orders * opens[row] * (1 + SLIPPAGE * np.sign(orders))
            cash -= float(spent.sum() + FEE * np.abs(spent).sum())
            shares = shares + orders
            fills += int(np.count_nonzero(orders))
            orders = np.zeros(len(shares))
        nav[row] = cash + float((shares * close).sum())
        weights = decided.get(row)
        if weights is not None:
            # What is closed is closed exactly: a rounded rest would be ordered for ever after.
            orders = np.where(weights > 0, (nav[row] * weights - shares * close) / close, -shares)
    return nav, fills


def save(workload: Workload, path: Path) -> None:
    """Write a workload with its reference, for processes that may lack this NumPy."""
    nav, fills = reference(workload)
    np.savez(
        path,
        name=workload.name,
        per_day=workload.per_day,
        opened_at=workload.opened_at,
        dominance=workload.dominance,
        index_at=workload.index_at,
        index=workload.index,
        rows=workload.rows,
        weights=workload.weights,
        final=nav[-1],
        fills=fills,
        **{name: workload.prices[name] for name in PRICES},
    )


def load(path: Path) -> Workload:
    """Read what `save` wrote."""
    with np.load(path) as stored:
        prices = {name: stored[name] for name in PRICES}
        rest = (stored[n] for n in ("dominance", "index_at", "index", "rows", "weights"))
        name, per_day = str(stored["name"]), int(stored["per_day"])
        return Workload(name, per_day, stored["opened_at"], prices, *rest)


def main() -> None:
    """Make one workload, write it, and print what it must come to as one JSON line."""
    import json

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("name", choices=("W1", "W2", "W4"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--assets", type=int)
    parser.add_argument("--years", type=float)
    options = parser.parse_args()
    workload = make(options.name, options.assets, options.years)
    save(workload, options.path)
    with np.load(options.path) as stored:
        final, fills = float(stored["final"]), int(stored["fills"])
    print(
        json.dumps(
            {
                "bars": len(workload.opened_at),
                "assets": len(workload.ids),
                "decisions": len(workload.rows),
                "final": final,
                "fills": fills,
            }
        )
    )


if __name__ == "__main__":
    main()
