"""Binance's public spot API: exchangeInfo and klines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.servers.proxy import Answer, Question, as_json

HOST = "api.binance.com"
DAY = 86_400_000
LENGTHS = {"1h": 3_600_000, "4h": 4 * 3_600_000, "1d": DAY, "1w": 7 * DAY}

Kline = list[object]


def klines(start: str, closes: Sequence[float], length: str = "1d") -> list[Kline]:
    """Rows of twelve cells: epochs in ms, prices and volumes as text, open 1 below the close."""
    import numpy as np

    first = int(np.datetime64(start, "ms").astype(np.int64))
    step = LENGTHS[length]
    rows: list[Kline] = []
    for place, close in enumerate(closes):
        opened = first + place * step
        prices = (close - 1, close + 2, close - 3, close)
        cells = [f"{price:.8f}" for price in prices]
        rows.append(
            [opened, *cells, "12.50000000", opened + step - 1, "100.0", 7, "6.0", "48.0", "0"]
        )
    return rows


@dataclass
class Binance:
    """Markets by name, each with its klines and its status.

    Attributes
    ----------
    most : int
        The most rows in one answer, whatever is asked for.
    """

    markets: dict[str, list[Kline]]
    status: dict[str, str] = field(default_factory=dict)
    most: int = 1000

    def __call__(self, question: Question) -> Answer:
        if question.path == "/api/v3/exchangeInfo":
            return as_json({"symbols": [self._symbol(name) for name in self.markets]})
        if question.path == "/api/v3/klines":
            return self._klines(question)
        return as_json({"code": -1, "msg": f"no such path {question.path}"}, 404)

    def _klines(self, question: Question) -> Answer:
        query = question.query
        rows = self.markets.get(query["symbol"])
        if rows is None or self.status.get(query["symbol"]) == "GONE":
            return as_json({"code": -1121, "msg": "Invalid symbol."}, 400)
        limit = min(int(query.get("limit", 500)), self.most)
        if "startTime" not in query:
            return as_json(rows[-limit:])
        found = [row for row in rows if int(str(row[0])) >= int(query["startTime"])]
        return as_json(found[:limit])

    def _symbol(self, name: str) -> dict[str, object]:
        base = name.removesuffix("USDT")
        return {
            "symbol": name,
            "status": self.status.get(name, "TRADING"),
            "baseAsset": base,
            "baseAssetPrecision": 8,
            "quoteAsset": "USDT",
            "quotePrecision": 8,
            "orderTypes": ["LIMIT", "MARKET"],
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "permissions": ["SPOT"],
            "filters": [
                {
                    "filterType": "PRICE_FILTER",
                    "minPrice": "0.01000000",
                    "maxPrice": "1000000.00000000",
                    "tickSize": "0.01000000",
                },
                {
                    "filterType": "LOT_SIZE",
                    "minQty": "0.00001000",
                    "maxQty": "9000.00000000",
                    "stepSize": "0.00001000",
                },
            ],
        }
