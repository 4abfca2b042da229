"""What picking the best of the trials is worth: a block of the page of a verdict."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from engine.study.drawn import legend
from engine.tearsheet.marks import line
from engine.tearsheet.markup import Html, block, fold, joined, note, table, tag
from engine.verdict_figures import Strip, disc, strips
from engine.verdict_words import ASK, in_points, reasons, sentence
from engine.wording import NOT_AVAILABLE, count, p_value, percent, ratio

if TYPE_CHECKING:
    from engine.inference.selection import Selection
    from engine.weighing import Weighed
    from feeds.arrays import Float

_METHODS = {"bonferroni": "Bonferroni", "sidak": "Sidak", "holm": "Holm", "bhy": "BHY"}
_MOST_NAMES = 200


def selection_block(weighed: Weighed) -> Html:
    """Whether the choice of the best among the trials holds outside of what chose it."""
    title, found = "Choosing among the trials", weighed.selection
    if found is None:
        asked = weighed.inference is not None
        why = "The trials were not laid beside each other." if asked else ASK
        return block("selection", title, note(why))
    parts = [_halves(found), note(sentence(found.overfitting.caution)), _paths(weighed, found)]
    return block(
        "selection",
        title,
        *(part for part in parts if part),
        _superior(found),
        _haircuts(weighed),
        _names(found),
        lead=_worth(found),
    )


def _worth(found: Selection) -> str:
    """What the halves say, or why they say nothing."""
    halves = found.overfitting
    why = found.reason or halves.reason
    if why:
        return f"Nothing can be said about the choice: {why}."
    return (
        f"The best of {halves.variants} different trials in one half of the sample is no better "
        f"than the median in the other in {percent(halves.pbo)} of {halves.splits:,} splits."
    )


def _halves(found: Selection) -> Html:
    halves, paths = found.overfitting, _known_paths(found)
    said = f"{halves.splits:,} splits of {halves.blocks} blocks, n {halves.n:,} bars"
    said += f", {count(halves.left_out, 'split')} left out" if halves.left_out else ""
    different = f"{count(halves.variants, 'different trial')}, {halves.duplicates} equal to another"
    worth = f"its pick's Sharpe ratio there on that where it was picked; n {halves.splits:,} splits"
    rows = [
        ["Probability of overfitting (PBO)", percent(halves.pbo), halves.reason or said],
        ["\N{EM SPACE}of", f"{len(found.names):,} trials", different],
        ["Chance that the pick loses", percent(halves.loss), "a ratio below 0 in the other half"],
        ["Slope in the other half", ratio(halves.slope), worth],
    ]
    basis = f"{count(len(paths), 'path')} through {found.paths.splits} splits, n {found.n:,} bars"
    why = found.paths.reason or basis
    for title, pick in (("lowest", np.min), ("median", np.median), ("highest", np.max)):
        value = float(pick(paths)) if len(paths) else math.nan
        name = f"Sharpe ratio a year, {title} path (CPCV)"
        rows.append([name, ratio(value), why if title == "lowest" else ""])
    return table(["", "", ""], rows, css="told", texts=(0, 2))


def _known_paths(found: Selection) -> Float:
    sharpes = found.paths.sharpes[np.isfinite(found.paths.sharpes)]
    return np.asarray(sharpes * math.sqrt(found.periods_per_year))


def _paths(weighed: Weighed, found: Selection) -> Html:
    """The ratios of the cross-validated paths on a line."""
    paths = _known_paths(found)
    if not len(paths):
        return Html("")
    row = Strip(count(len(paths), "path"), paths, weighed.result.value("sharpe"))
    items = [
        (disc("muted"), "each path of the best of its training"),
        (line("strategy", 2.6), "this run"),
    ]
    title = "Sharpe ratios a year of the paths"
    return joined([legend(items), strips("paths", title, [row])])


def _superior(found: Selection) -> Html:
    """Hansen's and White's tests of the best trial over each benchmark."""
    if not found.superior:
        return note("The config names no benchmark, so that no trial has one to be better than.")
    rows = []
    for name, each in sorted(found.superior.items()):
        known = 0 <= each.best < len(found.names)
        rows.append(
            [
                f"over {name}",
                found.names[each.best] if known else NOT_AVAILABLE,
                in_points(each.lead * found.periods_per_year),
                p_value(found.reality[name].upper),
                *map(p_value, (each.lower, each.consistent, each.upper)),
                f"{each.models:,}",
                f"{each.n:,}",
                f"{each.block_length:g}",
                f"{each.resamples:,}",
                f"{each.seed}",
            ]
        )
    header = ["", "best trial", "mean lead a year", "p, White", "p, Hansen: lower", "consistent"]
    header += ["upper", "trials", "n, bars", "block, bars", "resamples", "seed"]
    caption = "Whether the best of all trials on these bars is better than a benchmark"
    shown = table(header, rows, caption=caption, css="against told", texts=(0, 1))
    why = {f"over {name}": each.reason for name, each in sorted(found.superior.items())}
    return joined([shown, reasons(why)])


def _haircuts(weighed: Weighed) -> Html:
    """What is left of the ratio once the number of trials is charged."""
    found = {name: each for name, each in weighed.haircuts.items() if name in _METHODS}
    if not found:
        return note("No haircut of the Sharpe ratio was computed.")
    rows = [
        [title, p_value(found[name].p_value), ratio(found[name].sharpe), percent(found[name].lost)]
        for name, title in _METHODS.items()
        if name in found
    ]
    caption = "Sharpe ratio after a haircut for the number of trials"
    header = ["", "adjusted p", "Sharpe ratio left, a year", "share lost"]
    luck = weighed.inference
    of = f" of {ratio(luck.adjusted_sharpe.value)}" if luck is not None else ""
    basis = note(
        f"Charged is the Sharpe ratio{of} a year, adjusted for autocorrelation, as a t-statistic "
        "of its months, two-sided, among the p-values of all trials of the hypothesis."
    )
    return joined([table(header, rows, caption=caption, css="against told"), basis])


def _names(found: Selection) -> Html:
    if not found.names:
        return Html("")
    items = joined(tag("li", each) for each in found.names[:_MOST_NAMES])
    more = len(found.names) - _MOST_NAMES
    tail = [note(f"and {more:,} more")] if more > 0 else []
    return fold(f"The {count(len(found.names), 'trial')} on these bars", tag("ul", items), *tail)
