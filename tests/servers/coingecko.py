"""CoinGecko's API: the chart of a coin within a range, and the limit of its free plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.servers.proxy import Answer, Question, as_json

HOST, PAID_HOST = "api.coingecko.com", "pro-api.coingecko.com"
DAY = 86_400_000


@dataclass
class CoinGecko:
    """One close a day for each coin, from the first day on; ends with the price of this moment."""

    coins: dict[str, tuple[str, Sequence[float]]]
    now: str

    def __call__(self, question: Question) -> Answer:
        *_, coin, chart, kind = question.path.split("/")
        assert (chart, kind) == ("market_chart", "range")
        if coin not in self.coins:
            return as_json({"error": "coin not found"}, 404)
        now = int(np.datetime64(self.now, "ms").astype(np.int64))
        first = int(question.query["from"]) * 1000
        if question.host == HOST and first < now - 366 * DAY:
            message = "Your request exceeds the allowed time range. Public API users are limited"
            status = {"error_code": 10012, "error_message": message}
            return as_json({"error": {"status": status}}, 401)
        start, closes = self.coins[coin]
        epoch = int(np.datetime64(start, "ms").astype(np.int64))
        last = int(question.query["to"]) * 1000
        prices = [[epoch + place * DAY, close] for place, close in enumerate(closes)]
        prices = [row for row in prices if first <= row[0] <= last]
        prices.append([last, closes[-1] + 0.25])
        return as_json(
            {
                "prices": prices,
                "market_caps": [[time, 10 * close] for time, close in prices],
                "total_volumes": [[time, 2 * close] for time, close in prices],
            }
        )
