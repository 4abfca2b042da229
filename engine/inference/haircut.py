"""What is left of an annual Sharpe ratio once the number of tests is charged against it.

The ratio becomes a t-statistic, its p-value is adjusted for the tests made, and the adjusted
p-value becomes a ratio again; the haircut is the share lost on the way. Bonferroni and Sidak need
the number of tests only. Holm and BHY need the p-values of the others: take the real ones, from the
ledger of trials. `simulated_haircuts` draws them from the model of the authors instead, which knows
nothing of the trials at hand; it is there to compare with published numbers.

References
----------
Harvey and Liu, Backtesting, Journal of Portfolio Management 42(1) 2015; Harvey, Liu and Zhu, ...
and the Cross-Section of Expected Returns, Review of Financial Studies 29(1) 2016, for the model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from engine.inference.autocorrelation import ar1_factor
from engine.inference.multiple import adjusted
from feeds.arrays import Float

NAN = math.nan
MONTHS = 12
DRAWS = 5_000
_MODEL_MONTHS, _MODEL_VOLATILITY = 240, 0.15 / math.sqrt(MONTHS)
# By mean correlation of the tests: the share without skill and the mean monthly return of the rest,
# as Harvey, Liu and Zhu estimate them from published factors.
_CORRELATIONS = (0.0, 0.2, 0.4, 0.6, 0.8)
_WITHOUT_SKILL = (0.39660, 0.44589, 0.48604, 0.59902, 0.83901)
_MEAN_OF_SKILL = (0.0054995, 0.0055508, 0.0055413, 0.0055512, 0.0055956)


@dataclass(frozen=True)
class Haircut:
    """A Sharpe ratio a year after an adjustment of its p-value.

    Attributes
    ----------
    p_value : float
        Adjusted, two-sided.
    sharpe : float
        The annual ratio with that p-value; 0 for a p-value of 1.
    lost : float
        Share of the ratio that the adjustment takes; NaN for a ratio of 0.
    draws, seed : int or None
        Of the model, where the p-values of others were drawn from it.
    """

    p_value: float
    sharpe: float
    lost: float
    draws: int | None = None
    seed: int | None = None


def autocorrelation_adjusted(sharpe: float, correlation: float, periods: int = MONTHS) -> float:
    """The annual ratio if returns are AR(1) with this coefficient: by Lo's factor over sqrt(q)."""
    return sharpe * ar1_factor(periods, correlation) / math.sqrt(periods)


def single_p_value(sharpe: float, months: int) -> float:
    """Two-sided p-value of an annual Sharpe ratio from `months` monthly returns.

    Of t = SR sqrt(months / 12), Student with months - 1 degrees; NaN below 2 months, and for a
    ratio that is not finite.
    """
    if months < 2 or not math.isfinite(sharpe):
        return NAN
    from scipy.stats import t

    return float(2.0 * t.sf(abs(sharpe) * math.sqrt(months / MONTHS), months - 1))


def sharpe_of(p_value: float, months: int) -> float:
    """The annual Sharpe ratio, at least 0, whose two-sided p-value this is; infinite for 0."""
    if months < 2 or math.isnan(p_value):
        return NAN
    if not 0.0 <= p_value <= 1.0:
        raise ValueError(f"a p-value of {p_value}: a probability is from 0 to 1")
    from scipy.stats import t

    return float(t.isf(p_value / 2.0, months - 1)) / math.sqrt(months / MONTHS)


def haircuts(
    sharpe: float, months: int, tests: int, others: Float | None = None
) -> dict[str, Haircut]:
    """Haircuts of an annual Sharpe ratio for the tests made.

    Parameters
    ----------
    sharpe : float
        A year, after `autocorrelation_adjusted`.
    months : int
        Length of the record; NaN results below 2.
    tests : int
        How many were made, this one among them; at least 1.
    others : float64 (M - 1,), optional
        The two-sided p-values of the other tests, for Holm and BHY. NaN, a test without one, counts
        as 1: it was made, and speaks for nothing.

    Returns
    -------
    dict
        `bonferroni`, `sidak`, and with `others` `holm` and `bhy`.

    Raises
    ------
    ValueError
        For fewer than one test, others that are not one fewer than the tests, or no p-values.
    """
    if tests < 1 or (others is not None and len(others) != tests - 1):
        raise ValueError("`tests` counts this test and the others, each of which has a p-value")
    single = single_p_value(sharpe, months)
    found = {"bonferroni": min(tests * single, 1.0), "sidak": _sidak(single, tests)}
    if math.isnan(single):
        found = dict.fromkeys(found, NAN)
    elif others is not None:
        every = np.append(single, np.where(np.isnan(others), 1.0, others))
        found |= {"holm": float(adjusted(every, "holm")[0])}
        found |= {"bhy": float(adjusted(every, "bhy")[0])}
    return {name: _haircut(p_value, sharpe, months) for name, p_value in found.items()}


