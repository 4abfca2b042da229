"""Yahoo Finance: cookies, crumbs and charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from tests.servers.proxy import Answer, Loopback, Question, as_json

HOSTS = ("query1.finance.yahoo.com", "query2.finance.yahoo.com")
COOKIES = ("fc.yahoo.com", "guce.yahoo.com")

INDEX = {
    "currency": "USD",
    "exchangeName": "WCB",
    "fullExchangeName": "Cboe US",
    "instrumentType": "INDEX",
    "exchangeTimezoneName": "America/New_York",
    "timezone": "EST",
    "gmtoffset": -18000,
    "priceHint": 2,
    "validRanges": ["1d", "5d", "max"],
}
FUND = {**INDEX, "exchangeName": "PCX", "fullExchangeName": "NYSEArca", "instrumentType": "ETF"}
COIN = {
    **INDEX,
    "exchangeName": "CCC",
    "fullExchangeName": "CCC",
    "instrumentType": "CRYPTOCURRENCY",
    "exchangeTimezoneName": "UTC",
    "timezone": "UTC",
    "gmtoffset": 0,
}


@dataclass
class Chart:
    """One symbol: closes by date, None where Yahoo sends null; opens are 1 below.

    Attributes
    ----------
    opens_at : time
        Of a session, where the exchange is; Yahoo stamps a day with that.
    dividends, splits : mapping
        Amounts, and (numerator, denominator), by date.
    adjusted : mapping
        Adjusted closes that differ from the closes.
    """

    about: Mapping[str, object]
    closes: Mapping[str, float | None]
    opens_at: time = time(9, 30)
    dividends: Mapping[str, float] = field(default_factory=dict)
    splits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    adjusted: Mapping[str, float] = field(default_factory=dict)

    def epoch(self, day: str) -> int:
        zone = ZoneInfo(str(self.about["exchangeTimezoneName"]))
        return int(datetime.combine(date.fromisoformat(day), self.opens_at, zone).timestamp())

    def said(self, symbol: str, first: int, last: int) -> dict[str, object]:
        days = [day for day in self.closes if first <= self.epoch(day) < last]
        closes = [self.closes[day] for day in days]
        quote = {
            "open": _each(closes, -1),
            "high": _each(closes, 2),
            "low": _each(closes, -3),
            "close": closes,
            "volume": [None if close is None else 1000 + i for i, close in enumerate(closes)],
        }
        adjusted = [self.adjusted.get(day, self.closes[day]) for day in days]
        out: dict[str, object] = {
            "meta": {"symbol": symbol, **self.about},
            "timestamp": [self.epoch(day) for day in days],
            "indicators": {"quote": [quote], "adjclose": [{"adjclose": adjusted}]},
            "events": self._events(days),
        }
        return out

    def _events(self, days: Sequence[str]) -> dict[str, object]:
        dividends = {
            str(self.epoch(day)): {"amount": amount, "date": self.epoch(day)}
            for day, amount in self.dividends.items()
            if day in days
        }
        splits = {
            str(self.epoch(day)): {
                "date": self.epoch(day),
                "numerator": ratio[0],
                "denominator": ratio[1],
                "splitRatio": f"{ratio[0]}:{ratio[1]}",
            }
            for day, ratio in self.splits.items()
            if day in days
        }
        return {"dividends": dividends, "splits": splits}


def _each(closes: Sequence[float | None], step: float) -> list[float | None]:
    return [None if close is None else close + step for close in closes]


@dataclass
class Yahoo:
    """Charts by symbol."""

    charts: dict[str, Chart]

    def play(self, loopback: Loopback) -> None:
        for host in (*HOSTS, *COOKIES):
            loopback.play(host, self)

    def __call__(self, question: Question) -> Answer:
        if question.host in COOKIES:
            headers = {
                "Set-Cookie": "A3=d=abc; Domain=.yahoo.com; Path=/; Max-Age=31536000; Secure"
            }
            return Answer(b"", 404, headers, form="text/html")
        if question.path == "/v1/test/getcrumb":
            return Answer(b"Cr.umb", form="text/plain")
        symbol = question.path.rpartition("/")[2]
        if not question.path.startswith("/v8/finance/chart/") or symbol not in self.charts:
            error = {
                "code": "Not Found",
                "description": "No data found, symbol may be delisted",
            }
            return as_json({"chart": {"result": None, "error": error}}, 404)
        first = int(question.query.get("period1", -(2**40)))
        last = int(question.query.get("period2", 2**40))
        said = self.charts[symbol].said(symbol, first, last)
        return as_json({"chart": {"result": [said], "error": None}})
