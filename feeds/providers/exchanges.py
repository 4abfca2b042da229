"""Bars of any exchange that ccxt knows, by the exchange's own names of markets."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from feeds.arrays import Instant, Instants, instants
from feeds.calendars import Stamp
from feeds.errors import ProviderError
from feeds.formats.drafts import Draft, normalised
from feeds.libraries import version_of
from feeds.providers.answers import Answers
from feeds.providers.failures import NotOfferedError, PassingError, UnreachableError
from feeds.providers.patience import Patience
from feeds.providers.protocol import Page, Request, in_order

_FIELDS = ("open", "high", "low", "close", "volume")
_EARLIEST = np.datetime64("2011-01-01", "ms")
"""Before the first bar of any exchange that is still asked."""
_OPTIONS: Mapping[str, Mapping[str, object]] = {
    # Three lists of markets otherwise, in which BTCUSDT means three different things. The others
    # are exchanges of their own in ccxt: binanceusdm, binancecoinm.
    "binance": {"fetchMarkets": {"types": ["spot"]}},
}

Found = TypeVar("Found")
Candle = list[float | None]


class Exchange:
    """One exchange, through ccxt.

    Parameters
    ----------
    vendor : str
        The id of the exchange in ccxt.
    patience : Patience
    timeout_seconds : float
    """

    def __init__(self, vendor: str, patience: Patience, timeout_seconds: float) -> None:
        import ccxt

        from feeds.providers.requests_session import WatchedSession

        self.vendor = vendor
        self.version = f"ccxt {version_of('ccxt')}"
        self._patience = patience
        self._answers = Answers()
        self._session = WatchedSession(vendor, self._answers, timeout_seconds)
        self._client = getattr(ccxt, vendor)(
            {
                "enableRateLimit": True,  # ccxt knows the pace each exchange allows
                "maxRetriesOnFailure": 0,
                "session": self._session,
                "options": dict(_OPTIONS.get(vendor, {})),
            }
        )

    def fetch(self, request: Request, since: Instant | None, now: Instant) -> Iterator[Page]:
        """Bars from `since` on that have closed at `now`, a page for each answer.

        Raises
        ------
        NotOfferedError
            For a market or a length of bars that the exchange does not have.
        UnreachableError
            For an exchange that cannot be reached, or does not say what it has.
        """
        return in_order(self._pages(request, since, now))

    def close(self) -> None:
        """Hang up."""
        self._session.close()

    def _pages(self, request: Request, since: Instant | None, now: Instant) -> Iterator[Page]:
        market = self._market(request)
        length = self._length(request)
        step = int(self._client.parse_timeframe(length)) * 1000
        limit = self._limit(market)
        start, end = _milliseconds(_EARLIEST if since is None else since), _milliseconds(now)
        newest: int | None = None
        first = True
        while start + step <= end:
            candles = self._candles(market, length, start, limit)
            if candles and candles[0][0] != start and not first:
                # Bars are missing where two pages meet: an outage of the exchange, or a short
                # page. Asking again tells which.
                candles = self._candles(market, length, start, limit) or candles
            if candles:
                first = False
                if int(candles[0][0] or 0) + step > end:
                    return  # a single bar, which is still open
                yield self._page(request, market, length, candles, now)
                start = int(candles[-1][0] or 0) + step
                continue
            # Nothing from here on, or nothing in the stretch that one answer covers.
            newest = newest or self._newest(market, length, limit)
            if newest is None or newest < start:
                return
            start += (limit or 100) * step

    def _market(self, request: Request) -> Mapping[str, Any]:
        """The market with the exchange's own name; on the spot, where there are several."""
        self._ask(self._client.load_markets, UnreachableError)
        named = self._client.markets_by_id.get(request.id)
        if not named:
            listed = {name.upper(): name for name in self._client.markets_by_id}
            near = difflib.get_close_matches(request.id.upper(), listed, n=1)
            hint = f"; did you mean {listed[near[0]]}?" if near else ""
            raise NotOfferedError(f"{request.key}: {self.vendor} lists no such market{hint}")
        return min(named, key=lambda market: market["type"] != "spot")

    def _length(self, request: Request) -> str:
        """The length of bars, as ccxt and we both write it: 1m, 4h, 1d, 1w."""
        # Months have no fixed length: days are to be added up.
        known = [name for name in self._client.timeframes or () if not name.endswith("M")]
        if request.frequency not in known:
            raise NotOfferedError(
                f"{request.key}: {self.vendor} has no bars of '{request.frequency}'; "
                f"it has {', '.join(known)}"
            )
        return request.frequency

    def _limit(self, market: Mapping[str, Any]) -> int | None:
        """The most bars in one answer, as far as ccxt knows."""
        limit = self._client.feature_value(market["symbol"], "fetchOHLCV", "limit", None)
        return int(limit) if limit else None

    def _candles(
        self, market: Mapping[str, Any], length: str, start: int | None, limit: int | None
    ) -> list[Candle]:
        """Bars that open at `start` or later; the answers before this one are forgotten."""
        self._answers.take()
        candles: list[Candle] = self._ask(
            lambda: self._client.fetch_ohlcv(
                market["symbol"], length, since=start, limit=limit, params={}
            )
        )
        # Some exchanges ignore the start and always give the newest bars.
        return [candle for candle in candles if start is None or (candle[0] or 0) >= start]

    def _newest(self, market: Mapping[str, Any], length: str, limit: int | None) -> int | None:
        candles = self._candles(market, length, None, limit)
        return max((int(candle[0] or 0) for candle in candles), default=None)

    def _page(
        self,
        request: Request,
        market: Mapping[str, Any],
        length: str,
        candles: list[Candle],
        now: Instant,
    ) -> Page:
        table = np.array(candles, dtype=np.float64)
        time = instants(table[:, 0].astype(np.int64).astype("datetime64[ms]"))
        closes = instants(time + np.timedelta64(int(self._client.parse_timeframe(length)), "s"))
        stamp = _stamp(length, time)
        notes = {"volume": "base currency" if market["spot"] else "contracts"}
        if market["active"] is False:
            notes["market"] = f"{self.vendor} lists it as not trading"
        draft = Draft(
            source=request.key,
            key=request.key,
            stamp=stamp,
            time=time,
            fields={name: table[:, place] for place, name in enumerate(_FIELDS, start=1)},
            known_at=closes if stamp == "release" else None,
            closes_at=closes,
            notes=notes,
        )
        asked = {"market": str(market["id"]), "bars": length}
        return Page(normalised(draft, now), self._answers.take(), ".json", asked)

    def _ask(
        self,
        question: Callable[[], Found],
        refusal: type[ProviderError] = NotOfferedError,
    ) -> Found:
        """Put a question to ccxt, whose families of errors become ours."""
        import ccxt

        def put() -> Found:
            try:
                return question()
            except ccxt.OperationFailed as error:  # busy, in maintenance, not reached
                raise PassingError(str(error)[:200]) from None
            except ccxt.BaseError as error:
                raise refusal(f"{self.vendor} refuses: {str(error)[:300]}") from None

        return self._patience.ask(put)


def _stamp(length: str, time: Instants) -> Stamp:
    """`day_start` or `hour_start` for bars on the grid of UTC, else `release`."""
    if length == "1h":
        return "hour_start"
    midnight = time == time.astype("datetime64[D]")
    return "day_start" if length == "1d" and bool(midnight.all()) else "release"


def _milliseconds(time: Instant) -> int:
    return int(np.datetime64(time, "ms").astype(np.int64))
