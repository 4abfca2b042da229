"""Daily prices and market caps of coins from Coin Metrics' community data, through its client."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from feeds.arrays import DAY, Float, Instant, instants
from feeds.errors import ProviderError
from feeds.formats.drafts import Draft, normalised
from feeds.libraries import version_of
from feeds.providers.answers import Answers
from feeds.providers.failures import NotOfferedError, UnreachableError
from feeds.providers.patience import Patience
from feeds.providers.protocol import Page, Request, in_order

_FIELDS = {"PriceUSD": "close", "CapMrktCurUSD": "market_cap"}
_EARLIEST = np.datetime64("2009-01-03")


class CoinMetrics:
    """Coin Metrics: the row dated D holds the close of D and the cap at that price.

    Parameters
    ----------
    patience : Patience
    timeout_seconds : float
    key : str
        Of a paid plan; the community data need none.
    rows_a_page : int
        At most 10,000.
    """

    vendor = "coinmetrics"

    def __init__(
        self,
        patience: Patience,
        timeout_seconds: float,
        key: str = "",
        rows_a_page: int = 10_000,
    ) -> None:
        from coinmetrics.api_client import CoinMetricsClient

        from feeds.providers.requests_session import WatchedSession

        self.version = f"coinmetrics-api-client {version_of('coinmetrics-api-client')}"
        self._patience = patience
        self._rows_a_page = rows_a_page
        self._answers = Answers()
        self._session = WatchedSession(self.vendor, self._answers, timeout_seconds)
        self._client = CoinMetricsClient(api_key=key, session=self._session, max_retries=0)

    def fetch(self, request: Request, since: Instant | None, now: Instant) -> Iterator[Page]:
        """Close and market cap in dollars from `since` on, a page for each answer.

        Raises
        ------
        NotOfferedError
            For a coin, or a field of it, that is not part of the community data.
        ProviderError
            For a vendor that cannot be reached, or refuses.
        """
        if request.frequency != "1d":
            raise NotOfferedError(
                f"{request.key}: only daily rows are fetched; write coinmetrics/{request.id}/1d"
            )
        return in_order(self._pages(request, _EARLIEST if since is None else since, now))

    def close(self) -> None:
        """Hang up."""
        self._session.close()

    def _pages(self, request: Request, start: Instant, now: Instant) -> Iterator[Page]:
        while True:
            since = np.datetime64(start, "D")
            rows = self._patience.ask(partial(self._rows, request, since, now))
            if not rows:
                return
            time = instants([row["time"][:10] for row in rows])
            fields = {ours: _numbers(request, rows, theirs) for theirs, ours in _FIELDS.items()}
            if time.min() + DAY > now:
                return  # a single day, which is still under way
            draft = Draft(
                source=request.key,
                key=request.key,
                stamp="day_start",
                time=time,
                fields=fields,
                closes_at=instants(time + DAY),
                notes={"currency": "USD"},
            )
            asked = {"asset": request.id, "metrics": ",".join(_FIELDS)}
            yield Page(normalised(draft, now), self._answers.take(), ".json", asked)
            if len(rows) < self._rows_a_page:
                return
            start = time.max() + DAY

    def _rows(self, request: Request, since: Instant, now: Instant) -> list[dict[str, Any]]:
        from requests import HTTPError

        self._answers.take()
        try:
            asked = self._client.get_asset_metrics(
                assets=request.id,
                metrics=list(_FIELDS),
                frequency="1d",
                start_time=str(since),
                end_time=str(np.datetime64(now, "D")),
                page_size=self._rows_a_page,
                paging_from="start",
                format="json",
            )
            return list(asked.first_page())
        except HTTPError as error:
            reason = " ".join(str(error).split())[:300]
            status = error.response.status_code if error.response is not None else 0
            family = NotOfferedError if status in (400, 403, 404) else UnreachableError
            raise family(f"{request.key}: Coin Metrics says: {reason}") from None


def _numbers(request: Request, rows: list[dict[str, Any]], name: str) -> Float:
    """One column of an answer, whose numbers are text; NaN where there is none."""
    try:
        return np.array([float(row.get(name) or "nan") for row in rows])
    except ValueError as error:
        raise ProviderError(
            f"{request.key}: {name} of Coin Metrics is no number: {error}"
        ) from None
