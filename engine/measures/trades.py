"""Closed trades: how often they win, how much, how long they last.

`pnl` is money net of all costs, float64 (n,), `held` the bars that each was held, in the order in
which they were closed. A trade within 1e-12 of 0 neither wins nor loses, but counts.
"""

from __future__ import annotations

import math

import numpy as np

from engine.measures.bars import (
    avg_loss,
    avg_win,
    gains,
    hit_rate_all,
    hit_rate_nonzero,
    longest_loss_streak,
    longest_win_streak,
    losses,
    lost,
    moved,
    over,
    won,
)
from engine.measures.checks import checked_numbers
from engine.measures.moments import NAN, deviation, mean, varies
from feeds.arrays import Float
from feeds.errors import DataError

_MOST_SQN = 100
_BEST = 5


def win_rate(pnl: Float) -> float:
    """Winning trades over all trades."""
    return hit_rate_all(pnl)


def win_rate_excl_breakeven(pnl: Float) -> float:
    """Winning trades over winning and losing trades."""
    return hit_rate_nonzero(pnl)


def profit_factor(pnl: Float) -> float:
    """Gross profit over gross loss."""
    return over(gains(pnl), losses(pnl))


def payoff_ratio(pnl: Float) -> float:
    """Mean win over mean loss."""
    return over(avg_win(pnl), -avg_loss(pnl))


def expectancy_from_rates(pnl: Float) -> float:
    """Win rate times mean win plus loss rate times mean loss: equals the mean, `expectancy`."""
    return over(gains(pnl) - losses(pnl), float(len(pnl)))


def sqn_ddof1(pnl: Float) -> float:
    """System quality number: sqrt(n) times mean over standard deviation (Tharp)."""
    return math.sqrt(len(pnl)) * mean(pnl) / deviation(pnl) if varies(pnl) else NAN


def sqn_ddof0_backtrader(pnl: Float) -> float:
    """`sqn_ddof1` with ddof 0, as backtrader has it."""
    count = len(pnl)
    return sqn_ddof1(pnl) * math.sqrt(count / (count - 1)) if count > 1 else NAN


def sqn_capped_100(pnl: Float) -> float:
    """`sqn_ddof1` as if there were at most 100 trades, Tharp's own."""
    count = len(pnl)
    return sqn_ddof1(pnl) * math.sqrt(min(count, _MOST_SQN) / count) if count else NAN


def kelly_discrete(pnl: Float) -> float:
    """Kelly's fraction of a bet on each trade, p - (1 - p) / payoff; at most 0 means no bet."""
    chance = win_rate(pnl)
    return chance - over(1.0 - chance, payoff_ratio(pnl))


def best_5_share_of_profit(pnl: Float) -> float:
    """Share of the gross profit that the best five winning trades made."""
    return over(gains(np.sort(pnl)[-_BEST:]), gains(pnl))


def trade_statistics(pnl: Float, held: Float) -> dict[str, float]:
    """Every figure of closed trades by its id; NaN where it is undefined.

    Parameters
    ----------
    pnl : float64 (n,)
    held : float64 (n,)
        Bars.

    Raises
    ------
    DataError
        For anything but two rows of finite numbers, one of each per trade.
    """
    pnl, held = checked_numbers(pnl, "the profits"), checked_numbers(held, "the bars held")
    if pnl.ndim != 1 or pnl.shape != held.shape:
        raise DataError(f"profits {pnl.shape} and bars held {held.shape}; give one each per trade")
    bad = np.flatnonzero(~(np.isfinite(pnl) & np.isfinite(held)))
    if len(bad):
        place = int(bad[0])
        raise DataError(f"the trade at place {place} made {pnl[place]} over {held[place]} bars")
    winning, losing = won(pnl), lost(pnl)
    return {
        "n_trades": float(len(pnl)),
        "n_wins": float(np.count_nonzero(winning)),
        "n_losses": float(np.count_nonzero(losing)),
        "n_breakeven": float(len(pnl) - np.count_nonzero(moved(pnl))),
        "net_profit": float(np.add.reduce(pnl)),
        "gross_profit": gains(pnl),
        "gross_loss": -losses(pnl),
        "win_rate": win_rate(pnl),
        "win_rate_excl_breakeven": win_rate_excl_breakeven(pnl),
        "profit_factor": profit_factor(pnl),
        "avg_win": avg_win(pnl),
        "avg_loss": avg_loss(pnl),
        "payoff_ratio": payoff_ratio(pnl),
        "expectancy": mean(pnl),
        "expectancy_from_rates": expectancy_from_rates(pnl),
        "expectancy_R_avgloss": over(mean(pnl), -avg_loss(pnl)),
        "sqn_ddof1": sqn_ddof1(pnl),
        "sqn_ddof0_backtrader": sqn_ddof0_backtrader(pnl),
        "sqn_capped_100": sqn_capped_100(pnl),
        "t_stat_mean": sqn_ddof1(pnl),
        "kelly_discrete": kelly_discrete(pnl),
        "largest_win": float(np.maximum.reduce(pnl[winning])) if winning.any() else NAN,
        "largest_loss": float(np.minimum.reduce(pnl[losing])) if losing.any() else NAN,
        "max_consecutive_wins": longest_win_streak(pnl),
        "max_consecutive_losses": longest_loss_streak(pnl),
        "best_5_share_of_profit": best_5_share_of_profit(pnl),
        "avg_holding_bars": mean(held),
        "avg_holding_bars_wins": mean(held[winning]),
        "avg_holding_bars_losses": mean(held[losing]),
    }
