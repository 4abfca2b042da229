"""Rolling measures over windows of a year: Sharpe ratio, volatility, beta."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.measures.rolling import rolling_beta, rolling_sharpe, rolling_vol
from engine.tearsheet.figures import curves, limits, points_of
from engine.tearsheet.markup import Html, block, esc, note
from engine.tearsheet.palette import INK
from engine.tearsheet.scales import days, even_ticks, evenly, plain
from engine.tearsheet.widths import both, curve_keys, legend
from engine.wording import NOT_AVAILABLE, amount, count, percent, ratio
from feeds.arrays import Float, Int

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from engine.result import Result

_MOST_CELLS = 4_000_000
"""Bars of all windows of one line: windows of hours get fewer points, not more time."""
_FEWEST_POINTS = 100
_TITLE, _TOP, _BOTTOM = 0.86, 0.74, 0.04
"""Where a band of height 1 has its title, and where its values end."""
_BAND_INCHES = 1.05


@dataclass(frozen=True)
class Band:
    """One measure of the figure: `of` gives its values at some bars for a curve by name."""

    title: str
    of: Callable[[str, Int], Float]
    write: Callable[[float], str]
    leaves_out: str | None = None


def window_of(result: Result) -> int:
    """Bars of a year, 0 where the results do not tell."""
    return round(float(result.experiment.get("report", {}).get("periods_per_year") or 0.0))


def bands_of(result: Result) -> list[Band]:
    """The measures that are drawn, the risk-free rate being 0; beta is to the first benchmark."""
    window, per_year = window_of(result), result.experiment["report"]["periods_per_year"]
    returns = {name: nav[1:] / nav[:-1] - 1.0 for name, nav in result.curves.items()}
    out = [
        Band(
            "Sharpe ratio",
            lambda name, at: rolling_sharpe(returns[name], window, per_year, at),
            ratio,
        ),
        Band(
            "volatility a year",
            lambda name, at: rolling_vol(returns[name], window, per_year, at),
            percent,
        ),
    ]
    if result.benchmarks:
        first = min(result.benchmarks)

        def beta(name: str, at: Int) -> Float:
            return rolling_beta(returns[name], returns[first], window, at)

        out.append(Band(f"beta to {first}", beta, ratio, leaves_out=first))
    return out


def rolling_block(result: Result) -> Html:
    """The figure and the latest values, or why there is none."""
    window, bars = window_of(result), len(result.time)
    if window < 2 or bars <= window:
        year = f"a year is {count(window, 'bar')}" if window > 1 else "a year is not two bars"
        reason = f"{year} of this clock, and the run has {bars:,}"
        return block("rolling", "Rolling", note(f"{NOT_AVAILABLE}: {reason}."))
    bands = bands_of(result)
    last = np.array([bars - 1])
    latest = [f"{each.title} {each.write(float(each.of('', last)[0]))}" for each in bands]
    lead = f"Over the last {window:,} bars: {', '.join(latest)}."
    drawn = both(
        result,
        rolling,
        "rolling",
        len(bands) * _BAND_INCHES + 0.4,
        esc(", ".join(plain(each.title, 60) for each in bands)),
        narrow=len(bands) * _BAND_INCHES + 0.4,
    )
    tail = note(
        f"Each value is of the {window:,} bars that end there, a year of this clock, and of none "
        f"later: the first {window - 1:,} bars have none. Risk-free rate 0; "
        f"{amount(float(result.experiment['report']['periods_per_year']))} bars a year. "
        "A gap is a window in which nothing moved."
    )
    return block("rolling", "Rolling", legend(curve_keys(result, {})), drawn, tail, lead=lead)


def rolling(result: Result, axes: Axes) -> None:
    """Sharpe ratio, volatility and beta over windows of a year, a band for each."""
    bands = bands_of(result)
    window, bars = window_of(result), len(result.time)
    points = min(points_of(axes) // 2, max(_FEWEST_POINTS, _MOST_CELLS // window))
    at = window - 1 + evenly(bars - window + 1, points)
    ticks: list[float] = []
    labels: list[str] = []
    for place, band in enumerate(reversed(bands)):
        found, words = _draw_band(result, axes, band, place, at)
        ticks += found
        labels += words
    axes.set_ylim(0.0, float(len(bands)))
    axes.set_yticks(ticks, labels)
    limits(result, axes)
    axes.grid(axis="y")


def _draw_band(
    result: Result, axes: Axes, band: Band, place: int, at: Int
) -> tuple[list[float], list[str]]:
    """Draw one band between `place` and `place + 1`; where its ticks are, and how they read."""
    drawn = [
        (name, band.of(name, at), line)
        for name, _, line in curves(result)
        if name != band.leaves_out
    ]
    known = np.concatenate([values[np.isfinite(values)] for _, values, _ in drawn])
    title = f"{band.title[0].upper()}{band.title[1:]}"
    if not len(known):
        title += f": {NOT_AVAILABLE}, nothing moved"
    left = float(days(result.instants[0]))
    axes.text(left, place + _TITLE, plain(title, 60), fontsize=8.0, color=INK)
    if not len(known):
        return [], []
    low, high = min(0.0, float(known.min())), max(0.0, float(known.max()))
    scale = (_TOP - _BOTTOM) / ((high - low) or 1.0)
    time = days(result.time[at])
    for name, values, line in drawn:
        level = place + _BOTTOM + scale * (values - low)
        kept = line | {"linewidth": 0.8 if name else 1.3}
        axes.plot(time, level, **kept)  # type: ignore[arg-type]
    ticks = even_ticks(low, high, 4)
    return (
        [place + _BOTTOM + scale * (tick - low) for tick in ticks],
        [_tick(band, tick) for tick in ticks],
    )


def _tick(band: Band, value: float) -> str:
    shown = f"{100 * value:.3g} %" if band.write is percent else f"{value:.3g}"
    return shown.replace("-", "\N{MINUS SIGN}")
