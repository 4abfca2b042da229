"""Figures of the page of a verdict, and the same in words for who cannot see them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.study.drawn import both, figure_of
from engine.tearsheet.marks import WIDE
from engine.tearsheet.markup import Html
from engine.tearsheet.palette import CASH, INK, MUTED, RULE, STRATEGY, colour
from engine.tearsheet.scales import even_ticks, plain
from engine.wording import NOT_AVAILABLE, count, listed, ratio, signed_percent
from feeds.arrays import Float

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LUCK = 0
"""The colour slot of what a search without skill is expected to find."""
_MANY = 120
"""Values from which on bars are drawn in place of dots."""
_MOST_BINS = 40
_ROW, _AROUND = 0.56, 0.56
_HIGH, _LABEL = 0.64, 0.9
"""How high in a line its marks reach, and where the words above them hang."""
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, eq=False)
class Strip:
    """Sharpe ratios a year on one line.

    Attributes
    ----------
    title : str
    values : float64 (M,)
        NaN is not drawn.
    own : float
        That of the run.
    luck : float
        What the best of a search without skill is expected to show; NaN where that is not asked.
    """

    title: str
    values: Float
    own: float
    luck: float = math.nan

    @property
    def words(self) -> str:
        """What the line shows."""
        known = _known(self.values)
        said = [f"this run {ratio(self.own)}"]
        if len(known):
            said.insert(0, f"{ratio(float(known.min()))} to {ratio(float(known.max()))}")
        if self.luck == self.luck:
            said.append(f"expected best without skill {ratio(self.luck)}")
        return f"{self.title}: {', '.join(said)}"


@dataclass(frozen=True)
class Span:
    """A value and its 95 % interval; NaN is not drawn."""

    title: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Null:
    """Growth a year of other arrangements, as fractions, and that of the strategy's own."""

    title: str
    values: Float
    own: float

    @property
    def words(self) -> str:
        """What the histogram shows."""
        low, middle, high = (signed_percent(each) for each in quantiles(self.values))
        return (
            f"{self.title}: the strategy's own growth of {signed_percent(self.own)} a year is "
            f"above {below(self.values, self.own)} of them; their 5 %, median and 95 % are {low}, "
            f"{middle} and {high}"
        )


def quantiles(values: Float) -> tuple[float, float, float]:
    """5 %, median and 95 % of what is finite; NaN without any."""
    known = _known(values)
    if not len(known):
        return math.nan, math.nan, math.nan
    low, middle, high = np.quantile(known, (0.05, 0.5, 0.95)).tolist()
    return low, middle, high


def below(values: Float, own: float) -> str:
    """`998 of 1,000`: how many of what is finite are below a value; n/a without any."""
    known = _known(values)
    if not len(known) or own != own:
        return NOT_AVAILABLE
    return f"{int(np.count_nonzero(known < own)):,} of {len(known):,}"


def strips(key: str, title: str, rows: Sequence[Strip]) -> Html:
    """Lines of ratios below each other, on one scale, below a title."""
    height = _ROW * len(rows) + _AROUND
    said = f"{title}. {'; '.join(row.words for row in rows)}."
    return both(
        key,
        said,
        lambda size: figure_of(size, [lambda axes: _strips(title, rows, axes)], 1),
        (height, height),
    )


def spans(key: str, title: str, panels: Sequence[tuple[str, Sequence[Span]]]) -> Html:
    """Values with whiskers, in a panel for each unit, which its title tells."""
    most = max(len(rows) for _, rows in panels)
    height = 0.8 * _ROW * most + _AROUND
    said = "; ".join(
        f"{unit}: "
        + listed([f"{row.title} {_figure(row.value)} ({_between(row)})" for row in rows])
        for unit, rows in panels
    )
    draws: list[Callable[[Axes], None]] = [
        lambda axes, unit=unit, rows=rows: _spans(unit, rows, most, axes)  # type: ignore[misc]
        for unit, rows in panels
    ]
    return both(
        key,
        f"{title}. {said}.",
        lambda size: figure_of(size, draws, len(draws) if size[0] == WIDE else 1),
        (height, height * len(draws)),
    )


def histograms(key: str, title: str, nulls: Sequence[Null]) -> Html:
    """A histogram for each kind of other arrangement, with the strategy's own place in it."""
    draws: list[Callable[[Axes], None]] = [
        lambda axes, null=null: _histogram(null, axes)  # type: ignore[misc]
        for null in nulls
    ]
    return both(
        key,
        f"{title}. {'; '.join(null.words for null in nulls)}.",
        lambda size: figure_of(size, draws, len(draws) if size[0] == WIDE else 1),
        (2.5, 2.2 * len(nulls)),
    )


