"""What choosing among runs is worth: a block of the page of a comparison."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from engine.comparison_choice import basis, best_of, known_paths, lead_a_year
from engine.comparison_lines import filled
from engine.tearsheet.markup import Html, block, note, table
from engine.wording import chance, count, p_value, ratio, signed_percent

if TYPE_CHECKING:
    from engine.inference.selection import Selection


def choice_block(found: Selection) -> Html:
    """Whether the choice of the best among the runs holds outside of what chose it."""
    title = "Choosing among them"
    if found.reason:
        return block("selection", title, lead=f"Nothing can be said; {found.reason}.")
    caution = found.overfitting.caution
    parts = [_halves(found), *([note(f"{caution}.")] if caution else []), _superior(found)]
    return block("selection", title, *parts, lead=f"Of {basis(found)}.")


def _halves(found: Selection) -> Html:
    halves, paths = found.overfitting, known_paths(found)
    splits = f"{halves.splits:,} splits of {halves.blocks} blocks, n {halves.n:,} bars"
    splits += f"; {count(halves.left_out, 'split')} without a ratio" if halves.left_out else ""
    basis = f"{count(len(paths), 'path')} through {found.paths.splits} splits, n {found.n:,} bars"
    rows = [
        ["probability of overfitting (PBO)", chance(halves.pbo), halves.reason or splits],
        [
            "chance of loss",
            chance(halves.loss),
            "of splits in which the pick's Sharpe ratio is below 0 in the other half",
        ],
        [
            "slope",
            ratio(halves.slope),
            "of the pick's ratio in the other half on that in its own; 1 would be no loss",
        ],
    ]
    for name, pick in (("lowest", np.min), ("median", np.median), ("highest", np.max)):
        value = float(pick(paths)) if len(paths) else math.nan
        why = found.paths.reason or basis if name == "lowest" else ""
        rows.append([f"Sharpe ratio a year, {name} path (CPCV)", ratio(value), why])
    return table(["", "", ""], rows, css="told", texts=(0, 2))


def _superior(found: Selection) -> Html:
    if not found.superior:
        return note("No benchmark is that of all these runs, so that none is tested against.")
    rows = [
        [
            f"over {name}",
            best_of(found, name),
            signed_percent(lead_a_year(found, name)),
            p_value(found.reality[name].upper),
            p_value(each.consistent),
            f"{each.models:,}",
            f"{each.n:,}",
            ratio(each.block_length, 1),
            f"{each.resamples:,}",
            str(each.seed),
            each.reason,
        ]
        for name, each in found.superior.items()
    ]
    header = ["", "best run", "mean lead a year", "p, White", "p, Hansen", "runs", "n, bars"]
    header += ["blocks, bars", "resamples", "seed", ""]
    caption = "Whether any of the runs is better than a benchmark, all of them being counted"
    header, *rows = filled(header, rows)
    return table(header, rows, caption=caption, css="told", texts=(0, 1, 10))
