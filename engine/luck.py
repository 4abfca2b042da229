"""What luck could have done to a run, in words: trials, intervals and tests.

The verdict says them after what happened; `engine.verdict` puts both together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from engine.said import NOTHING, Quoted, Said, told
from engine.wording import chance, count, listed, p_value, percent, points, ratio, signed_percent

if TYPE_CHECKING:
    from engine.inference.deflated import Deflated
    from engine.inference.findings import Against, Finding, Inference
    from engine.inference.selection import Selection
    from engine.trials import Deflations

LEVEL = 0.05
_NAMED = 3
"""Benchmarks whose tests fit into a paragraph; of more, those that are hardest to beat."""


def hardest(deflations: Deflations) -> str:
    """The benchmark over which the run is nearest to luck; blank where there is none."""
    known = {name: each.luck for name, each in deflations.active.items() if _known(each)}
    return max(sorted(known), key=lambda name: known[name]) if known else ""


def searched(deflations: Deflations) -> Said:
    """How often a lucky search as wide as the one that was made would look this good."""
    raw, over = deflations.raw, hardest(deflations)
    if not (_known(raw) or over):
        return NOTHING
    found: dict[str, Deflated] = {"": raw} if _known(raw) else {}
    found |= {over: deflations.active[over]} if over else {}
    figures: dict[str, Quoted] = {"trials": deflations.trials}
    if deflations.trials == 1:
        figures |= {_of(name, "psr_vs_0"): each.alone for name, each in found.items()}
        chances = listed([f"{chance(each.alone)} {_on(name)}" for name, each in found.items()])
        only = "It is the only trial" if deflations.listed else "There is no trial"
        return Said(
            f"{only} of '{deflations.hypothesis}' on the ledger; taken alone, the chance that the "
            f"true Sharpe ratio is above 0 is {chances}.",
            figures,
        )
    first = over if over else ""
    figures[_of(first, "luck")] = found[first].luck
    figures["trials.effective"] = found[first].effective
    figures |= {_of(name, "dsr"): each.probability for name, each in found.items()}
    among = len(deflations.active)
    which = f", the hardest of {among} benchmarks," if over and among > 1 else ""
    apart = "" if deflations.listed else " (this run, which is not on the ledger, among them)"
    figures |= {"benchmarks": among} if which else {}
    chances = listed([f"{chance(each.probability)} {_on(name)}" for name, each in found.items()])
    return Said(
        f"A lucky search of {count(deflations.trials, 'trial')}{apart}, worth "
        f"{ratio(found[first].effective, 1)} independent ones, would look this good {_on(first)}"
        f"{which} {chance(found[first].luck)} of the time; the chance that the true Sharpe ratio "
        f"is above such luck is {chances}.",
        figures,
    )


def counted(deflations: Deflations) -> Said:
    """The trials of all hypotheses, and what raw returns cannot tell where they pass."""
    total = f"The ledger holds {count(deflations.total, 'trial')} in all."
    raw = deflations.raw.probability
    passes = raw == raw and raw > 0.5
    drift = " Raw returns of a rising market pass any deflation." * passes
    return Said(f"{total}{drift}", {"trials.total": deflations.total})


def counted_in(deflations: Deflations) -> str:
    """The counts that a figure of the ledger rests on, and the hash that names its state."""
    own = f"{deflations.trials:,} of '{deflations.hypothesis}'"
    return f"{own}, {deflations.total:,} in all; ledger {deflations.head[:12]}"


def examined(inference: Inference, short: bool, years: float, few: int = 0) -> tuple[Said, ...]:
    """Intervals, leads over benchmarks, timing, and what the tests come to.

    Tests count bars: `few`, where it is above 0, is how many switches they all rest on.
    """
    names = sorted(inference.against, key=lambda name: -_chance(inference.against[name]))
    shown = sorted(names[:_NAMED])
    leads = [_lead(name, inference.against[name], short) for name in shown]
    return told(
        _intervals(inference, short),
        *leads,
        _timing(inference, few),
        _record(inference.min_track_record, years),
        _weighed(inference, few),
    )


def chosen(selection: Selection) -> Said:
    """What picking the best of the trials on one part of the sample is worth on the rest."""
    found, paths = selection.overfitting, selection.path_sharpes
    if found.reason:
        return NOTHING
    figures: dict[str, Quoted] = {
        "pbo": found.pbo,
        "pbo.variants": found.variants,
        "pbo.splits": found.splits,
        "pbo.blocks": found.blocks,
        "pbo.loss": found.loss,
    }
    few = " (few: the rank says little)" if found.caution else ""
    text = (
        f"Of {found.variants} different trials on the same bars{few}, the one that is best in half "
        f"of {found.blocks} blocks is no better than the median in the other half in "
        f"{chance(found.pbo)} of {found.splits:,} splits, and loses there in {chance(found.loss)}"
    )
    if len(paths) and np.isfinite(paths).all():
        low, high = float(np.min(paths)), float(np.max(paths))
        figures |= {"cpcv.low": low, "cpcv.high": high, "cpcv.paths": len(paths)}
        text += (
            f"; over {len(paths)} cross-validated paths the Sharpe ratio of such a choice is "
            f"{ratio(low)} to {ratio(high)} a year"
        )
    return Said(f"{text}.", figures)


def chances(inference: Inference, few: int = 0) -> dict[str, float]:
    """P-values of the tests whose rejection speaks for the strategy, by what they vary.

    Those of timing need switches to rest on: with `few` of them, they are left out.
    """
    found = {}
    if not few:
        found["shifts in time"] = inference.shift.p_value
        found["random rotations"] = inference.rotations.p_value
        if inference.markets.count:
            found["permuted markets"] = inference.markets.p_value
    leads = sorted(inference.against.items())
    return found | {f"the lead over {name}": each.superior.p_value for name, each in leads}


def _intervals(inference: Inference, short: bool) -> Said:
    sharpe, growth = inference.sharpe, inference.cagr
    if not _bounded(sharpe):
        return Said(f"No interval of the Sharpe ratio is known: {sharpe.reason}.", {})
    figures = _drawn("sharpe", sharpe)
    text = f"the Sharpe ratio lies between {ratio(sharpe.low)} and {ratio(sharpe.high)} a year"
    if _bounded(growth) and not short:
        figures |= {"cagr.low": growth.low, "cagr.high": growth.high}
        low, high = signed_percent(growth.low), signed_percent(growth.high)
        text += f" and growth between {low} and {high}"
    return Said(
        f"With returns drawn again {count(sharpe.count or 0, 'time')} in blocks of "
        f"{ratio(sharpe.block_length, 1)} bars on average (seed {sharpe.seed}), {text} in 95 % of "
        "draws.",
        figures | {"level": 0.95},
    )


def _lead(name: str, against: Against, short: bool) -> Said:
    """The differences to a benchmark with intervals and tests; only what is defined."""
    gap, growth, lead = against.ledoit_wolf, against.cagr, against.superior
    paired = against.sharpe
    of, parts = f"vs_{name}", []
    figures: dict[str, Quoted] = {}
    if _bounded(paired):
        figures |= _drawn(f"{of}.sharpe", paired) | {f"{of}.sharpe.difference": paired.value}
        between = f"{_signed(paired.low)} to {_signed(paired.high)}"
        parts.append(f"the Sharpe ratio differs by {_signed(paired.value)} ({between}")
        if gap.p_value == gap.p_value:
            figures |= {f"{of}.ledoit_wolf_p": gap.p_value}
            parts[-1] += f"; Ledoit-Wolf p {p_value(gap.p_value)}"
        parts[-1] += ")"
    if _bounded(growth) and not short:
        figures |= {f"{of}.cagr.difference": growth.value, f"{of}.cagr.low": growth.low}
        figures |= {f"{of}.cagr.high": growth.high}
        low, high = (_sign(each) + points(each) for each in (growth.low, growth.high))
        low = low.removesuffix(" points")
        own = (_sign(growth.value) + points(growth.value)).removesuffix(" points")
        parts.append(f"growth a year by {own} ({low} to {high})")
    if lead.p_value == lead.p_value:
        figures |= {f"{of}.superior_p": lead.p_value}
        among = f" among {against.models:,} trials" * (against.models > 1)
        figures |= {f"{of}.models": against.models} if among else {}
        parts.append(f"Hansen's test of the lead{among} gives p {p_value(lead.p_value)}")
    if not parts:
        return Said(f"Nothing about {name} can be tested: {gap.reason or lead.reason}.", {})
    return Said(f"Against {name}, {listed(parts)}.", figures)


def _timing(inference: Inference, few: int) -> Said:
    """Where the run stands among other times; with few switches as a share, without p-values."""
    shown: list[str] = []
    figures: dict[str, Quoted] = {}
    for name, found, what in (
        ("shift", inference.shift, "shifts in time of the same positions"),
        ("rotations", inference.rotations, "random rotations with the same turnover"),
        ("markets", inference.markets, "markets whose bars were permuted"),
    ):
        drawn = found.count or 0
        if found.p_value != found.p_value or not drawn:
            continue
        figures[f"{name}.count"] = drawn
        if few:
            beaten = 1.0 - (found.p_value * (1 + drawn) - 1.0) / drawn
            figures[f"{name}.beaten"] = beaten
            shown.append(f"{percent(beaten)} of {drawn:,} {what}")
        else:
            figures[f"{name}.p"] = found.p_value
            shown.append(f"p {p_value(found.p_value)} against {drawn:,} {what}")
        if found.seed is not None:
            figures[f"{name}.seed"] = found.seed
            shown[-1] += f" (seed {found.seed})"
    if not shown:
        return Said(f"Timing cannot be tested: {inference.shift.reason}.", {})
    if few:
        rests = f"{count(few, 'switch is', 'switches are')} too few for p-values"
        return Said(f"Timing beats {listed(shown)}; {rests}.", figures | {"switches": few})
    return Said(f"Timing has {listed(shown)}.", figures)


def _record(found: Finding, years: float) -> Said:
    if not math.isfinite(found.value):
        return NOTHING
    return Said(
        f"A Sharpe ratio like this one takes {ratio(found.value, 1)} years to be told from 0; "
        f"there are {ratio(years, 1)}.",
        {"min_track_record_years": found.value, "years": years},
    )


def _weighed(inference: Inference, few: int) -> Said:
    """Which of the tests exclude luck once all of them are counted."""
    from engine.inference.multiple import holm

    known = {name: p for name, p in chances(inference, few).items() if p == p}
    if not known:
        return NOTHING
    adjusted = holm(np.array(list(known.values())))
    clear = [name for name, p in zip(known, adjusted.tolist(), strict=True) if p <= LEVEL]
    figures: dict[str, Quoted] = {
        "tests": len(known),
        "tests.clear": len(clear),
        "tests.level": LEVEL,
    }
    if not clear:
        tests = f"None of {len(known)} tests excludes" if len(known) > 1 else "The test leaves"
        return Said(f"{tests} luck at the 5 % level.", figures)
    verb = "excludes" if len(clear) == 1 else "exclude"
    rest = f"; they count bars, and rest on {count(few, 'switch', 'switches')}" * bool(few)
    return Said(
        f"Of {count(len(known), 'test')} {len(clear)} {verb} luck at the 5 % level, adjusted for "
        f"their number: {listed(clear)}{rest}.",
        figures | ({"switches": few} if few else {}),
    )


def _known(found: Deflated) -> bool:
    return math.isfinite(found.probability) and math.isfinite(found.luck)


def _bounded(found: Finding) -> bool:
    return math.isfinite(found.low) and math.isfinite(found.high)


def _chance(against: Against) -> float:
    """How much luck is left in the lead, an untested one being all luck."""
    p = against.superior.p_value
    return p if p == p else 1.0


def _drawn(of: str, found: Finding) -> dict[str, Quoted]:
    out: dict[str, Quoted] = {f"{of}.low": found.low, f"{of}.high": found.high}
    return out | {
        f"{of}.count": found.count or 0,
        f"{of}.seed": found.seed if found.seed is not None else "none",
        f"{of}.block_length": found.block_length,
    }


def _of(benchmark: str, name: str) -> str:
    return f"vs_{benchmark}.{name}" if benchmark else name


def _on(benchmark: str) -> str:
    return f"over {benchmark}" if benchmark else "on raw returns"


def _sign(value: float) -> str:
    return "-" if value < 0 else "+"


def _signed(value: float) -> str:
    shown = ratio(value)
    return f"+{shown}" if value > 0 and shown.strip("0.") else shown


def quoted(sentences: tuple[Said, ...]) -> Mapping[str, Quoted | None]:
    """Every figure of the sentences by name."""
    return {name: value for each in sentences for name, value in each.as_json().items()}
