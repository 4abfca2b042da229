"""Figures of a run: each function draws one aspect of a `Result` on given `Axes`.

They can be used alone, in a notebook: `equity(result, Figure().add_subplot())`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.drawdowns import drawdown
from engine.regimes import risk_on, spells
from engine.tearsheet.palette import (
    CASH,
    DASHES,
    FALL,
    INK,
    MUTED,
    RULE,
    SHADE,
    STRATEGY,
    UNKNOWN,
    colour,
    slots,
)
from engine.tearsheet.scales import (
    date_ticks,
    days,
    even_ticks,
    evenly,
    money_ticks,
    plain,
    thinned,
)
from engine.wording import compact
from feeds.arrays import Float, Int, instants

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from engine.result import Result

_POINTS_PER_INCH = 100
"""About one point for every pixel: an inch of a figure is 100 pixels of the page."""
_JUMP = 0.02
"""A change of a sleeve's share from one bar to the next that must stay a sharp edge."""
_STEPS = 200
_HALF_LETTER, _MARGIN = 0.033, 0.12
"""Half the width of a letter of a tick, and the space right of the axes, in inches."""
_BAND_ALPHA = 0.6
OTHERS = "others"
POSITIONS = "positions"


def names_of(result: Result) -> dict[str, int]:
    """The colour slot of every benchmark and sleeve that has one; equal names, equal colours."""
    largest = sorted(result.sleeves, key=lambda name: (-float(np.mean(result.sleeves[name])), name))
    wanted = [*sorted(result.benchmarks), *largest]
    first = list(dict.fromkeys(wanted))[: len(DASHES)]
    return slots(first)


def equity(result: Result, axes: Axes) -> None:
    """NAV of the strategy and of the benchmarks on a logarithmic scale, risk-on times shaded."""
    shade_risk_on(result, axes)
    low, high = result.start_cash, result.start_cash
    for _, values, line in curves(result):
        _line(axes, result, values, line)
        low, high = min(low, values.min()), max(high, values.max())
    pad = 1.04 if high / low < 1.2 else (high / low) ** 0.03
    axes.set_yscale("log")
    axes.set_ylim(low / pad, high * pad)
    ticks = money_ticks(low / pad, high * pad, 9)
    axes.set_yticks(ticks, [compact(tick) for tick in ticks])
    axes.set_yticks([], minor=True)
    _frame(result, axes)


def underwater(result: Result, axes: Axes) -> None:
    """Fall from the highest NAV so far, in percent: strategy filled, benchmarks as lines."""
    lowest = -0.01
    x = days(result.instants)
    for name, nav, line in curves(result):
        fall = drawdown(nav)
        lowest = min(lowest, float(fall.min()))
        if not name:
            kept = thinned(fall, points_of(axes))
            axes.fill_between(x[kept], fall[kept], 0.0, color=FALL, linewidth=0)
        _line(axes, result, fall, line | {"linewidth": 1.3 if not name else 0.8})
    axes.set_ylim(lowest * 1.05, 0.0)
    ticks = even_ticks(lowest * 1.05, 0.0, 5)
    axes.set_yticks(ticks, [f"{100 * tick:.3g} %".replace("-", "\N{MINUS SIGN}") for tick in ticks])
    _frame(result, axes)


