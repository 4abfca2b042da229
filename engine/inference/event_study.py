"""Abnormal returns around events, and whether they are more than the noise of the market model.

Each event has an estimation window, on which its returns are regressed on the market's, and an
event window after it; what the regression does not explain is abnormal. Events on the same days
move together, which every test but Kolari and Pynnonen's takes for evidence. Windows of one market
that overlap are not separate events: merge them first, or use calendar-time portfolios
(`calendar_time`). Below ten events no test has a p-value or stars; look at each event.

References
----------
Patell (1976); Boehmer, Musumeci and Poulsen (1991); Kolari and Pynnonen (2010); Corrado (1989);
Cowan (1992).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from feeds.arrays import Bool, Float, frozen
from feeds.errors import DataError

NAN = math.nan
FEWEST_EVENTS = 10
"""Fewer events carry no p-value and no stars, in any test."""
_FEWEST_ESTIMATED = 10
_TINY = 1e-12
_NORMAL = (
    *("patell_z_day", "patell_z_caar", "corrado_rank_t_day", "corrado_rank_t_window_cowan"),
    "generalized_sign_z",
)
STARS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))
"""The levels below which a p-value has stars, the smallest first."""


@dataclass(frozen=True)
class EventTest:
    """One statistic of an event study.

    Attributes
    ----------
    statistic : float
        NaN where undefined.
    p_value : float
        Two-sided; NaN where the statistic is, and below ten events.
    stars : str
        `*`, `**`, `***` for p below 0.10, 0.05, 0.01; never any below ten events.
    """

    statistic: float
    p_value: float
    stars: str


@dataclass(frozen=True, eq=False)
class EventStudy:
    """Abnormal returns of events and the tests of them.

    Attributes
    ----------
    events : int
    abnormal : float64 (N, W)
        Abnormal returns of each event over the event window.
    cumulative : float64 (N,)
        Their sum by event.
    aar_day : float
        Mean abnormal return on the event day.
    caar : float
        Mean cumulative abnormal return.
    mean_residual_correlation : float
        Between events, on the estimation windows; NaN for one event.
    tests : dict
        By name, `_day` on the event day and `_caar` over the window: `t_cross_sectional_caar`,
        `patell_z_day`, `patell_z_caar`, `bmp_t_day`, `bmp_t_caar`, `kolari_pynnonen_t_day`,
        `kolari_pynnonen_t_caar`, `corrado_rank_t_day`, `corrado_rank_t_window_cowan`,
        `generalized_sign_z`.
    reason : str
        Why there are no p-values; empty where there are.
    """

    events: int
    abnormal: Float
    cumulative: Float
    aar_day: float
    caar: float
    mean_residual_correlation: float
    tests: dict[str, EventTest]
    reason: str = ""


@dataclass(frozen=True, eq=False)
class _Model:
    """The market model of each event, over its whole row."""

    abnormal: Float
    estimated: int
    error: Float
    market_mean: Float
    market_square: Float
    market: Float

    @property
    def window(self) -> Float:
        return self.abnormal[:, self.estimated :]

    @property
    def residuals(self) -> Float:
        return self.abnormal[:, : self.estimated]

    def standardised(self, day: int) -> Float:
        """Abnormal returns of a day over the errors of their predictions, (N,)."""
        away = (self.market[:, day] - self.market_mean) ** 2 / self.market_square
        return self.abnormal[:, day] / (self.error * np.sqrt(1.0 + 1.0 / self.estimated + away))

    def standardised_sums(self) -> Float:
        """Cumulative abnormal returns over the errors of their predictions, (N,)."""
        days = self.window.shape[1]
        away = np.sum(self.market[:, self.estimated :] - self.market_mean[:, np.newaxis], axis=1)
        scale = days + days**2 / self.estimated + away**2 / self.market_square
        return np.sum(self.window, axis=1) / (self.error * np.sqrt(scale))


def fault(returns: Float, market: Float, *, estimated: int) -> str:
    """What keeps an event from being studied; blank where nothing does.

    Parameters
    ----------
    returns, market : float64 (T,)
        As in a row of `event_study`.
    estimated : int
    """
    if not np.all(np.isfinite(returns + market)):
        return "a return is not finite"
    own, other = returns[np.newaxis], market[np.newaxis]
    if math.sqrt(_square(other[:, :estimated])[0]) < _TINY:
        return "the market does not vary"
    if _market_model(own, other, estimated).error[0] < _TINY:
        return "the market explains all of its returns"
    return ""


def event_study(returns: Float, market: Float, *, estimated: int, day: int) -> EventStudy:
    """Measure and test the abnormal returns around events.

    Parameters
    ----------
    returns, market : float64 (N, T)
        Returns of the asset and of the market, one row an event, finite: the estimation window,
        then the event window.
    estimated : int
        Bars of the estimation window, at least 10.
    day : int
        Column of the event, after the estimation window.

    Raises
    ------
    ValueError
        For arrays of different shape, or windows that do not fit.
    DataError
        For a return that is not finite, or an event whose market or residuals do not vary.

    Notes
    -----
    Patell's, Corrado's and the sign statistic are held against the normal, the others against
    Student's t with N - 1 degrees of freedom.
    """
    events, columns = returns.shape
    if market.shape != returns.shape or not _FEWEST_ESTIMATED <= estimated <= day < columns:
        raise ValueError(
            f"{columns} returns with {estimated} estimated and the event at {day}: the event "
            f"window follows {_FEWEST_ESTIMATED} or more estimated bars, as long for the market"
        )
    for event in range(events):
        faulty = fault(returns[event], market[event], estimated=estimated)
        if faulty:
            raise DataError(f"event {event}: {faulty}; leave it out of the study")
    model = _market_model(returns, market, estimated)
    sums = np.sum(model.window, axis=1)
    correlation = _mean_correlation(model.residuals)
    reason = ""
    if events < FEWEST_EVENTS:
        reason = f"{events} events, fewer than {FEWEST_EVENTS}: no p-values, look at each event"
    return EventStudy(
        events=events,
        abnormal=frozen(model.window),
        cumulative=frozen(sums),
        aar_day=float(np.mean(model.abnormal[:, day])),
        caar=float(np.mean(sums)),
        mean_residual_correlation=correlation,
        tests={
            name: _test(statistic, events, normal=name in _NORMAL)
            for name, statistic in _statistics(model, day, correlation).items()
        },
        reason=reason,
    )


def _statistics(model: _Model, day: int, correlation: float) -> dict[str, float]:
    on_day, summed = model.standardised(day), model.standardised_sums()
    sums = np.sum(model.window, axis=1)
    shrink = _for_correlation(len(sums), correlation)
    bmp_day, bmp_sum = _cross_sectional(on_day), _cross_sectional(summed)
    rank_day, rank_window = _corrado(model, day)
    return {
        "t_cross_sectional_caar": _cross_sectional(sums),
        "patell_z_day": _patell(on_day, model.estimated),
        "patell_z_caar": _patell(summed, model.estimated),
        "bmp_t_day": bmp_day,
        "bmp_t_caar": bmp_sum,
        "kolari_pynnonen_t_day": bmp_day * shrink,
        "kolari_pynnonen_t_caar": bmp_sum * shrink,
        "corrado_rank_t_day": rank_day,
        "corrado_rank_t_window_cowan": rank_window,
        "generalized_sign_z": _generalized_sign(model.residuals > 0.0, sums > 0.0),
    }


def _market_model(returns: Float, market: Float, estimated: int) -> _Model:
    """Least squares of each row on its market, errors with divisor L - 2."""
    own, other = returns[:, :estimated], market[:, :estimated]
    mean, centre = np.mean(own, axis=1), np.mean(other, axis=1)
    away = other - centre[:, np.newaxis]
    square = _square(other)
    beta = np.sum(away * (own - mean[:, np.newaxis]), axis=1) / square
    alpha = mean - beta * centre
    abnormal = returns - alpha[:, np.newaxis] - beta[:, np.newaxis] * market
    error = np.sqrt(np.sum(abnormal[:, :estimated] ** 2, axis=1) / (estimated - 2))
    return _Model(abnormal, estimated, error, centre, square, market)


def _square(market: Float) -> Float:
    """Sum of squares of each row around its mean, (N,)."""
    return np.sum((market - np.mean(market, axis=1, keepdims=True)) ** 2, axis=1)


def _patell(standardised: Float, estimated: int) -> float:
    """Sum over sqrt(N (L - 2) / (L - 4)): independent events of unit variance."""
    scale = len(standardised) * (estimated - 2) / (estimated - 4)
    return float(np.sum(standardised)) / math.sqrt(scale)


def _cross_sectional(values: Float) -> float:
    """Mean over its standard error, as the events themselves spread."""
    if len(values) < 2:
        return NAN
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return float(np.mean(values)) / error if error >= _TINY else NAN


def _for_correlation(events: int, correlation: float) -> float:
    """Kolari and Pynnonen's factor sqrt((1 - r) / (1 + (N - 1) r))."""
    variance = 1.0 + (events - 1) * correlation
    return math.sqrt((1.0 - correlation) / variance) if variance > _TINY else NAN


