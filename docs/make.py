"""Write docs/signals.md, its pictures, and the keys of docs/config.md: `python docs/make.py`.

All of it is read off the classes; the pictures are drawn on simulated data.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Mapping
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

import numpy as np  # noqa: E402
from matplotlib import rcParams  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter  # noqa: E402

from engine.catalogue import markdown  # noqa: E402
from engine.config.explain import markdown as keys  # noqa: E402
from engine.signals import evaluate_signals  # noqa: E402
from engine.tearsheet.palette import INK, MUTED, SHADE, STRATEGY, UNKNOWN, colour  # noqa: E402
from engine.tearsheet.vector import drawing  # noqa: E402
from engine.universe import with_eligible  # noqa: E402
from feeds.arrays import Bool, Float, Instant, Instants  # noqa: E402
from feeds.panel import Panel  # noqa: E402
from feeds.simulated import SimulatedSpec, simulate  # noqa: E402
from strategies.base import Combination, Signal  # noqa: E402
from strategies.breadth import Breadth  # noqa: E402
from strategies.registry import build, kinds  # noqa: E402
from strategies.series import number_of  # noqa: E402
from strategies.signals import FallingWedge  # noqa: E402

HEAD = """# Signals, baskets and strategies

<!-- Written by `python docs/make.py` from the classes; change those. -->

What a config may name by `kind`. Pictures are of simulated data (`configs/demo.yaml`): above what a
signal reads, below its value; grey is unknown, blue is above 0,
orange the lines of a wedge as they stood. How to write your own:
[authoring.md](authoring.md).

Every signal has these parameters as well (combinations of signals need none of them):

| key | value | default | meaning |
|---|---|---|---|
| `panel` | text | required | the panel whose rows it reads |
| `id` | text or null | null | the one id of the panel that it reads; blank: all that there are |
| `max_age_days` | number, above 0 | 10.0 | days after which a value is too old, and unknown |

"""
BEGIN, END = "<!-- keys: begin -->\n", "<!-- keys: end -->"
POINTS = 400
BESIDE = {
    "breakout": {"kind": "equity_breakout", "panel": "equities", "fresh_days": 180},
    "dominance": {
        "kind": "alt_dominance",
        "panel": "caps",
        "mean_days": 91,
        "share": "(total_cap - btc_cap - usdt_cap) / total_cap",
    },
    "risk_on": {"kind": "expression", "when": "breakout == 1 and dominance > 0"},
}
"""The signals that examples of combinations name: those of the demo."""


def main() -> None:
    """Write the page, a picture for each signal, and the keys of a config."""
    (DOCS / "pictures").mkdir(exist_ok=True)
    panels = market()
    for name in kinds("signal"):
        (DOCS / "pictures" / f"{name}.svg").write_text(picture(name, panels), encoding="utf-8")
    (DOCS / "signals.md").write_text(HEAD + markdown(), encoding="utf-8")
    config = DOCS / "config.md"
    before, _, rest = config.read_text(encoding="utf-8").partition(BEGIN)
    config.write_text(before + BEGIN + keys() + END + rest.partition(END)[2], encoding="utf-8")


def market() -> dict[str, Panel]:
    """The simulated panels, the coins with what the universe of the demo allows."""
    panels, _ = simulate(SimulatedSpec())
    coins = panels["coins"]
    return {**panels, "coins": with_eligible(coins, coins, coins.has_bar)}


def picture(name: str, panels: Mapping[str, Panel]) -> str:
    """What the signal's example reads, and its values, as SVG."""
    signal: Signal = build("signal", {"kind": name, **kinds("signal")[name].example})
    every = {key: build("signal", dict(values)) for key, values in BESIDE.items()}
    clock = panels["coins"]
    found = evaluate_signals({**every, "this": signal}, panels, clock, 0, lambda *_: None).values
    with drawing():
        rcParams["svg.fonttype"] = "none"
        figure = Figure(figsize=(7.2, 2.7), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        draw_lines(above, read_by(signal, panels, found), clock.known_at[0])
        if isinstance(signal, FallingWedge):
            draw_wedge(above, signal, panels[signal.panel])
        draw_values(below, clock.known_at, found["this"], name)
        above.set_xlim(clock.known_at[0], clock.known_at[-1])
        return svg(figure, name)


def read_by(
    signal: Signal, panels: Mapping[str, Panel], found: Mapping[str, Float]
) -> dict[str, tuple[Instants, Float, str]]:
    """The lines of the upper half: label, and times, numbers and colour."""
    if isinstance(signal, Combination):
        time = panels["coins"].known_at
        return {each: (time, found[each], colour(k)) for k, each in enumerate(signal.inputs)}
    panel = panels[signal.panel]
    if signal.id is not None:
        panel = panel.pick((signal.id,))
    if isinstance(signal, Breadth):
        alts = panel.close[:, [id != "BTC" for id in panel.ids]]
        moves = np.diff(np.log(alts), axis=0)
        path = np.exp(np.append(0.0, np.cumsum(np.nan_to_num(np.nanmedian(moves, axis=1)))))
        return {
            "the median coin": (panel.known_at, path, INK),
            "BTC": (panel.known_at, panel.close[:, 0] / panel.close[0, 0], MUTED),
        }
    numbers = [
        getattr(signal, name)
        for name, field in type(signal).model_fields.items()
        if "number" in field.metadata
    ]
    if "close" in panel.fields:
        panel = panel.pick(panel.ids[:1])
    return {
        text: (panel.known_at, number_of(text, panel), INK if k == 0 else colour(k))
        for k, text in enumerate(numbers or ["close"])
    }


def draw_lines(
    axes: Axes, lines: Mapping[str, tuple[Instants, Float, str]], first: Instant
) -> None:
    """What a signal reads, from the first close of the clock on; several from a common start."""
    lowest = np.inf
    for label, (time, numbers, shade) in lines.items():
        shown = time >= first
        time, numbers = fewer(time[shown], numbers[shown])
        positive = np.nanmin(numbers) > 0
        if positive and len(lines) > 1:
            numbers = numbers / numbers[~np.isnan(numbers)][0]
        lowest = min(lowest, float(np.nanmin(numbers)))
        style = "default" if positive else "steps-post"
        axes.plot(time, numbers, linewidth=0.8, color=shade, label=label, drawstyle=style)
    if lowest > 0:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=6))
        axes.yaxis.set_minor_locator(NullLocator())
    axes.legend(loc="lower left", bbox_to_anchor=(0, 0.98), frameon=False, ncols=3, fontsize=7,
                borderpad=0, handlelength=1.5)  # fmt: skip


