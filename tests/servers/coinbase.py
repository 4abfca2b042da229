"""Coinbase Exchange's public API: an answer covers a stretch of 300 bars, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tests.servers.proxy import Answer, Question, as_json

HOST = "api.exchange.coinbase.com"


@dataclass
class Coinbase:
    """Daily closes by product and day."""

    products: Mapping[str, Mapping[str, float]]

    def __call__(self, question: Question) -> Answer:
        if question.path == "/currencies":
            return as_json([])
        if question.path == "/products":
            return as_json([_product(name) for name in self.products])
        product = question.path.split("/")[2]
        rows = []
        for day, close in self.products[product].items():
            opened = int(np.datetime64(day, "s").astype(np.int64))
            rows.append([opened, close - 3, close + 2, close - 1, close, 12.5])
        if "start" in question.query:
            first, last = (_seconds(question.query[key]) for key in ("start", "end"))
            rows = [row for row in rows if first <= row[0] <= last]
        return as_json(rows[::-1][:300])


def _seconds(text: str) -> int:
    return int(np.datetime64(text.removesuffix("Z"), "s").astype(np.int64))


def _product(name: str) -> dict[str, object]:
    base, quote = name.split("-")
    return {
        "id": name,
        "base_currency": base,
        "quote_currency": quote,
        "quote_increment": "0.01",
        "base_increment": "0.00000001",
        "display_name": f"{base}/{quote}",
        "min_market_funds": "1",
        "post_only": False,
        "limit_only": False,
        "cancel_only": False,
        "trading_disabled": False,
        "status": "online",
        "status_message": "",
    }
