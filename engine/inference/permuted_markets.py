"""Markets with the same bars in another order, and the whole experiment run on them again.

Blocks of bars change places, the same for all ids, so that what moves together stays together and
what the market does after what is broken. Signals, decisions and replay then run as they always do:
what the strategy still earns there it does not owe to the order of the bars. Other panels stay.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from engine.config import Experiment
from engine.inference.timing import Timing, placed
from engine.inputs import Inputs
from engine.progress import Progress
from engine.simulation import Simulation, simulate_experiment
from feeds.align import fill_forward
from feeds.arrays import Bool, Float, Int, read_only
from feeds.errors import EngineError
from feeds.panel import OHLC, Panel

_QUIET = Progress(quiet=True)
_NEVER_STALE = 10_000_000


def permuted_market_test(
    experiment: Experiment,
    inputs: Inputs,
    simulation: Simulation,
    *,
    seed: int,
    count: int = 19,
    block: int = 20,
) -> Timing:
    """Whether the strategy grew more than on permuted markets with everything run again.

    Parameters
    ----------
    experiment, inputs, simulation
        The run; benchmarks are left out of the others.
    seed : int
    count : int
        Markets; each takes as long as a run. 19 can show 1 in 20, no less.
    block : int
        Bars that stay together.

    Returns
    -------
    Timing
        Of the mean log growth a bar; a ruined run counts as minus infinity.

    Notes
    -----
    A signal of another panel (an index, dominance) is what it was, at the dates at which it was.
    """
    spec = experiment.execution.model_copy(update={"max_stale_days": _NEVER_STALE})
    bare = experiment.model_copy(update={"benchmarks": {}, "execution": spec})
    null = np.empty(count)
    for place, each in enumerate(np.random.SeedSequence(seed).spawn(count)):
        other = permuted_inputs(inputs, block, np.random.default_rng(each))
        try:
            run = simulate_experiment(bare, other, lambda *_: None, _QUIET)
        except EngineError:
            null[place] = -math.inf
        else:
            null[place] = _growth(run, spec.cash)
    return placed(_growth(simulation, spec.cash), null, 0, len(simulation.ledger.nav), seed)


def permuted_inputs(inputs: Inputs, block: int, random: np.random.Generator) -> Inputs:
    """Inputs whose clock has the bars of the period in another order, in blocks.

    Bars before the period stay, and so does the first bar of each id: there is none before it that
    its prices could be relative to. An id has its bars at the rows at which it had them, so that
    listings, halts and endings are what they were.
    """
    first, rows = inputs.first_row, len(inputs.clock)
    order = np.arange(rows)
    order[first:] = first + _in_blocks(rows - first, block, random)
    clock = permuted(inputs.clock, order)
    panels = dict(inputs.panels)
    whole = panels.get(clock.name)
    if whole is not None and np.array_equal(whole.known_at, clock.known_at):
        panels[clock.name] = permuted(whole, order)
    return replace(inputs, clock=clock, panels=MappingProxyType(panels))


def permuted(panel: Panel, order: Int) -> Panel:
    """A panel of bars with each row's bars taken from another row, relative to the close before.

    Parameters
    ----------
    panel : Panel
    order : int64 (T,)
        The row whose bars each row gets: a permutation.
    """
    table: dict[str, Float] = dict(panel.fields)
    taken = np.column_stack([_taken(has, order) for has in panel.has_bar.T])
    columns = np.arange(len(panel.ids))
    prior = np.vstack((np.full((1, len(panel.ids)), np.nan), fill_forward(panel.close)[:-1]))
    growth = np.where(panel.has_bar & np.isfinite(prior), panel.close / prior, 1.0)[taken, columns]
    start = _first_close(panel)
    has = panel.has_bar
    began = np.maximum.accumulate(has, axis=0)
    close = np.where(began, start * np.cumprod(np.where(has, growth, 1.0), axis=0), np.nan)
    before = np.vstack((np.full((1, len(panel.ids)), np.nan), close[:-1]))
    firsts = has & ~np.vstack((np.zeros((1, len(panel.ids)), dtype=bool), began[:-1]))
    for key in OHLC:
        relative = (panel[key] / prior)[taken, columns]
        moved = np.where(has, relative * before, np.nan)
        table[key] = np.where(firsts, panel[key], moved)
    # The product, and not a ratio of a ratio: a bar's close is the mark of the next one's prices.
    table["close"] = np.where(firsts, panel.close, np.where(has, close, np.nan))
    if "volume" in table:
        table["volume"] = np.where(has, panel.volume[taken, columns], np.nan)
    table |= _between(table)
    fields: Mapping[str, Float] = {key: read_only(values) for key, values in table.items()}
    return replace(panel, fields=MappingProxyType(dict(fields)))


def _between(table: Mapping[str, Float]) -> dict[str, Float]:
    """High and low with rounding kept outside open and close."""
    opened, closed = table["open"], table["close"]
    return {
        "high": np.maximum(table["high"], np.maximum(opened, closed)),
        "low": np.minimum(table["low"], np.minimum(opened, closed)),
    }


def _first_close(panel: Panel) -> Float:
    first = np.argmax(panel.has_bar, axis=0)
    return np.asarray(panel.close[first, np.arange(len(panel.ids))])


def _taken(has: Bool, order: Int) -> Int:
    """The row whose bar each row with a bar gets, for one id; other rows keep themselves.

    A row gets the bar of its source where there is one. What is left over is shared among the rows
    that are left, in the order in which the sources come.
    """
    out = np.arange(len(has))
    listed = np.flatnonzero(has)[1:]  # the first bar stays
    if not len(listed):
        return out
    mine = np.zeros(len(has), dtype=bool)
    mine[listed] = True
    wanted = order[listed]
    meets = mine[wanted]
    out[listed[meets]] = wanted[meets]
    spare = mine.copy()
    spare[wanted[meets]] = False
    out[listed[~meets]] = order[spare[order]]
    return out


def _in_blocks(rows: int, block: int, random: np.random.Generator) -> Int:
    """A permutation of rows in blocks of `block`, the circle cut at a random place."""
    if rows < 1 or block < 1:
        raise ValueError(f"blocks of {block} in {rows} rows; both are at least 1")
    turned = np.roll(np.arange(rows), int(random.integers(rows)))
    pieces = [turned[at : at + block] for at in range(0, rows, block)]
    return np.concatenate([pieces[place] for place in random.permutation(len(pieces))])


def _growth(simulation: Simulation, cash: float) -> float:
    nav = simulation.ledger.nav
    left = float(nav[-1]) / cash
    return math.log(left) / len(nav) if left > 0.0 else -math.inf