def allocation(result: Result, axes: Axes) -> None:
    """Share of NAV in each sleeve, stacked; what is left is cash."""
    bands = sleeve_bands(result)
    kept = _edges([share for _, share, _ in bands], points_of(axes) // 3)
    x = days(result.instants)[kept]
    base = np.zeros(len(kept))
    # A share holds for the bar before its close; where bars are narrow a slope looks the same.
    step: Literal["pre"] | None = "pre" if len(kept) < _STEPS else None
    for _, share, fill in bands:
        top = base + np.concatenate(([0.0], share))[kept]
        axes.fill_between(x, base, top, color=fill, linewidth=0, alpha=_BAND_ALPHA, step=step)
        base = top
    axes.fill_between(x, base, np.maximum(base, 1.0), color=CASH, linewidth=0, step=step)
    axes.set_ylim(0.0, max(1.0, float(base.max())))
    axes.set_yticks([0.0, 0.5, 1.0], ["0 %", "50 %", "100 %"])
    _frame(result, axes)


def sleeve_bands(result: Result) -> list[tuple[str, Float, str]]:
    """Name, share of NAV and colour of each band of the allocation, bottom first.

    A run without sleeves has one band for all that is not cash.
    """
    if not result.sleeves:
        return [(POSITIONS, 1.0 - result.cash / result.nav, STRATEGY)]
    known = names_of(result)
    bands = [
        (name, share, colour(known[name]))
        for name, share in sorted(result.sleeves.items())
        if name in known
    ]
    rest = [share for name, share in sorted(result.sleeves.items()) if name not in known]
    if rest:
        bands.append((f"{len(rest)} {OTHERS}", np.sum(rest, axis=0), MUTED))
    return bands


def signal_lane(result: Result, name: str, axes: Axes) -> None:
    """One signal at the decisions, each value drawn until the next one; unknown is greyed out."""
    log = result.decisions
    x = days(np.append(log.time, result.time[-1]))
    values = log.signals[name]
    _spans(axes, x[:-1][np.isnan(values)], x[1:][np.isnan(values)], UNKNOWN)
    known = values[~np.isnan(values)]
    steps = np.append(values, values[-1:])
    if np.all((known == 0.0) | (known == 1.0)):
        axes.fill_between(x, 0.0, steps, color=STRATEGY, linewidth=0, step="post", alpha=0.75)
        axes.set_ylim(0.0, 1.15)
        axes.set_yticks([0.0, 1.0], ["0", "1"])
    else:
        axes.axhline(0.0, color=RULE, linewidth=0.8)
        axes.step(x, steps, where="post", color=STRATEGY, linewidth=1.0)
        low, high = float(known.min()), float(known.max())
        pad = 0.12 * (high - low) or 1.0
        axes.set_ylim(low - pad, high + pad)
        axes.set_yticks([low, high], [_signed(low), _signed(high)])
    axes.set_title(plain(name, 60), loc="left", fontsize=8.0, color=INK, pad=3.0)
    limits(result, axes)


def _signed(value: float) -> str:
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def shade_risk_on(result: Result, axes: Axes) -> None:
    """Shade the time in which the strategy's `on` target was in force."""
    on = risk_on(result)
    shaded = [spell for spell in spells(result) if dict(spell.target) == on]
    starts, stops = ([getattr(each, end) for each in shaded] for end in ("start", "stop"))
    _spans(axes, days(instants(starts)), days(instants(stops)), SHADE)


def curves(result: Result) -> list[tuple[str, Float, dict[str, object]]]:
    """The strategy first: a benchmark that equals it shows as dashes on its line."""
    known = names_of(result)
    lines: list[tuple[str, Float, dict[str, object]]] = [
        (
            name,
            result.curves[name],
            {"color": colour(known[name]), "linewidth": 1.1, "dashes": DASHES[known[name]]},
        )
        for name in sorted(result.benchmarks)
        if name in known
    ]
    return [("", result.curves[""], {"color": STRATEGY, "linewidth": 2.0}), *lines]


def _line(axes: Axes, result: Result, values: Float, line: dict[str, object]) -> None:
    kept = thinned(values, points_of(axes))
    axes.plot(days(result.instants)[kept], values[kept], **line)  # type: ignore[arg-type]


def _spans(axes: Axes, starts: Float, stops: Float, fill: str) -> None:
    """Shade stretches of time from the bottom to the top of the axes, as one collection."""
    ranges = list(zip(starts.tolist(), (stops - starts).tolist(), strict=True))
    whole = axes.get_xaxis_transform()
    axes.broken_barh(ranges, (0.0, 1.0), transform=whole, color=fill, linewidth=0)


def _edges(shares: list[Float], points: int) -> Int:
    """Evenly spaced positions on the curve, and both sides of every jump of a share."""
    count = len(shares[0]) + 1 if shares else 2
    kept = set(evenly(count, points).tolist())
    for share in shares:
        jumps = np.flatnonzero(np.abs(np.diff(share, prepend=0.0)) > _JUMP)
        kept |= set(jumps.tolist()) | set((jumps + 1).tolist())
    return np.array(sorted(kept), dtype=np.int64)


def points_of(axes: Axes) -> int:
    """How many points a line needs on these axes."""
    figure = axes.get_figure(root=True)
    return int(_POINTS_PER_INCH * figure.get_figwidth()) if figure is not None else 1000


def limits(result: Result, axes: Axes) -> None:
    """The period of the run, with round dates, as the x axis."""
    axes.set_xlim(*days(result.instants[[0, -1]]))
    most = 4 if points_of(axes) < 500 else 10
    ticks, labels = date_ticks(result.instants[0], result.instants[-1], most)
    # A label that would stick out of the figure on the right is left out.
    first, last = axes.get_xlim()
    inch = (last - first) / (points_of(axes) / _POINTS_PER_INCH)
    room = [
        (tick, label)
        for tick, label in zip(ticks.tolist(), labels, strict=True)
        if last - tick >= inch * (len(label) * _HALF_LETTER - _MARGIN)
    ]
    axes.set_xticks([tick for tick, _ in room], [label for _, label in room])


def _frame(result: Result, axes: Axes) -> None:
    limits(result, axes)
    axes.grid(axis="y")
