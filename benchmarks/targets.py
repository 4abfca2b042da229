"""What the project promises of its speed, held against what was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.rounds import Line, Lines, Measured
from benchmarks.sections import in_form, vectorbt_lines
from benchmarks.tables import (
    Figure,
    Table,
    figures,
    first,
    megabytes,
    middle,
    processor,
    ratio,
    wall,
)

_NOISE = 1.25
"""Linear growth as far as it can be told where times are noisy."""


@dataclass(frozen=True)
class Target:
    """A promise and what came of it; `value` is None where it was not measured."""

    promise: str
    value: float | None
    met: Callable[[float], bool]

    @property
    def row(self) -> tuple[str, str, str]:
        """The promise, the median that was measured, and whether it is kept."""
        if self.value is None:
            return self.promise, "not measured", ""
        return self.promise, figures(self.value), "yes" if self.met(self.value) else "no"


def _at_least(bound: float) -> Callable[[float], bool]:
    return lambda value: value >= bound


def _at_most(bound: float) -> Callable[[float], bool]:
    return lambda value: value <= bound


def _median(
    over: Sequence[Line], under: Sequence[Line], figure: Figure = processor
) -> float | None:
    found = ratio(over, under, figure)
    return None if found is None else found.median


def of_speed(measured: Measured) -> list[Target]:
    """W1 and W2."""
    lines, name = measured.lines, measured.size.name
    plain, peer = lines["plain"], vectorbt_lines(lines)
    out = []
    fast = in_form(lines["compiled"], compiled=True)
    slow = in_form(lines["interpreted"], compiled=False)
    for form, of_form, times in (("compiled", fast, 200), ("interpreted", slow, 120)):
        promise = f"{name}, {form}: at least {times} times as fast as plain backtrader"
        out.append(Target(promise, _median(plain, of_form), _at_least(times)))
    promise = f"{name}, compiled: ahead of the fastest engine of vectorbt"
    out.append(Target(promise, _median(peer, fast), _at_least(1)))
    promise = f"{name}, compiled: the first call takes at most 2 warm ones"
    started = middle(fast, lambda line: first(line) / processor(line))
    out.append(Target(promise, started, _at_most(2)))
    return out


def of_growth(sizes: Sequence[Measured]) -> list[Target]:
    """W4: its largest size, and time against asset-bars."""
    base, largest = sizes[0], sizes[-1]
    fast = in_form(largest.lines["compiled"], compiled=True)
    ahead = _median(vectorbt_lines(largest.lines), fast)
    name = f"W4, {largest.size.label} years, compiled"
    out = [
        Target(f"{name}: at least 5 times as fast as vectorbt", ahead, _at_least(5)),
        Target(f"{name}: below 300 MB", middle(fast, megabytes), lambda value: value < 300),
    ]
    for form in ("compiled", "interpreted"):
        worst = max(filter(None, (_per_work(base, m, form) for m in sizes[1:])), default=None)
        promise = f"W4, {form}: time against work grows at most {_NOISE} times"
        out.append(Target(promise, worst, _at_most(_NOISE)))
    return out


def _per_work(base: Measured, grown: Measured, form: str) -> float | None:
    """How time grew against work: asset-bars or fills, whichever grew more."""
    compiled = form == "compiled"
    large, small = (in_form(m.lines[form], compiled=compiled) for m in (grown, base))
    found = _median(large, small)
    return None if found is None else found / max(grown.growth(base))


def of_processes(lines: Lines) -> list[Target]:
    """Start-up of the demo, and of the rotation where its data are there."""
    imports = lines["imports"]
    out = []
    for name in ("demo", "rotation"):
        if name not in lines:
            continue
        run = lines[name]
        promise = f"{name}: at most 1.7 times the bare imports, processor time"
        out.append(Target(promise, _median(run, imports), _at_most(1.7)))
        promise = f"{name}: peak memory below 120 MB"
        out.append(Target(promise, middle(run, megabytes), lambda value: value < 120))
        promise = f"{name}: with tear sheet below 3 s"
        out.append(Target(promise, middle(lines[f"{name} page"], wall), lambda value: value < 3))
    promise = "`--help`: below 0.3 s of processor time"
    asked = middle(lines["help"], processor)
    return [*out, Target(promise, asked, lambda value: value < 0.3)]


def target_table(targets: Sequence[Target]) -> Table:
    """All of them, in order."""
    header = ("promise", "measured", "kept")
    return Table("What is promised", header, tuple(target.row for target in targets))