def simulated_haircuts(
    sharpe: float,
    months: int,
    tests: int,
    correlation: float,
    *,
    seed: int,
    draws: int = DRAWS,
) -> dict[str, Haircut]:
    """Haircuts by Holm and BHY where the p-values of the other tests are drawn from a model.

    In each draw `tests` others have monthly means that are 0 or exponential, seen over 240 months
    with a volatility of 15 % a year and noise correlated by `correlation`; the median of the
    adjusted p-values counts.

    Parameters
    ----------
    sharpe, months : float, int
        As in `haircuts`.
    tests : int
        Other tests, at least 1.
    correlation : float
        In [0, 0.8], between whose tabled values the model is interpolated.
    seed, draws : int
        At least one draw.

    Returns
    -------
    dict
        `holm`, `bhy` and `average`, that of both and Bonferroni.

    Raises
    ------
    ValueError
        For no other test or draw, or a correlation that the model does not know.
    """
    if tests < 1 or draws < 1:
        raise ValueError(f"{tests} other tests in {draws} draws; both are at least 1")
    single = single_p_value(sharpe, months)
    if not 0.0 <= correlation <= _CORRELATIONS[-1]:
        raise ValueError(f"the model is known for correlations from 0 to 0.8, not {correlation}")
    if math.isnan(single):
        return {name: Haircut(NAN, NAN, NAN, draws, seed) for name in ("holm", "bhy", "average")}
    drawn = _model_p_values(tests, correlation, np.random.default_rng(seed), draws)
    by_draw = _adjusted_among(single, drawn)
    holm, bhy = (float(np.median(p_values)) for p_values in by_draw)
    average = (min(tests * single, 1.0) + holm + bhy) / 3.0
    found = {"holm": holm, "bhy": bhy, "average": average}
    return {
        name: replace(_haircut(p_value, sharpe, months), draws=draws, seed=seed)
        for name, p_value in found.items()
    }


def _sidak(p_value: float, tests: int) -> float:
    # 1 - (1 - p)^M without the loss of digits that a small p has.
    return -math.expm1(tests * math.log1p(-p_value)) if p_value < 1.0 else 1.0


def _haircut(p_value: float, sharpe: float, months: int) -> Haircut:
    # No adjustment adds to a ratio; one whose p-value is below any float has no inverse.
    left = math.copysign(min(sharpe_of(p_value, months), abs(sharpe)), sharpe)
    return Haircut(p_value, left, 1.0 - left / sharpe if sharpe else NAN)


def _model_p_values(
    tests: int, correlation: float, random: np.random.Generator, draws: int
) -> Float:
    """Two-sided normal p-values of tests of the model, float64 (draws, tests)."""
    from scipy.special import ndtr

    idle, mean = (
        float(np.interp(correlation, _CORRELATIONS, tabled))
        for tabled in (_WITHOUT_SKILL, _MEAN_OF_SKILL)
    )
    shape = draws, tests
    common = math.sqrt(correlation) * random.standard_normal((draws, 1))
    noise = common + math.sqrt(1.0 - correlation) * random.standard_normal(shape)
    skill = np.where(random.random(shape) > idle, random.exponential(mean, shape), 0.0)
    error = _MODEL_VOLATILITY / math.sqrt(_MODEL_MONTHS)
    return np.asarray(2.0 * ndtr(-np.abs(skill / error + noise)), dtype=np.float64)


def _adjusted_among(single: float, others: Float) -> tuple[Float, Float]:
    """Holm's and BHY's adjusted value of one p-value among each row of others, (draws,) each."""
    draws, tests = others.shape
    ordered = np.sort(np.column_stack((np.full(draws, single), others)), axis=1)
    place = np.count_nonzero(others < single, axis=1)
    every, count = np.arange(1, tests + 2), tests + 1
    holm = np.maximum.accumulate(ordered * (count + 1 - every), axis=1)
    steps = ordered * (count * float(np.sum(1.0 / every)) / every)
    bhy = np.minimum.accumulate(steps[:, ::-1], axis=1)[:, ::-1]
    row = np.arange(draws)
    return np.minimum(holm[row, place], 1.0), np.minimum(bhy[row, place], 1.0)
