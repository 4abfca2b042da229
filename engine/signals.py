"""Signals on the closes of the clock: computed on their own panel, proven, carried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.honesty import checked_values
from feeds.align import carry, last_seen
from feeds.aligned import is_published_later
from feeds.arrays import Float, read_only
from feeds.errors import ConfigError, EngineError
from feeds.panel import Panel
from strategies.base import Combination, Signal

Prove = Callable[[str, Signal, Panel, int, Float], None]
"""Called with name, signal, its panel, the first row of the period and the values."""


@dataclass(frozen=True, eq=False)
class SignalValues:
    """Every signal at every row of the clock: values and ages in days, float64 (T,) by name."""

    values: Mapping[str, Float]
    age_days: Mapping[str, Float]


def evaluate_signals(
    signals: Mapping[str, Signal],
    panels: Mapping[str, Panel],
    clock: Panel,
    first_row: int,
    prove: Prove,
) -> SignalValues:
    """Compute all signals, in an order in which each finds the ones it reads.

    Parameters
    ----------
    signals, panels : mappings by name
    clock : Panel
        Its closes are where the values are wanted.
    first_row : int
        First row of the clock that belongs to the period; rows before it are warm-up.
    prove : callable
        Raises when a value is not what its prefix gives.
    """
    values: dict[str, Float] = {}
    ages: dict[str, Float] = {}
    remembered = _remembered(signals)
    for name in _in_order(signals):
        signal = signals[name]
        if isinstance(signal, Combination):
            panel = _panel_of_signals(clock, {key: values[key] for key in signal.inputs})
        else:
            panel = _read_by(name, signal, panels[signal.panel])
        later = is_published_later(panel.calendar, clock.calendar)
        first = int(last_seen(panel.known_at, clock.known_at, strictly=later)[first_row])
        rows = checked_values(name, signal, panel)
        prove(name, signal, panel, 0 if name in remembered else max(first, 0), rows)
        carried = carry(panel.known_at, rows, clock.known_at, signal.max_age_days, strictly=later)
        values[name] = carried.values
        ages[name] = _oldest(carried.age_days, [ages[key] for key in signal.inputs])
    return SignalValues(values, ages)


def _remembered(signals: Mapping[str, Signal]) -> set[str]:
    """Signals of which values before the period can reach a decision: a combination looks back.

    A delay or a switch reads earlier closes; what lies between it and a panel does so too.
    """
    found: set[str] = set()
    for name in reversed(_in_order(signals)):
        if name in found or (signals[name].inputs and signals[name].lookback != 1):
            found |= set(signals[name].inputs)
    return found


def _read_by(name: str, signal: Signal, panel: Panel) -> Panel:
    """The panel, or of several ids the one that the signal names."""
    if signal.id is None:
        return panel
    if signal.id in panel.left_out:  # it lists after the period: there is nothing to see yet
        blank = read_only(np.full((len(panel), 1), np.nan))
        return replace(panel, ids=(signal.id,), fields=dict.fromkeys(panel.fields, blank))
    if signal.id not in panel.ids:
        raise ConfigError(
            f"signal '{name}' reads the id '{signal.id}', which panel '{panel.name}' does not "
            f"have; it has {', '.join(panel.ids[:40])}"
        )
    return panel.pick((signal.id,))


def _in_order(signals: Mapping[str, Signal]) -> list[str]:
    """Names so that every signal comes after its inputs; a config has no cycles."""
    done: list[str] = []
    left = sorted(signals)
    while left:
        ready = [name for name in left if set(signals[name].inputs) <= set(done)]
        if not ready:
            raise EngineError(f"signals {', '.join(left)} wait for each other; break the cycle")
        done += ready
        left = [name for name in left if name not in done]
    return done


def _panel_of_signals(clock: Panel, values: Mapping[str, Float]) -> Panel:
    return Panel.build(
        "signals",
        clock.calendar,
        clock.label,
        clock.opened_at,
        clock.known_at,
        ("value",),
        {name: column[:, None] for name, column in values.items()},
    )


def _oldest(own: Float, inputs: list[Float]) -> Float:
    """A combination is as old as the oldest value it reads."""
    out = own
    for age in inputs:
        out = np.fmax(out, age)
    return out
