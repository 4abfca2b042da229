"""Coin Metrics' community API: metrics of an asset, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.servers.proxy import Answer, Question, as_json

HOST = "community-api.coinmetrics.io"


@dataclass
class CoinMetrics:
    """Price and market cap as text, by asset and day; None where there is none."""

    assets: Mapping[str, Mapping[str, tuple[str | None, str | None]]]

    def __call__(self, question: Question) -> Answer:
        query = question.query
        rows = self.assets.get(query["assets"])
        if rows is None:
            message = f"Bad parameter 'assets'. Value '{query['assets']}' is not supported."
            return as_json({"error": {"type": "bad_parameter", "message": message}}, 400)
        found = [
            {
                "asset": query["assets"],
                "time": f"{day}T00:00:00.000000000Z",
                "PriceUSD": price,
                "CapMrktCurUSD": cap,
            }
            for day, (price, cap) in rows.items()
            if query["start_time"] <= day <= query["end_time"]
        ]
        said: dict[str, object] = {"data": found[: int(query["page_size"])]}
        if len(found) > int(query["page_size"]):
            said["next_page_token"] = "0.MjAy"
        return as_json(said)
