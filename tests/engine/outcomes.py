"""Made-up outcomes of runs for the tests of results, tables and the tear sheet."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.ledger import CANCELLED, FILLED, SKIPPED, Ledger, Order, OrderLog
from engine.result import DecisionTable, Outcome
from engine.statistics import core_statistics
from feeds.arrays import instants

DAY = np.timedelta64(1, "D")
NAT = np.datetime64("NaT", "ns")

YAML = """\
version: 1
name: {name}
hypothesis:
  id: rut-breakout-altseason
  claim: {claim}
period: {{start: 2018-01-01, end: 2024-04-28}}
clock: coins
universe:
  ids: [BTCUSDT, ETHUSDT, XRPUSDT]
  min_age_days: 60
  point_in_time: false
strategy:
  kind: rotation
  signal: risk_on
  on: {{alts: 1.0}}
  off: {{btc: 1.0}}
execution: {{cash: 100000.0, fee_bps: 10.0, slippage_bps: 5.0}}
report: {{periods_per_year: 365.0, risk_free: 0.0}}
"""

CLAIM = "After a drought breakout alts beat BTC while their share rises."


def manifest(**changes: Any) -> dict[str, Any]:
    return {
        "digests": {"config": "c0ffee", "panels": {"coins": "beef"}, "package": "f00d"},
        "simulated": False,
        "universe": {
            "ids": ["BTCUSDT", "ETHUSDT", "XRPUSDT"],
            "min_age_days": 60,
            "point_in_time": False,
        },
        "quality": {"coins": {"blank_rows": 0, "missing_bars": 7}, "equities": {"blank_rows": 2}},
        "warnings": [],
    } | changes


def _regimes(rng: np.random.Generator, bars: int) -> np.ndarray:
    """Bull, bear and calm stretches: drift and volatility per day."""
    kinds = np.array([[0.0045, 0.034], [-0.0022, 0.040], [0.0012, 0.022]])
    out = []
    while sum(map(len, out)) < bars:
        out.append(np.tile(kinds[rng.integers(3)], (int(rng.integers(80, 320)), 1)))
    return np.vstack(out)[:bars]


def rotation(
    bars: int = 2310,
    seed: int = 7,
    name: str = "rotation",
    claim: str = CLAIM,
    every: int = 21,
    **changes: Any,
) -> Outcome:
    """A rotation between two coins, with simplified accounting."""
    rng = np.random.default_rng(seed)
    state = _regimes(rng, bars)
    btc = state[:, 0] + state[:, 1] * rng.standard_normal(bars)
    alt = 1.25 * btc - 0.0004 + 0.02 * rng.standard_normal(bars)
    start = np.datetime64("2018-01-01", "ns")
    time = instants(start + (np.arange(bars) + 1) * DAY)
    on = np.repeat(rng.random(bars // every + 1) < 0.35, every)[:bars]
    decided = np.arange(0, bars, every)
    inside = np.concatenate(([0.0], 0.98 * np.where(on[:-1], alt[1:], btc[1:])))
    growth = np.cumprod(1.0 + inside)
    nav = 100_000.0 * growth * np.exp(-0.00004 * np.arange(bars))
    prices = np.column_stack([9000 * np.cumprod(1 + btc), 400 * np.cumprod(1 + alt)])
    before = np.concatenate((on[:1], on[:-1]))
    held = np.where(np.column_stack([~before, before]), 0.98 * nav[:, None] / prices, 0.0)
    held[0] = 0.0
    ledger = Ledger(
        start=start,
        start_cash=100_000.0,
        time=time,
        ids=("BTCUSDT", "ETHUSDT"),
        nav=nav,
        cash=np.where(np.arange(bars) == 0, nav, 0.02 * nav),
        held=held,
        held_at=np.arange(bars),
        marks=prices,
        stale=np.zeros((bars, 2), dtype=bool),
        log=OrderLog.of(_orders(time, decided, held, prices), ("BTCUSDT", "ETHUSDT")),
    )
    invested = np.where(np.arange(bars) == 0, 0.0, 0.98)
    sleeves = {
        "alts": np.where(before, invested, 0.0),
        "btc": np.where(before, 0.0, invested),
    }
    flat = {"alts": alt, "btc": btc, "half_and_half": (alt + btc) / 2}
    benchmarks = {
        key: 98_000.0 * np.cumprod(np.concatenate(([1.0], 1 + move[1:]))) + 2_000.0
        for key, move in flat.items()
    }
    return outcome(
        ledger, _decisions(rng, time, decided, on), sleeves, benchmarks, name, claim, **changes
    )


def _orders(time: Any, decided: Any, held: Any, prices: Any) -> list[Order]:
    out = []
    for row in decided[:-1]:
        for column, name in enumerate(("BTCUSDT", "ETHUSDT")):
            before, after = held[row, column], held[row + 1, column]
            if (before == 0) == (after == 0):
                out.append(_order(time[row], NAT, name, 0.3, 0.0, np.nan, SKIPPED, "band"))
                continue
            price = float(prices[row, column])
            size = float(after - before)
            out.append(_order(time[row], time[row], name, size, size, price, FILLED, ""))
    out.append(
        _order(time[min(3, len(time) - 1)], NAT, "ETHUSDT", 2.0, 0.0, np.nan, CANCELLED, "no_bar")
    )
    return out


def _order(
    at: Any,
    filled: Any,
    name: str,
    ordered: float,
    shares: float,
    price: float,
    status: str,
    why: str,
) -> Order:
    notional = 0.0 if shares == 0 else abs(shares * price)
    return Order(
        at, filled, name, ordered, shares, price, 0.001 * notional, 0.0005 * notional, status, why
    )


def _decisions(rng: Any, time: Any, decided: Any, on: Any) -> DecisionTable:
    breakout = np.where(on[decided], 1.0, (rng.random(len(decided)) < 0.3) * 1.0)
    dominance = np.where(on[decided], 0.02, -0.01) + 0.01 * rng.standard_normal(len(decided))
    dominance[:2] = np.nan
    target: list[dict[str, float] | None] = [
        {"alts": 1.0} if each else {"btc": 1.0} for each in on[decided]
    ]
    reason = ["scheduled"] * len(decided)
    for row in range(1, len(decided)):
        if target[row] != target[row - 1]:
            reason[row] = "changed"
    reason[0] = "initial"
    if len(decided) > 30:
        target[30], reason[30] = None, "signal_unknown"
        dominance[30] = np.nan
    age = np.full(len(decided), 3.0)
    signals = {"breakout": breakout, "dominance": dominance, "risk_on": on[decided] * 1.0}
    return DecisionTable(
        time[decided], signals, dict.fromkeys(signals, age), tuple(target), tuple(reason)
    )


def outcome(
    ledger: Ledger,
    decisions: DecisionTable,
    sleeves: dict[str, Any],
    benchmarks: dict[str, Any],
    name: str = "made",
    claim: str = CLAIM,
    **changes: Any,
) -> Outcome:
    notes = {"decisions": len(decisions)}
    statistics = core_statistics(ledger, 365.0, 0.0, benchmarks, notes)
    text = YAML.format(name=name, claim='"' + claim.replace('"', "'") + '"')
    return Outcome(
        name,
        "abc123def456",
        text,
        manifest(**changes),
        ledger,
        sleeves,
        benchmarks,
        decisions,
        statistics,
    )


def crowded(names: int = 20, bars: int = 500) -> Outcome:
    """As many sleeves, benchmarks and signals as `names`, all with long names."""
    base = rotation(bars=bars, every=7)
    rng = np.random.default_rng(3)
    keys = [f"sleeve_with_a_rather_long_name_number_{number:02d}" for number in range(names)]
    raw = rng.random((bars, names))
    raw[:, ::3] *= np.linspace(0, 1, bars)[:, None]
    parts = raw / raw.sum(axis=1, keepdims=True)
    log = base.decisions
    count = len(log)
    signals = {f"signal_{key}": rng.standard_normal(count) for key in keys}
    target = tuple(
        None if each is None else dict(zip(keys[:3], (0.2, 0.3, 0.5), strict=True))
        for each in log.target
    )
    return outcome(
        base.ledger,
        DecisionTable(
            log.time, signals, dict.fromkeys(signals, np.ones(count)), target, log.reason
        ),
        {key: 0.9 * parts[:, place] for place, key in enumerate(keys)},
        {
            key: base.ledger.nav * np.exp(0.0004 * place * np.arange(bars))
            for place, key in enumerate(keys)
        },
        name="a-name-of-eighty-characters-" + "x" * 52,
        claim="A claim that goes on " * 30,
    )


def flat(bars: int, **changes: Any) -> Outcome:
    """An account that stays in cash for `bars` bars."""
    start = np.datetime64("2018-01-01", "ns")
    nav = np.full(bars, 100_000.0)
    none = np.zeros((bars, 1))
    time = instants(start + (np.arange(bars) + 1) * DAY)
    log = OrderLog.of((), ids := ("BTCUSDT",))
    rows = np.arange(bars)
    ledger = Ledger(start, 100_000.0, time, ids, nav, nav, none, rows, none + 10.0, none > 0, log)
    empty = np.array([])
    decisions = DecisionTable(instants(empty), {"risk_on": empty}, {"risk_on": empty}, (), ())
    sleeves = {"btc": np.zeros(bars)}
    return outcome(ledger, decisions, sleeves, {"cash": nav}, name="flat", **changes)
