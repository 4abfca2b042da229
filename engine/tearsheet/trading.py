"""Closed trades, exposure, turnover and costs as one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.tearsheet.markup import Html, band, block, note, table
from engine.tearsheet.rows import Row, basis_cell, own_basis, written
from engine.wording import amount, money, percent, ratio

if TYPE_CHECKING:
    from engine.result import Result


def _whole(value: float) -> str:
    return ratio(value, 0)


def _finely(value: float) -> str:
    return percent(value, 2)


_TRADES = (
    Row("Trades", "n_trades", _whole),
    Row("Winning trades", "win_rate", percent),
    Row("Profit factor", "profit_factor", ratio),
    Row("Mean win over mean loss", "payoff_ratio", ratio),
    Row("Expectancy, money per trade", "expectancy", money),
    Row("System quality (SQN)", "sqn_ddof1", ratio),
    Row("Mean holding, bars", "avg_holding_bars", lambda value: ratio(value, 1)),
    Row("Largest win", "largest_win", money),
    Row("Largest loss", "largest_loss", money),
    Row("Share of gross profit of the best 5", "best_5_share_of_profit", percent),
    Row("Most wins in a row", "max_consecutive_wins", _whole),
    Row("Most losses in a row", "max_consecutive_losses", _whole),
)
_OPEN = (
    Row("Open positions", "open_positions", _whole),
    Row("\N{EM SPACE}their profit", "open_profit", money),
)
_STILL = "held at the last close, no trade yet; at its mark"
_EXPOSURE = (
    Row("Time invested", "exposure_time_fraction", percent),
    Row("Mean exposure", "avg_gross_exposure", percent),
)
_COSTS = (
    Row("Turnover, one way", "one_way_turnover", ratio),
    Row("\N{EM SPACE}a year", "ann_one_way_turnover", ratio),
    Row("Fees", "fees", money),
    Row("Slippage", "slippage", money),
    Row("Costs a year, of mean NAV", "ann_cost", _finely),
    Row("Break-even cost", "break_even_cost", _finely),
    Row("Profit before costs", "profit_before_costs", money),
)


def trading_block(result: Result) -> Html:
    """What was traded, how much was held, and what it cost, each with its basis."""
    closed = result.statistics["n_trades"].basis
    rows: list[Sequence[str]] = [
        band(closed, 3),
        *_rows(result, _TRADES, closed),
        band(f"{_STILL[0].upper()}{_STILL[1:]}", 3),
        *_rows(result, _OPEN, _STILL),
        band("Exposure", 3),
        *_rows(result, _EXPOSURE, ""),
        band("Turnover and costs", 3),
        *_rows(result, _COSTS, ""),
        ["Profit after costs", money(float(result.nav[-1]) - result.start_cash), ""],
    ]
    turnover, cost = result.value("ann_one_way_turnover"), result.value("ann_cost")
    paid = money(result.value("fees") + result.value("slippage"))
    lead = (
        f"Trading cost {paid} in all, {percent(cost, 2)} of NAV a year, for a one-way turnover of "
        f"{ratio(turnover, 1)} times NAV a year."
    )
    parts = [table([], rows, css="figures"), note(assumed(result))]
    return block("trading", "Trades, exposure and costs", *parts, lead=lead)


def _rows(result: Result, rows: Sequence[Row], common: str) -> list[Sequence[str]]:
    return [
        [title, written(result, key, write), basis_cell(own_basis(result, key, common))]
        for title, key, write in rows
    ]


def assumed(result: Result) -> str:
    """What the config assumes a fill to cost."""
    spec = result.experiment.get("execution", {})
    fee, slip = (spec.get(key) for key in ("fee_bps", "slippage_bps"))
    if fee is None or slip is None:
        return "Fills are at the next open of the asset itself."
    return (
        f"Assumed: a fee of {amount(float(fee))} and slippage of {amount(float(slip))} basis "
        "points on every fill, at the next open of the asset itself."
    )
