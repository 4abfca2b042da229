"""What is left of the Sharpe ratio of each compared run after the trials of its hypothesis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from engine.luck import hardest
from engine.tearsheet.markup import Html, block, table
from engine.wording import NOT_AVAILABLE, chance, ratio

if TYPE_CHECKING:
    from engine.comparison import Comparison
    from engine.trials import Deflations

NAN = math.nan
MEANING = (
    "DSR: chance that the true Sharpe ratio over the benchmark that is hardest to beat is above "
    "what the best of all trials of the run's hypothesis shows by luck."
)


def dsr(found: Deflations) -> float:
    """The deflated Sharpe ratio over the hardest benchmark; of raw returns where there is none."""
    over = hardest(found)
    return (found.active[over] if over else found.raw).probability


def dsr_cells(found: Comparison, name: str) -> list[str]:
    """The ratio as a number of percent, and the trials behind it; blank where they are unknown."""
    each = found.deflations.get(name)
    return [_in_percent(dsr(each)), f"{each.trials:,}"] if each is not None else ["", ""]


def deflated_columns(found: Comparison) -> dict[str, list[Any]]:
    """Trials and deflated ratios of every row, NaN where a row has none; none without a ledger."""
    known = found.deflations
    if not known:
        return {}
    names = [row.name for row in (*found.runs, *found.benchmarks)]
    rows = [_figures(known[name]) if name in known else {} for name in names]
    columns = dict.fromkeys(name for row in rows for name in row)
    heads = [known[name].head if name in known else "" for name in names]
    return {
        **{name: [row.get(name, NAN) for row in rows] for name in columns},
        "trials.ledger": heads,
    }


def deflated_block(found: Comparison) -> Html:
    """A row a run: its hypothesis, the trials of it, and what they leave."""
    if not found.deflations:
        return Html("")
    header = ["", "hypothesis", "trials of it", "independent", "DSR, raw returns", "DSR", "over"]
    rows = [
        [row.name, *_cells(found.deflations[row.name])]
        for row in found.runs
        if row.name in found.deflations
    ]
    shown = table([*header, "lucky searches as good"], rows, css="told", texts=(0, 1, 6))
    return block("trials", "Trials behind them", shown, lead=f"{MEANING} {_ledgers(found)}")


def _ledgers(found: Comparison) -> str:
    known = dict.fromkeys((each.total, each.head) for each in found.searches if each.head)
    told = [f"{total:,} in all, {head[:20]}" for total, head in known]
    return f"Trials and hash of the ledger: {'; '.join(told)}."


def _cells(found: Deflations) -> list[str]:
    over = hardest(found)
    each = found.active[over] if over else found.raw
    return [
        found.hypothesis,
        f"{found.trials:,}",
        ratio(each.effective, 1),
        chance(found.raw.probability),
        chance(each.probability),
        over or "raw returns",
        chance(each.luck),
    ]


def _figures(found: Deflations) -> dict[str, float]:
    out = {
        "trials": float(found.trials),
        "trials.total": float(found.total),
        "trials.effective": found.raw.effective,
        "dsr": found.raw.probability,
        "dsr.luck": found.raw.luck,
    }
    for name, each in sorted(found.active.items()):
        out |= {f"vs_{name}.dsr": each.probability, f"vs_{name}.dsr.luck": each.luck}
    return out


def _in_percent(value: float) -> str:
    """A chance as a number of percent, 0 and 100 only where it is that."""
    if not math.isfinite(value):
        return NOT_AVAILABLE
    if 0.0 < value < 0.0005:
        return "<0.1"
    return ">99.9" if 0.9995 <= value < 1.0 else f"{100 * value:.1f}"
