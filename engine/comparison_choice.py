"""What choosing the best among the runs of a comparison is worth, and how its text says it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.comparison_lines import WIDTH, cut
from engine.inference.selection import Selection, selection
from engine.wording import chance, count, p_value, ratio
from feeds.arrays import Float

if TYPE_CHECKING:
    from engine.comparison_rows import Row

_BENCHMARKS = 2
"""Benchmarks in the text; page and JSON have all."""
_NAME = 26


def choice_of(
    runs: Sequence[Row],
    benchmarks: Sequence[Row],
    contestants: Sequence[str],
    *,
    seed: int,
    resamples: int,
) -> Selection:
    """Judge the choice among the runs that pair, against each benchmark that all of them have.

    Parameters
    ----------
    runs, benchmarks : sequence of Row
    contestants : sequence of str
        The runs on the closes that most share, made annual in the same way.
    seed, resamples : int
        Of the reality check and of Hansen's test.
    """
    entered = [row for row in runs if row.name in contestants] or list(runs[:1])
    shared = [row for row in benchmarks if all(row.name in run.benchmarks for run in entered)]
    found = selection(
        np.column_stack([row.curve.returns for row in entered]),
        tuple(row.name for row in entered),
        {row.name: row.curve.returns for row in shared},
        periods_per_year=entered[0].curve.periods_per_year,
        seed=seed,
        resamples=resamples,
    )
    if len(entered) > 1:
        return found
    why = "no two runs are on the same closes, of one risk-free rate and bars a year"
    return replace(found, reason=why if len(runs) > 1 else "there is one run, and no choice")


def basis(found: Selection) -> str:
    """Among what was chosen."""
    halves = found.overfitting
    same = f", {halves.duplicates} of them the same as another" if halves.duplicates else ""
    return (
        f"the {len(found.names)} runs on the same closes{same}: n {found.n:,} bars, "
        f"seed {found.seed}"
    )


def choice_lines(found: Selection) -> list[str]:
    """The choice in a few lines."""
    if found.reason:
        return [f"Choosing among them: nothing can be said; {found.reason}."]
    names = list(found.superior)
    rows = [("overfitting (PBO)", halves_words(found)), ("paths (CPCV)", paths_words(found))]
    rows += [(f"best over {cut(name, 14)}", ability_words(found, name))
             for name in names[:_BENCHMARKS]]  # fmt: skip
    more = len(names) - _BENCHMARKS
    if more > 0:
        rows.append(("", f"and {count(more, 'more benchmark')}; --html and --json have all"))
    if not names:
        rows.append(("best over benchmarks", "n/a: no benchmark is that of all these runs"))
    wide = max(len(title) for title, _ in rows)
    caution = f"{found.overfitting.caution}." if found.overfitting.caution else ""
    return [
        *textwrap.wrap(f"Choosing among {basis(found)}.", WIDTH),
        *(f"  {title:<{wide}}  {words}" for title, words in rows),
        *textwrap.wrap(caution, WIDTH, initial_indent="  ", subsequent_indent="  "),
    ]


def halves_words(found: Selection) -> str:
    """What the pick by one half was worth in the other."""
    halves = found.overfitting
    if halves.reason:
        return f"n/a: {halves.reason}"
    return (
        f"{chance(halves.pbo)} of {halves.splits:,} splits of {halves.blocks} blocks; "
        f"the pick loses in {chance(halves.loss)}, slope {ratio(halves.slope)}"
    )


def paths_words(found: Selection) -> str:
    """The range of the Sharpe ratios of the cross-validated paths."""
    known = known_paths(found)
    if not len(known):
        return f"n/a: {found.paths.reason or 'no path has a Sharpe ratio'}"
    return (
        f"Sharpe {ratio(float(known.min()))} to {ratio(float(known.max()))} a year, median "
        f"{ratio(float(np.median(known)))}: {count(len(known), 'path')} through "
        f"{found.paths.splits} splits"
    )


def ability_words(found: Selection, name: str) -> str:
    """Whether the best beats a benchmark, all that were tried being counted."""
    spa, check = found.superior[name], found.reality[name]
    best = cut(best_of(found, name), _NAME)
    if spa.reason:
        return f"n/a: {spa.reason}"
    return (
        f"p {p_value(check.upper)} White, {p_value(spa.consistent)} Hansen; best {best}; "
        f"{spa.resamples:,} resamples, blocks {ratio(spa.block_length, 1)}"
    )


def best_of(found: Selection, name: str) -> str:
    """The run with the largest mean lead on a benchmark."""
    best = found.superior[name].best
    return found.names[best] if 0 <= best < len(found.names) else "n/a"


def known_paths(found: Selection) -> Float:
    """Sharpe ratios a year of the paths that have one."""
    return found.path_sharpes[np.isfinite(found.path_sharpes)]


def lead_a_year(found: Selection, name: str) -> float:
    """The mean lead of the best on a benchmark, a year; NaN where there is none."""
    value = found.superior[name].lead
    return value * found.periods_per_year if math.isfinite(value) else math.nan
