"""The random paths of the simulated market: logs of prices, bars around them, supplies."""

from __future__ import annotations

import numpy as np

from feeds.arrays import Bool, Float, Int
from feeds.exact import exp, rounded

DROUGHT_DAYS, FRESH_DAYS, MEAN_DAYS = 365, 180, 91
"""What the planted effect calls a drought, a fresh breakout, and the mean of the share."""

_COLLAPSE_DAYS = 12
# Logarithms are written out: computed ones differ in the last bit between machines.
_LOG_INDEX, _LOG_BTC = 6.214608098422191, 6.063785208687608  # of 500 and 430
_LOG_PRICES = (-2.995732273553991, 3.912023005428146)  # of 0.05 and 50
_LOG_SHARES = (-4.199705077879927, -1.6094379124341003)  # of 0.015 and 0.20


def shocks(random: np.random.Generator, shape: tuple[int, ...]) -> Float:
    """Student t shocks of 5 degrees of freedom with unit variance: fat tails, no wild ones."""
    return np.clip(random.standard_t(5, shape) * np.sqrt(3 / 5), -8, 8)


def regimes(random: np.random.Generator, rows: int, lengths: tuple[int, int]) -> Int:
    """0 in bull and 1 in bear regimes of random lengths around `lengths`, int64 (rows,)."""
    out = np.zeros(rows, dtype=np.int64)
    at, state = 0, 0
    while at < rows:
        length = 1 + int(random.gamma(8.0, lengths[state] / 8.0))
        out[at : at + length] = state
        at, state = at + length, 1 - state
    return out


def slow_volatility(random: np.random.Generator, rows: int, spread: float) -> Float:
    """A factor around 1 by which volatility rises and falls over some weeks, (rows,)."""
    keep = 0.97
    steps = random.standard_normal(rows) * spread * np.sqrt(1 - keep * keep)
    level, out = 0.0, np.empty(rows)
    for row, step in enumerate(steps.tolist()):
        level = keep * level + step
        out[row] = level
    return exp(out - spread * spread / 2)


def index_path(random: np.random.Generator, rows: int) -> Float:
    """The log of a small-cap index, float64 (rows,): bull and bear markets of stocks."""
    bear = regimes(random, rows, (400, 125))
    drift = np.array([0.25, -0.40])[bear] / 252
    volatility = np.array([0.15, 0.26])[bear] / np.sqrt(252)
    volatility = volatility * slow_volatility(random, rows, 0.25)
    return _LOG_INDEX + np.cumsum(drift + volatility * shocks(random, (rows,)))


def coin_paths(random: np.random.Generator, days: int, coins: int) -> Float:
    """Logs of prices, float64 (days, coins), BTC in the first column.

    An alt is BTC times a factor whose expected return is a little below zero, so that nothing
    foretells which of the two does better.
    """
    bear = regimes(random, days, (420, 240))
    drift = np.array([1.05, -0.75])[bear] / 365
    market = np.array([0.58, 0.75])[bear] * slow_volatility(random, days, 0.3) / np.sqrt(365)
    btc = np.cumsum(drift + market * shocks(random, (days,)))
    common = 0.40 * slow_volatility(random, days, 0.3) / np.sqrt(365)
    own = random.uniform(0.45, 0.75, coins - 1) / np.sqrt(365)
    own_days = own * slow_volatility(random, days, 0.3)[:, None]
    steps = common[:, None] * shocks(random, (days,))[:, None]
    steps = steps + own_days * shocks(random, (days, coins - 1))
    steps -= (common[:, None] ** 2 + own_days**2) / 2 + 0.05 / 365
    price = np.append(_LOG_BTC, random.uniform(*_LOG_PRICES, coins - 1))
    return price + np.column_stack([btc, btc[:, None] + np.cumsum(steps, axis=0)])


def collapse(days: int, last: int) -> Float:
    """What a dying coin adds to its log price: nothing, then a fall of some 97 % by `last`."""
    since = np.clip(np.arange(days) - (last - _COLLAPSE_DAYS), 0, _COLLAPSE_DAYS)
    return np.asarray(-0.3 * since, dtype=np.float64)


def supplies(random: np.random.Generator, log_price: Float, first: Int) -> Float:
    """Coins in circulation, float64 (N,): caps at listing are a spread of shares of BTC's."""
    btc = 16e6
    count = log_price.shape[1] - 1
    share = exp(random.uniform(*_LOG_SHARES, count))
    share[first[1:] > 0] *= 0.3  # newcomers start small
    at_listing = log_price[first[1:], 0] - log_price[first[1:], np.arange(1, count + 1)]
    return np.round(np.append(btc, btc * share * exp(at_listing)))


def stablecoin_cap(total: Float) -> Float:
    """The cap of a stablecoin that follows all the others' slowly, float64 (T,)."""
    window = 180
    padded = np.concatenate([np.zeros(1), np.cumsum(total)])
    row = np.arange(1, len(total) + 1)
    start = np.maximum(row - window, 0)
    return 0.04 * (padded[row] - padded[start]) / (row - start)


def planted_effect(
    log_price: Float, supply: Float, alive: Bool, fresh: Bool, effect: float
) -> Float:
    """What the effect adds to the log prices of all alts, float64 (days,).

    On a day that starts with a fresh breakout, and with the alts' share of all caps above its
    trailing mean, alts drift by `effect` a year more than BTC.
    """
    caps = np.where(alive, exp(log_price) * supply, 0.0)
    btc, alts = caps[:, 0], caps[:, 1:].sum(axis=1)
    rest = btc + stablecoin_cap(btc + alts)
    added = np.zeros(len(btc))
    level, factor, running = 0.0, 1.0, 0.0
    shares: list[float] = []
    daily = effect / 365
    daily_factor = float(exp(np.array([daily]))[0])
    for day, (alt, other, new) in enumerate(
        zip(alts.tolist(), rest.tolist(), fresh.tolist(), strict=True)
    ):
        # Only what was known when the day began: the shares up to yesterday.
        if new and len(shares) >= MEAN_DAYS and shares[-1] > running / MEAN_DAYS:
            level, factor = level + daily, factor * daily_factor
        added[day] = level
        boosted = alt * factor
        shares.append(boosted / (boosted + other))
        running += shares[-1] - (shares[-1 - MEAN_DAYS] if len(shares) > MEAN_DAYS else 0.0)
    return added


def bars(
    random: np.random.Generator, log_price: Float, volume: float, gap: float
) -> dict[str, Float]:
    """Open, high, low, close and volume whose closes follow `log_price`, float64 (T, N) each."""
    shape = log_price.shape
    step = np.diff(log_price, axis=0, prepend=log_price[:1])
    size = np.abs(step).mean(axis=0) + 1e-6
    opened = log_price - step + gap * random.standard_normal(shape)
    reach = 0.5 * size * np.abs(random.standard_normal((2, *shape)))
    high = np.maximum(opened, log_price) + reach[0]
    low = np.minimum(opened, log_price) - reach[1]
    traded = volume * exp(0.4 * random.standard_normal(shape) - log_price)
    traded *= 1 + 0.5 * np.abs(step) / size
    logs = {"open": opened, "high": high, "low": low, "close": log_price}
    out = {key: rounded(exp(values)) for key, values in logs.items()}
    # Rounding keeps the order of prices but for a last bit of `exp`.
    out["high"] = np.maximum(out["high"], np.maximum(out["open"], out["close"]))
    out["low"] = np.minimum(out["low"], np.minimum(out["open"], out["close"]))
    return out | {"volume": rounded(traded)}
