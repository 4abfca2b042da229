"""Daily prices and market caps of coins from CoinGecko, through pycoingecko."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from feeds.arrays import DAY, Float, Instant, Instants, instants, text
from feeds.errors import ProviderError
from feeds.formats.drafts import Draft, normalised
from feeds.libraries import version_of
from feeds.providers.answers import Answers
from feeds.providers.failures import NotOfferedError, UnreachableError
from feeds.providers.patience import Patience
from feeds.providers.protocol import Page, Request

_FIELDS = {"prices": "close", "market_caps": "market_cap", "total_volumes": "volume"}
_EARLIEST = np.datetime64("2013-04-28")
"""The first day CoinGecko has."""
_FREE_DAYS = 364
"""What the free plan gives, less the day under way."""


class CoinGecko:
    """CoinGecko: the row dated D is the snapshot at 00:00 UTC of D, that is the close of D-1.

    Parameters
    ----------
    patience : Patience
    timeout_seconds : float
    key, demo_key : str
        Of a paid plan, or of the free one; without either the limits are tighter.
    """

    vendor = "coingecko"

    def __init__(
        self, patience: Patience, timeout_seconds: float, key: str = "", demo_key: str = ""
    ) -> None:
        from pycoingecko import CoinGeckoAPI

        from feeds.providers.requests_session import WatchedSession

        self.version = f"pycoingecko {version_of('pycoingecko')}"
        self._patience = patience
        self._answers = Answers()
        self._paid = bool(key)
        self._client = CoinGeckoAPI(api_key=key, retries=0, demo_api_key=demo_key)
        self._client.session.close()  # it would try again by itself
        self._session = WatchedSession(self.vendor, self._answers, timeout_seconds)
        self._client.session = self._session

    def fetch(self, request: Request, since: Instant | None, now: Instant) -> Iterator[Page]:
        """Close, market cap and volume in dollars from `since` on, in one page.

        Raises
        ------
        NotOfferedError
            For a coin that CoinGecko does not have, and for days that its free plan keeps back.
        ProviderError
            For a vendor that cannot be reached, or refuses.
        """
        if request.frequency != "1d":
            raise NotOfferedError(
                f"{request.key}: only daily rows are fetched; write coingecko/{request.id}/1d"
            )
        free = np.datetime64(now, "D") - _FREE_DAYS * DAY
        start = (_EARLIEST if self._paid else free) if since is None else since
        if start < free and not self._paid:
            raise NotOfferedError(
                f"{request.key}: CoinGecko's free plan gives the last 365 days, and {text(start)} "
                f"is before them. Ask from {text(free)} on, or set COINGECKO_API_KEY to the key "
                "of a paid plan; coinmetrics/ID/1d has full histories of market caps for free"
            )
        found = self._patience.ask(lambda: self._chart(request, start, now))
        time, fields = _table(request, found)
        notes = {"currency": "USD", "rows": "a row is the close of the day before"}
        draft = Draft(request.key, request.key, "instant", time, fields, notes=notes)
        asked = {"coin": request.id, "currency": "usd", "interval": "daily"}
        yield Page(normalised(draft, now), self._answers.take(), ".json", asked)

    def close(self) -> None:
        """Hang up."""
        self._session.close()

    def _chart(self, request: Request, start: Instant, now: Instant) -> dict[str, Any]:
        self._answers.take()
        first, last = (int(np.datetime64(time, "s").astype(np.int64)) for time in (start, now))
        try:
            found: dict[str, Any] = self._client.get_coin_market_chart_range_by_id(
                id=request.id,
                vs_currency="usd",
                from_timestamp=first,
                to_timestamp=last,
                interval="daily",
                precision="full",
            )
        except ValueError as error:  # the vendor's own words, as JSON
            reason = _reason(error.args[0] if error.args else "")
            if "not found" in reason.lower():
                raise NotOfferedError(f"{request.key}: CoinGecko says: {reason}") from None
            raise UnreachableError(f"{request.key}: CoinGecko refuses: {reason}") from None
        return found


def _table(request: Request, found: dict[str, Any]) -> tuple[Instants, dict[str, Float]]:
    """Labels and fields; the price of this moment, which ends every answer, is left out.

    Raises
    ------
    NotOfferedError
        For an answer without rows.
    ProviderError
        For rows that are not one a day, or fields that do not fit each other.
    """
    try:
        columns = {
            ours: np.array(found[theirs], dtype=np.float64).reshape(-1, 2)
            for theirs, ours in _FIELDS.items()
        }
        close = columns["close"]
        same = all(np.array_equal(table[:, 0], close[:, 0]) for table in columns.values())
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ProviderError(
            f"{request.key}: CoinGecko's answer has another form ({type(error).__name__}: {error})"
        ) from None
    time = instants(close[:, 0].astype(np.int64).astype("datetime64[ms]"))
    midnight = time == time.astype("datetime64[D]")
    if not same or not midnight[:-1].all():
        raise ProviderError(f"{request.key}: CoinGecko's answer is not one row a day at 00:00 UTC")
    if not midnight.any():
        raise NotOfferedError(f"{request.key}: CoinGecko has no rows in these days")
    return time[midnight], {name: table[midnight, 1] for name, table in columns.items()}


def _reason(said: Any) -> str:
    """The sentence in an answer such as `{"error": {"status": {"error_message": ...}}}`."""
    while isinstance(said, dict) and said:
        said = said.get("error_message") or said.get("error") or next(iter(said.values()))
    return str(said)[:300]
