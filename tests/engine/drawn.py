"""Drawn cases for every path of a replay; `tests.engine.compared` runs and compares them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.execution import ExecutionSpec
from feeds.arrays import DAY, HOUR, Bool, Float, Instants, Int
from feeds.events import ENDING, Event
from feeds.panel import OHLC, Panel

MINUTE = np.timedelta64(1, "m")
START = np.datetime64("2020-01-01", "ns")
NO_LIMIT = 10**6
UNKNOWN = np.datetime64("NaT", "D")
Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class Case:
    """A replay: bars, decision `rows` (D,) with their `weights` (D, N), costs, events, other bars.

    With `reads_held` the weights of a decision are made from the table and from what is held.
    """

    panel: Panel
    rows: Int
    weights: Float
    spec: ExecutionSpec
    events: tuple[Event, ...] = ()
    others: tuple[Panel, ...] = ()
    reads_held: bool = False


def case_of(seed: int, most_rows: int = 200) -> Case:
    """The case that belongs to a seed."""
    return draw_case(np.random.default_rng(seed), most_rows)


def draw_case(rng: Rng, most_rows: int = 200) -> Case:
    """A case with a bit of everything; most features are off in most cases."""
    panel = _draw_panel(rng, most_rows)
    events: list[Event] = []
    for _ in range(int(rng.choice([0, 0, 1, 3]))):
        panel, event = _with_event(rng, panel)
        events.append(event)
    rows, weights = _draw_decisions(rng, panel)
    others = tuple(_draw_other(rng, panel, k) for k in range(int(rng.choice([0, 0, 1, 2]))))
    held = bool(rng.random() < 0.25)
    return Case(panel, rows, weights, _draw_spec(rng), tuple(events), others, held)


def _draw_panel(rng: Rng, most_rows: int) -> Panel:
    rows, ids = int(rng.integers(20, most_rows + 1)), int(rng.integers(1, 13))
    calendar, label, opened, known = _draw_clock(rng, rows)
    bars, has = _draw_bars(rng, rows, ids), _draw_has(rng, rows, ids)
    fields = {key: np.where(has, values, np.nan) for key, values in bars.items()}
    names = tuple(f"C{column:02d}" for column in range(ids))
    return Panel.build("coins", calendar, label, opened, known, names, fields)


def _draw_clock(rng: Rng, rows: int) -> tuple[str, Instants, Instants, Instants]:
    """Calendar, labels, openings and closes; now and then with rows that do not exist."""
    kind = rng.choice(
        ["daily", "hourly", "sessions", "minutes", "late"], p=[0.4, 0.2, 0.2, 0.1, 0.1]
    )
    ahead = np.arange(2 * rows)
    if kind == "hourly":
        label, calendar = START + ahead * HOUR, "24/7"
        opened, known = label, label + HOUR
    elif kind == "sessions":
        days = START + ahead * DAY
        label, calendar = days[np.is_busday(days.astype("datetime64[D]"))], "XNYS"
        early = rng.random(len(label)) < 0.05
        opened = label + 14 * HOUR + 30 * MINUTE
        known = label + np.where(early, 18, 21) * HOUR
    else:
        label, calendar = START + ahead * DAY, "24/7"
        # A close before midnight, or one that is known when the next bar is already under way.
        off = {"daily": 0, "minutes": -int(rng.integers(1, 600)), "late": 5}[str(kind)]
        opened, known = label, label + DAY + off * MINUTE
    keep = np.sort(rng.permutation(min(len(label), rows + int(rng.choice([0, 0, 5]))))[:rows])
    return calendar, label[keep], opened[keep], known[keep]


def _draw_bars(rng: Rng, rows: int, ids: int) -> dict[str, Float]:
    moves = rng.normal(0, 0.05, (rows, ids))
    for column in np.flatnonzero(rng.random(ids) < 0.15):  # a crash, mostly of 99 %
        moves[int(rng.integers(1, rows)), column] = math.log(rng.choice([0.01, 0.01, 1e-6]))
    prices = np.exp(rng.uniform(math.log(1e-5), math.log(1e5), ids))
    close = prices * np.exp(np.cumsum(moves, axis=0))
    gap = rng.normal(0, rng.choice([0.0, 0.0005, 0.01, 0.05, 0.25]), (rows, ids))
    open_ = np.vstack([close[:1], close[:-1]]) * np.exp(gap)
    if rng.random() < 0.2:  # prices in whole ticks: values that tie
        close, open_ = (np.maximum(np.round(table, 2), 0.01) for table in (close, open_))
    reach = np.abs(rng.normal(0, 0.002, (2, rows, ids))) * rng.integers(0, 2)
    bars = {
        "open": open_,
        "high": np.maximum(open_, close) * (1 + reach[0]),
        "low": np.minimum(open_, close) * (1 - reach[1]),
        "close": close,
    }
    if rng.random() < 0.8:
        quiet = rng.random((rows, ids)) < rng.choice([0.0, 0.0, 0.1, 0.5])
        bars["volume"] = np.where(quiet, 0.0, rng.uniform(1.0, 1e6, (rows, ids)))
    return bars


def _draw_has(rng: Rng, rows: int, ids: int) -> Bool:
    has = rng.random((rows, ids)) >= rng.choice([0.0, 0.0, 0.03, 0.15])
    for column in range(ids):
        if rng.random() < 0.2:
            has[: int(rng.integers(1, rows)), column] = False  # listed late
        if rng.random() < 0.15:
            has[int(rng.integers(1, rows)) :, column] = False  # the series ends
        if rng.random() < 0.15:
            first = int(rng.integers(rows))
            has[first : first + int(rng.integers(2, 30)), column] = False
    if rng.random() < 0.25:  # rows at which nothing has a bar, the first or last ones among them
        has[rng.integers(0, rows, int(rng.integers(1, 5)))] = False
        has[0] &= rng.random() < 0.7
        has[-1] &= rng.random() < 0.7
    if not has.any():
        has[rows // 2] = True
    return has


def _with_event(rng: Rng, panel: Panel) -> tuple[Panel, Event]:
    """An event, and the panel without the bars that it rules out."""
    days = panel.label.astype("datetime64[D]")
    column = int(rng.integers(len(panel.ids)))
    last = days[int(rng.integers(len(days)))]
    kind = str(rng.choice([*ENDING, "halt", "halt", "halt"]))
    if kind == "halt":
        first = last + np.timedelta64(int(rng.integers(2, 40)), "D")
        event = Event(panel.ids[column], kind, last, first, math.nan, "", "drawn")
        gone = (days > last) & (days < first)
    else:
        recovery = float(rng.choice([0.0, 0.3, 1.0]))
        event = Event(panel.ids[column], kind, last, UNKNOWN, recovery, "", "drawn")
        gone = days > last
    if rng.random() < 0.05:
        gone[:] = False  # an event that the file contradicts: nobody has checked it here
    if np.count_nonzero(panel.has_bar) == np.count_nonzero(panel.has_bar[gone, column]):
        gone[:] = False
    blank = np.outer(gone, np.arange(len(panel.ids)) == column)
    fields = {key: np.where(blank, np.nan, values) for key, values in panel.fields.items()}
    return with_fields(panel, fields), event


def _draw_other(rng: Rng, clock: Panel, number: int) -> Panel:
    """Bars or values on a calendar of their own, from before the clock to after it."""
    first, last = clock.known_at[0].astype("datetime64[D]"), clock.known_at[-1]
    days = np.arange(first - 20 * DAY, last + 20 * DAY, DAY).astype("datetime64[ns]")
    kind = rng.choice(["sessions", "weekly", "same", "late"])
    known = {
        "sessions": days[np.is_busday(days.astype("datetime64[D]"))] + 21 * HOUR,
        "weekly": days[::7],
        "same": clock.known_at,
        "late": days[len(days) // 2 :] + 13 * HOUR + 7 * MINUTE,
    }[str(kind)]
    ids = int(rng.integers(1, 4))
    values = rng.uniform(1, 100, (len(known), ids))
    values[rng.random(values.shape) < rng.choice([0.0, 0.1])] = np.nan
    keys = (*OHLC, "volume") if rng.random() < 0.5 else ("value",)
    opened = known.copy()
    if kind == "sessions":
        opened -= 6 * HOUR
    return Panel.build(
        f"other{number}",
        "24/7",
        known,
        opened,
        known,
        tuple(f"X{column}" for column in range(ids)),
        dict.fromkeys(keys, values),
    )


def _draw_decisions(rng: Rng, panel: Panel) -> tuple[Int, Float]:
    rows, ids = len(panel), len(panel.ids)
    decide = rng.random(rows) < rng.choice([0.03, 0.1, 0.3, 0.9, 1.0])
    decide[0] |= rng.random() < 0.3
    decide[-1] |= rng.random() < 0.3
    decide[int(rng.integers(rows))] = True
    chosen = np.flatnonzero(decide)
    weights = rng.random((len(chosen), ids)) * (
        rng.random((len(chosen), ids)) < rng.choice([0.3, 0.6, 1.0])
    )
    if rng.random() < 0.2:
        weights = (weights > 0).astype(float)  # equal ones
    if rng.random() < 0.15:
        weights = np.eye(ids)[rng.integers(0, ids, len(chosen))]  # all in one
    sums = weights.sum(axis=1, keepdims=True)
    sums[sums == 0] = 1.0
    weights = weights / sums * rng.choice([1.0, 1.0, 1.1, 3.0, 0.5, 0.9, 0.98])
    if rng.random() < 0.1:
        weights *= rng.choice([1.0, 1.0, 1e-6, 1e-18], weights.shape)
    if rng.random() < 0.1:
        weights[rng.random(len(chosen)) < 0.3] = 0.0
    if rng.random() < 0.3:  # held for a while: targets that are almost what is held
        for row in range(1, len(chosen)):
            if rng.random() < 0.8:
                weights[row] = weights[row - 1]
    return chosen, weights


DRAWN: Mapping[str, tuple[Any, ...]] = {
    "cash": (100_000.0, 1000.0, 1.0, 1e-6, 1e9, 1e15),
    "fee_bps": (0.0, 1.0, 10.0, 100.0),
    "slippage_bps": (0.0, 5.0, 50.0),
    "reserve": (0.0, 0.02, 0.5),
    "band": (0.0, 0.01, 0.2),
    "lot_size": (0.0, 0.0, 1.0, 0.01, 100.0),
    "min_notional": (0.0, 0.0, 10.0, 5000.0),
    "on_shortfall": ("scale", "reject"),
    "delay_bars": (0, 0, 1, 2, 5),
    "max_stale_days": (NO_LIMIT, NO_LIMIT, 30, 3, 0),
}


def _draw_spec(rng: Rng) -> ExecutionSpec:
    drawn: dict[str, Any] = {"max_stale_days": NO_LIMIT}
    for key, options in DRAWN.items():
        if rng.random() < 0.6:
            drawn[key] = options[int(rng.integers(len(options)))]
    return ExecutionSpec(**drawn)


def features(case: Case) -> set[str]:
    """What a case has of what makes replays differ."""
    panel, spec, has = case.panel, case.spec, case.panel.has_bar
    step, days = np.diff(panel.label), panel.label.astype("datetime64[D]")
    first, last = np.argmax(has, axis=0), len(has) - 1 - np.argmax(has[::-1], axis=0)
    between = np.arange(len(has))[:, None]
    missing = ~has & (between > first) & (between < last)
    at_midnight = panel.known_at == panel.label + DAY
    held_back = panel.opened_at[1:] < panel.known_at[:-1]
    there = {
        "hourly clock": step.min() < DAY,
        "sessions": panel.calendar != "24/7",
        "daily clock": panel.calendar == "24/7" and bool(at_midnight.all()),
        "closes within the day": step.min() == DAY and bool((panel.known_at < days + DAY).all()),
        "closes after the next open": bool(held_back.any()),
        "rows left out": panel.calendar == "24/7" and step.min() != step.max(),
        "bars missing": bool(missing.any()),
        "rows without any bar": not has.any(axis=1).all(),
        "a late listing": bool((first > 0).any()),
        "an early end": bool((last < len(has) - 1).any()),
        "no volume field": "volume" not in panel.fields,
        "bars without a trade": bool(np.any(panel.fields.get("volume", has) == 0.0)),
        "an ending": any(event.ends for event in case.events),
        "a halt": any(not event.ends for event in case.events),
        "other panels": bool(case.others),
        "decisions that read what is held": case.reads_held,
        "a target above all there is": bool((case.weights.sum(axis=1) > 1.0).any()),
        "a target of nothing": bool((case.weights.sum(axis=1) == 0.0).any()),
        "buys shrunk together": spec.on_shortfall == "scale",
        "orders refused in turn": spec.on_shortfall == "reject",
        "band": spec.band > 0.0,
        "lots": spec.lot_size > 0.0,
        "least notional": spec.min_notional > 0.0,
        "delay": spec.delay_bars > 0,
        "no costs": spec.fee_bps == spec.slippage_bps == 0.0,
        "limit for stale positions": spec.max_stale_days < NO_LIMIT,
    }
    return {name for name, is_there in there.items() if is_there}


def with_fields(panel: Panel, fields: Mapping[str, Float]) -> Panel:
    """A panel with the times and ids of another."""
    times = (panel.label, panel.opened_at, panel.known_at)
    return Panel.build(panel.name, panel.calendar, *times, panel.ids, dict(fields))


def words(case: Case) -> str:
    """A case in a few lines, to be read and typed in again."""
    panel, fields = case.panel, case.panel.fields
    spec = case.spec.model_dump(exclude_defaults=True)
    lines = [f"spec {spec}, reads_held {case.reads_held}", *map(str, case.events)]
    for other in case.others:
        first, last = other.known_at[[0, -1]].astype("datetime64[s]")
        lines.append(f"beside: {other.name}, {len(other)} rows of {other.ids}, {first} to {last}")
    table = dict(zip(case.rows.tolist(), case.weights.tolist(), strict=True))
    for row in range(len(panel)):
        times = f"{panel.opened_at[row].astype('datetime64[s]')} to {panel.known_at[row]}"
        bars = " ".join(f"{key} {values[row].tolist()}" for key, values in fields.items())
        decided = f" decides {table[row]}" if row in table else ""
        lines.append(f"{row}: {times} {bars}{decided}")
    return "\n".join(lines)