def _mean_correlation(residuals: Float) -> float:
    """Mean correlation between the residuals of different events."""
    events = len(residuals)
    if events < 2:
        return NAN
    # Residuals have mean 0, and the squared length of a sum of unit vectors is that of all pairs.
    together = np.sum(residuals / np.sqrt(np.sum(residuals**2, axis=1, keepdims=True)), axis=0)
    return (float(np.sum(together**2)) - events) / (events * (events - 1))


def _corrado(model: _Model, day: int) -> tuple[float, float]:
    """The rank statistic on the event day, and Cowan's over the event window."""
    from scipy.stats import rankdata

    columns = model.abnormal.shape[1]
    means = np.mean(rankdata(model.abnormal, axis=1) / (columns + 1) - 0.5, axis=0)
    error = math.sqrt(float(np.mean(means**2)))
    if error < _TINY:
        return NAN, NAN
    window = means[model.estimated :]
    return float(means[day]) / error, math.sqrt(len(window)) * float(np.mean(window)) / error


def _generalized_sign(before: Bool, after: Bool) -> float:
    """Count of positive sums against the share of positive returns before the events."""
    share, events = float(np.mean(before)), len(after)
    spread = math.sqrt(events * share * (1.0 - share))
    return (int(np.count_nonzero(after)) - events * share) / spread if spread > 0.0 else NAN


def _test(statistic: float, events: int, *, normal: bool) -> EventTest:
    if events < FEWEST_EVENTS or math.isnan(statistic):
        return EventTest(statistic, NAN, "")
    if normal:
        p_value = 2.0 * NormalDist().cdf(-abs(statistic))
    else:
        from scipy.stats import t

        p_value = float(2.0 * t.sf(abs(statistic), events - 1))
    stars = next((mark for level, mark in STARS if p_value < level), "")
    return EventTest(statistic, p_value, stars)