def draw_wedge(axes: Axes, signal: FallingWedge, panel: Panel) -> None:
    """The two lines as they stood at each bar: stored, never fitted again."""
    lines = signal.lines(panel)
    for line in (lines.upper, lines.lower):
        axes.plot(panel.known_at[lines.row], np.exp(line), linewidth=1.0, color=colour(0))


def draw_values(axes: Axes, time: Instants, values: Float, name: str) -> None:
    """The signal's value: shaded where it is above 0, hatched where it is unknown."""
    known = ~np.isnan(values)
    across = axes.get_xaxis_transform()
    for where, shade in ((values > 0, SHADE), (~known, UNKNOWN)):
        axes.broken_barh(spans(time, where), (0, 1), transform=across, color=shade, linewidth=0)
    axes.plot(*fewer(time, values), linewidth=1.0, color=STRATEGY, drawstyle="steps-post")
    axes.set_title(name, fontsize=8, loc="left", color=STRATEGY, pad=2)
    locator = AutoDateLocator(minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def spans(time: Instants, where: Bool) -> list[tuple[float, float]]:
    """Begin and length of every spell, in matplotlib's days."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], where, [False])).astype(int)))
    days = np.append(date2num(time), date2num(time[-1]) + 1)
    return [(days[a], days[b] - days[a]) for a, b in edges.reshape(-1, 2).tolist()]


def fewer(time: Instants, numbers: Float) -> tuple[Instants, Float]:
    """A line of few points: its changes, and of many changes every so many."""
    kept = np.append(True, numbers[1:] != numbers[:-1])
    kept[1:] &= ~(np.isnan(numbers[1:]) & np.isnan(numbers[:-1]))
    kept[-1] = True
    rows = np.flatnonzero(kept)
    rows = np.append(rows[:: max(len(rows) // POINTS, 1)], len(numbers) - 1)
    return time[rows], numbers[rows]


def svg(figure: Figure, name: str) -> str:
    """The figure as a file of its own, on white, in the colours of the light page."""
    figure.set_facecolor("white")
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", out.getvalue(), flags=re.DOTALL)
    return re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\.\d)\d+", r"\1", path[0]), text)


if __name__ == "__main__":
    main()
