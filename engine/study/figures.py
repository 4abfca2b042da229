"""Figures of a study, each drawn on given `Axes`: paths around the events, lead and lag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.study.made import Study
from engine.study.sessions import SessionLeadLag
from engine.tearsheet.palette import INK, LIGHT, MUTED, RULE, SHADE, STRATEGY, colour
from engine.tearsheet.scales import even_ticks, plain
from feeds.arrays import Float

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MISDATED = 0
"""The colour slot of what a stamp error would look like."""
_FEW = 10


def paths(study: Study, axes: Axes) -> None:
    """The difference of returns around each event, their mean, and the band of other dates."""
    days, (low, middle, high) = study.days, study.band
    axes.fill_between(days, low, high, color=SHADE, linewidth=0)
    axes.plot(days, middle, color=MUTED, linewidth=0.9, dashes=(4, 2))
    thin = 0.9 if len(study.paths) < _FEW else 0.6
    for path in study.paths:
        axes.plot(days, path, color=STRATEGY, linewidth=thin, alpha=0.45)
    if len(study.paths) > 1:
        axes.plot(days, mean_path(study), color=STRATEGY, linewidth=2.2)
    axes.axhline(0.0, color=RULE, linewidth=0.8, zorder=0.5)
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_xlim(float(days[0]), float(days[-1]))
    _percent_axis(axes, np.concatenate((study.paths.ravel(), low, high)))
    wanted = [0, *(each for each in study.forward)]
    ticks = _apart(sorted(wanted), int(days[-1] - days[0]), axes)
    axes.set_xticks([int(days[0]), *ticks])
    axes.grid(axis="y")


def mean_path(study: Study) -> Float:
    """Mean over the events at each day, as long as the data hold all of them; NaN after that."""
    out = np.full(study.paths.shape[1], np.nan)
    whole = ~np.any(np.isnan(study.paths), axis=0)
    out[whole] = np.mean(study.paths[:, whole], axis=0)
    return out


def lead_lag_bars(found: SessionLeadLag, axes: Axes) -> None:
    """Correlation at every lag as bars, and as rings with the sleeve's dates a day late."""
    right, wrong = found.right, found.misdated
    axes.axhspan(-right.pointwise, right.pointwise, color=SHADE, linewidth=0)
    if right.largest == right.largest:
        for level in (-right.largest, right.largest):
            axes.axhline(level, color=MUTED, linewidth=0.9, dashes=(4, 2))
    axes.bar(right.lags, right.correlations, width=0.6, color=STRATEGY)
    axes.plot(
        wrong.lags,
        wrong.correlations,
        linestyle="none",
        marker="o",
        markersize=3.6,
        markerfacecolor="none",
        markeredgecolor=colour(MISDATED),
        markeredgewidth=1.1,
    )
    axes.axhline(0.0, color=RULE, linewidth=0.8)
    every = np.concatenate((right.correlations, wrong.correlations))
    band = right.largest if right.largest == right.largest else right.pointwise
    bottom, top = 1.12 * min(-band, float(every.min())), 1.12 * max(band, float(every.max()))
    axes.set_ylim(bottom, top)
    ticks = even_ticks(bottom, top, 5)
    axes.set_yticks(ticks, [f"{tick:.4g}".replace("-", "\N{MINUS SIGN}") for tick in ticks])
    axes.set_xlim(float(right.lags[0]) - 0.7, float(right.lags[-1]) + 0.7)
    axes.set_xticks(
        [-10, -5, -1, 0, 1, 5, 10],
        ["\N{MINUS SIGN}10", "\N{MINUS SIGN}5", "", "0", "", "5", "10"],
    )
    title = f"{plain(found.id, 24)} and {plain(found.sleeve, 24)}"
    axes.set_title(title, loc="left", fontsize=8.0, color=LIGHT["ink"], pad=3.0)
    axes.grid(axis="y")


def _percent_axis(axes: Axes, values: Float) -> None:
    known = values[~np.isnan(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (-0.1, 0.1)
    pad = 0.05 * (high - low) or 0.1
    axes.set_ylim(low - pad, high + pad)
    ticks = even_ticks(low - pad, high + pad, 7)
    shown = [f"{100 * tick:+,.6g}" if tick else "0" for tick in ticks]
    axes.set_yticks(ticks, [each.replace("-", "\N{MINUS SIGN}") for each in shown])


def _apart(ticks: list[int], length: int, axes: Axes) -> list[int]:
    """Those of the ticks that leave each other room for their labels."""
    figure = axes.get_figure(root=True)
    inches = figure.get_figwidth() if figure is not None else 10.0
    least = 0.3 * length / inches
    kept: list[int] = []
    for tick in sorted(ticks, key=lambda each: (each != 0, -each)):
        if all(abs(tick - other) >= least for other in kept):
            kept.append(tick)
    return sorted(kept)
