"""Daily bars of indices, funds, shares and crypto pairs from Yahoo, through yfinance."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from feeds.arrays import Float, Instant, instants, text
from feeds.calendars import ALWAYS, Stamp
from feeds.errors import ProviderError
from feeds.formats.drafts import Draft, normalised
from feeds.libraries import version_of
from feeds.providers.answers import Answers
from feeds.providers.failures import NotOfferedError, PassingError
from feeds.providers.patience import Patience
from feeds.providers.protocol import Page, Request

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Volume": "volume",
    "Adj Close": "adj_close",
    "Dividends": "dividends",
    "Stock Splits": "splits",
    "Capital Gains": "capital_gains",
}
_PRICES = ("Open", "High", "Low", "Close", "Adj Close")
_EARLIEST = np.datetime64("1927-01-01")
"""Before the first row of the oldest index."""
_CALENDARS = {
    "America/New_York": "XNYS",
    "America/Chicago": "XCBF",  # indices of the Cboe, told until 16:15 New York time: ^VIX, ^TNX
    "America/Toronto": "XTSE",
    "Asia/Hong_Kong": "XHKG",
    "Asia/Seoul": "XKRX",
    "Asia/Shanghai": "XSHG",
    "Asia/Tokyo": "XTKS",
    "Australia/Sydney": "XASX",
    "Europe/Amsterdam": "XAMS",
    "Europe/Berlin": "XETR",
    "Europe/London": "XLON",
    "Europe/Paris": "XPAR",
    "Europe/Zurich": "XSWX",
}
"""Exchange calendars by the zone that Yahoo names for a share, a fund or an index."""
_ABOUT = ("currency", "instrumentType", "exchangeTimezoneName", "fullExchangeName")
"""What is read of the rest of an answer; one more key would be fetched on its own."""
_ON_EXCHANGES = frozenset({"EQUITY", "ETF", "INDEX", "MUTUALFUND"})


class Yahoo:
    """Yahoo Finance.

    Parameters
    ----------
    patience : Patience
    timeout_seconds : float
    """

    vendor = "yahoo"

    def __init__(self, patience: Patience, timeout_seconds: float) -> None:
        from feeds.providers.curl_session import WatchedSession

        self.version = f"yfinance {version_of('yfinance')}"
        self._patience = patience
        self._timeout_seconds = timeout_seconds
        self._answers = Answers()
        self._session = WatchedSession(self._answers, timeout_seconds)

    def fetch(self, request: Request, since: Instant | None, now: Instant) -> Iterator[Page]:
        """All rows from `since` on, in one page: open to volume, adj_close, dividends and splits.

        Raises
        ------
        NotOfferedError
            For a symbol that Yahoo does not have, in its own words, and for a market whose
            calendar is not known.
        ProviderError
            For a vendor that cannot be reached, or refuses.
        """
        if request.frequency != "1d":
            raise NotOfferedError(
                f"{request.key}: only daily bars are fetched; write yahoo/{request.id}/1d"
            )
        since = _EARLIEST if since is None else np.datetime64(since, "D")
        rows, about = self._patience.ask(lambda: self._history(request.id, since))
        if not len(rows):
            raise NotOfferedError(f"{request.key}: Yahoo has no rows from {text(since)} on")
        calendar, stamp = _clock(request, about)
        draft = Draft(
            source=request.key,
            key=request.key,
            stamp=stamp,
            time=instants([str(label.date()) for label in rows.index]),  # sessions, on their clock
            fields=_fields(rows),
            calendar=calendar,
            notes={
                "currency": str(about.get("currency", "")),
                "adjustment": "all but adj_close for splits only, adj_close for dividends as well",
            },
        )
        asked = {"symbol": request.id, "interval": "1d"}
        yield Page(normalised(draft, now), self._answers.newest(), ".json", asked)

    def close(self) -> None:
        """Hang up."""
        self._session.close()

    def _history(self, symbol: str, since: Instant) -> tuple[pd.DataFrame, Mapping[str, Any]]:
        import yfinance
        from yfinance.exceptions import YFException, YFRateLimitError, YFTickerMissingError

        # Errors are raised, not printed, and there is one place that tries again.
        yfinance.config.debug.hide_exceptions = False
        yfinance.config.network.retries = 0
        try:
            with warnings.catch_warnings():
                # The library's own use of pandas, nothing that its caller could mend.
                warnings.simplefilter("ignore")
                ticker = yfinance.Ticker(symbol, session=self._session)
                rows = ticker.history(
                    period=None,
                    interval="1d",
                    start=str(since),
                    end=None,
                    prepost=False,
                    actions=True,
                    auto_adjust=False,
                    back_adjust=False,
                    repair=False,
                    keepna=True,
                    rounding=False,
                    timeout=self._timeout_seconds,
                    raise_errors=False,
                )
                about = ticker.history_metadata
                return rows, {name: about.get(name) for name in _ABOUT}
        except YFRateLimitError as error:
            raise PassingError(str(error)) from None
        except YFTickerMissingError as error:
            raise NotOfferedError(f"yahoo: {symbol}: {error.rationale}") from None
        except YFException as error:
            raise ProviderError(f"yahoo: {symbol}: {error}") from None
        except (KeyError, TypeError, IndexError) as error:
            # JSON, but not of the form that yfinance knows.
            raise ProviderError(
                f"yahoo: {symbol}: the answer lacks what yfinance {version_of('yfinance')} reads "
                f"({type(error).__name__}: {error}); a newer yfinance may know it"
            ) from error


def _clock(request: Request, about: Mapping[str, Any]) -> tuple[str, Stamp]:
    """The calendar and the stamp of what was traded."""
    kind, zone = about.get("instrumentType"), str(about.get("exchangeTimezoneName"))
    if request.calendar is not None:
        calendar = request.calendar
    elif kind == "CRYPTOCURRENCY":
        calendar = ALWAYS
    elif kind in _ON_EXCHANGES and zone in _CALENDARS:
        calendar = _CALENDARS[zone]
    else:
        raise NotOfferedError(
            f"{request.key}: Yahoo calls it {kind} at {about.get('fullExchangeName')} ({zone}), "
            "and when that closes is not known here; name its calendar, such as XNYS"
        )
    return calendar, "day_start" if calendar == ALWAYS else "session_close"


def _fields(rows: pd.DataFrame) -> dict[str, Float]:
    """Columns by our names; yfinance writes volume 0 into rows that Yahoo left empty."""
    empty = rows[[name for name in _PRICES if name in rows]].isna().all(axis=1).to_numpy()
    fields = {}
    for theirs, ours in _COLUMNS.items():
        if theirs in rows:
            values = rows[theirs].to_numpy(dtype=np.float64, copy=True)
            values[empty] = np.nan
            fields[ours] = values
    return fields
