"""The page: all blocks in order, in one document without scripts or requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.tearsheet.calendar import drawdowns_block, months_block, years_block
from engine.tearsheet.contributions import contributions_block
from engine.tearsheet.details import origin_block, statistics_block
from engine.tearsheet.document import document
from engine.tearsheet.drawn import allocation_block, equity_block, signals_block, underwater_block
from engine.tearsheet.key_figures import key_figures_block
from engine.tearsheet.markup import Html, joined, note, tag
from engine.tearsheet.opening import (
    simulated_banner,
    title_block,
    verdict_block,
    warnings_block,
)
from engine.tearsheet.rolling import rolling_block
from engine.tearsheet.standing import standing_block
from engine.tearsheet.trades import decisions_block, orders_block, targets_block
from engine.tearsheet.trading import trading_block
from engine.tearsheet.vector import drawing

if TYPE_CHECKING:
    from engine.result import Result

_BLOCKS = (
    verdict_block,
    warnings_block,
    standing_block,
    key_figures_block,
    equity_block,
    underwater_block,
    signals_block,
    allocation_block,
    months_block,
    years_block,
    drawdowns_block,
    rolling_block,
    contributions_block,
    targets_block,
    decisions_block,
    trading_block,
    orders_block,
    statistics_block,
    origin_block,
)


def page(result: Result) -> str:
    """The whole document; equal results give equal text."""
    with drawing():
        blocks = [block(result) for block in _BLOCKS]
    body = joined([simulated_banner(result), title_block(result), *blocks, _footer(result)])
    return document(f"{result.name} - tear sheet", body, simulated=result.simulated)


def _footer(result: Result) -> Html:
    text = (
        "All times are UTC. Returns are net of fees and slippage, marked at bar closes, with the "
        "start capital as the first point. A backtest is not a forecast. The numbers behind this "
        "page: equity.csv, decisions.csv, orders.csv, positions.csv, statistics.json."
    )
    return tag("footer", note(("Prices are simulated. " if result.simulated else "") + text))