def _strips(title: str, rows: Sequence[Strip], axes: Axes) -> None:
    low, high = _limits(np.concatenate([(*row.values.tolist(), row.own, row.luck) for row in rows]))
    for place, row in enumerate(rows):
        bottom = len(rows) - 1 - place
        axes.axhline(bottom, color=RULE, linewidth=0.8)
        _label(axes, bottom + _LABEL, row.title)
        _mark(axes, 0.0, bottom, RULE, 0.8)
        known = np.sort(_known(row.values))
        counts, edges = np.histogram(known, _bins(axes), (low, high))
        if len(known) > _MANY:
            heights = 0.55 * counts / counts.max()
            axes.bar(edges[:-1], heights, np.diff(edges), bottom, align="edge", color=CASH)
        else:
            step = min(0.14, 0.5 / max(1, int(counts.max(initial=1))))
            levels = np.concatenate([np.arange(each) for each in counts])
            axes.plot(known, bottom + 0.14 + step * levels, "o", color=MUTED, markersize=4.5)
        if row.luck == row.luck:
            _mark(axes, row.luck, bottom, colour(LUCK), 1.6, (4, 2))
        if row.own == row.own:
            _mark(axes, row.own, bottom, STRATEGY, 2.2)
    _title(axes, title)
    _scale(axes, low, high, len(rows))


def _spans(unit: str, rows: Sequence[Span], most: int, axes: Axes) -> None:
    low, high = _limits(np.array([(row.value, row.low, row.high, 0.0) for row in rows]).ravel())
    for place, row in enumerate(rows):
        bottom = most - 1 - place
        _label(axes, bottom + _LABEL, row.title)
        _mark(axes, 0.0, bottom, INK, 0.8)
        at = bottom + 0.33
        if math.isfinite(row.low) and math.isfinite(row.high):
            axes.plot((row.low, row.high), (at, at), color=STRATEGY, linewidth=1.6)
        if math.isfinite(row.value):
            axes.plot((row.value,), (at,), "o", color=STRATEGY, markersize=5.5)
    _title(axes, unit)
    _scale(axes, low, high, most)


def _histogram(null: Null, axes: Axes) -> None:
    known = 100.0 * _known(null.values)
    low, high = _limits(np.append(known, 100.0 * null.own))
    bins = max(8, min(_MOST_BINS, round(2.0 * math.sqrt(len(known)))))
    counts, edges = np.histogram(known, bins, (low, high))
    axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=CASH)
    axes.axvline(100.0 * quantiles(null.values)[2], color=INK, linewidth=1.1, dashes=(4, 2))
    axes.axvline(100.0 * null.own, color=STRATEGY, linewidth=2.4)
    _title(axes, null.title)
    top = 1.08 * float(counts.max(initial=1))
    _scale(axes, low, high, top)
    ticks = [tick for tick in even_ticks(0.0, top, 4) if tick == round(tick)]
    axes.set_yticks(ticks, [f"{tick:,.0f}" for tick in ticks])
    axes.grid(axis="y")


def _title(axes: Axes, text: str) -> None:
    axes.set_title(text, loc="left", fontsize=8.0, fontweight="bold", color=INK, pad=4.0)


def _label(axes: Axes, at: float, text: str) -> None:
    """Words at the left edge, however far the scale reaches."""
    where = axes.get_yaxis_transform()
    shown = plain(text, 44)
    axes.text(0.0, at, shown, transform=where, va="top", fontsize=8.0, color=INK)


def _mark(
    axes: Axes,
    at: float,
    bottom: float,
    shade: str,
    width: float,
    dashes: tuple[float | None, float | None] = (None, None),
) -> None:
    """A line across one row; without dashes it is whole."""
    ends = (bottom + 0.03, bottom + _HIGH)
    axes.plot((at, at), ends, color=shade, linewidth=width, dashes=dashes)


def _scale(axes: Axes, low: float, high: float, top: float) -> None:
    axes.set_xlim(low, high)
    axes.set_ylim(0.0, top)
    axes.set_yticks([])
    ticks = even_ticks(low, high, max(4, round(1.6 * _inches(axes))))
    axes.set_xticks(ticks, [f"{tick:,.6g}".replace("-", _MINUS) for tick in ticks])


def _bins(axes: Axes) -> int:
    """As many as there is room for dots beside each other."""
    return max(10, round(10.0 * _inches(axes)))


def _inches(axes: Axes) -> float:
    figure = axes.get_figure(root=True)
    return axes.get_position().width * (figure.get_figwidth() if figure is not None else WIDE)


def _limits(values: Float) -> tuple[float, float]:
    """What all finite values fit between, with some room."""
    known = _known(values)
    if not len(known):
        return -1.0, 1.0
    low, high = float(known.min()), float(known.max())
    pad = 0.04 * (high - low) or 0.1 * max(abs(high), 0.1)
    return low - pad, high + pad


def _known(values: Float) -> Float:
    return np.asarray(values[np.isfinite(values)])


def _between(row: Span) -> str:
    if not (math.isfinite(row.low) and math.isfinite(row.high)):
        return "no interval"
    return f"{_figure(row.low)} to {_figure(row.high)}"


def _figure(value: float) -> str:
    return ratio(value) if abs(value) < 10.0 else ratio(value, 1)


def counted_values(values: Float) -> str:
    """`7 trials`, of those that have a ratio."""
    return count(len(_known(values)), "trial")


def disc(variable: str) -> Html:
    """A filled circle, for a legend."""
    return Html(
        '<svg width="14" height="12" aria-hidden="true"><circle cx="7" cy="6" r="3.4" '
        f'style="fill:var(--{variable})"/></svg>'
    )
