"""Statistics of the Federal Reserve's FRED, in the vintages of their time, through fredapi."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from ssl import SSLCertVerificationError
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.error import URLError
from xml.etree import ElementTree

import numpy as np

from feeds.arrays import Bool, Float, Instant, Instants, Int, instants, text
from feeds.errors import ProviderError
from feeds.formats.drafts import Draft, normalised
from feeds.libraries import version_of
from feeds.providers.answers import Answers
from feeds.providers.failures import NotOfferedError, PassingError, UnreachableError
from feeds.providers.patience import Patience
from feeds.providers.protocol import Page, Request
from feeds.release_lags import release_instants

if TYPE_CHECKING:
    import pandas as pd

_NEW_YORK_DAY_ENDS = np.timedelta64(29, "h")
"""Midnight in New York is at 04:00 or 05:00 UTC of the next day: the later of the two."""
_NEW_KEY = (
    "fred: a key is needed, and free: register at https://fredaccount.stlouisfed.org/apikeys and "
    "set FRED_API_KEY to it"
)

Found = TypeVar("Found")
Dates = Instants


class Releases(NamedTuple):
    """Every value that was ever published: (R,) each, in order of publication, then of period."""

    published: Instants
    period: Instants
    value: Float

    def at(self, rows: Bool | Int) -> Releases:
        """The releases in these rows."""
        return Releases(self.published[rows], self.period[rows], self.value[rows])


class Fred:
    """FRED and its archive ALFRED.

    `fred/ID/native` is each period's first value, known when it was published: what a reader of
    the day saw, without later revisions. `fred/ID/vintages` is every value, and the ids are the
    dates of publication.

    Parameters
    ----------
    patience : Patience
    timeout_seconds : float
    key : str
    vintages_a_question : int
        At most 2,000.

    Raises
    ------
    UnreachableError
        Without a key, with where to get one.
    """

    vendor = "fred"

    def __init__(
        self,
        patience: Patience,
        timeout_seconds: float,
        key: str = "",
        vintages_a_question: int = 1_000,
    ) -> None:
        if not key:
            raise UnreachableError(_NEW_KEY)
        import fredapi

        self.version = f"fredapi {version_of('fredapi')}"
        self._patience = patience
        self._timeout_seconds = timeout_seconds
        self._vintages_a_question = vintages_a_question
        self._answers = Answers()
        self._client = fredapi.Fred(api_key=key, api_key_file=None, proxies=None)

    def fetch(self, request: Request, since: Instant | None, now: Instant) -> Iterator[Page]:
        """First values of periods from `since` on, or all vintages of all periods, in one page.

        Raises
        ------
        NotOfferedError
            For a series that FRED does not have, in its own words.
        ProviderError
            For a vendor that cannot be reached, or refuses.
        """
        if request.frequency not in ("native", "vintages"):
            raise NotOfferedError(
                f"{request.key}: write fred/{request.id}/native for the first release of each "
                f"period, or fred/{request.id}/vintages for all of them"
            )
        from feeds.providers.urllib_opener import install

        install(self._answers, self._timeout_seconds)
        self._answers.take()
        dates = self._vintages(request)
        if len(dates):
            make = _first_values if request.frequency == "native" else _all_values
            draft = make(request, self._releases(request, dates))
        else:
            draft = self._newest_values(request)
        if request.frequency == "native":
            draft = _since(draft, since)
        asked = {"series": request.id, "releases": "all"}
        yield Page(normalised(draft, now), self._answers.take(), ".xml", asked)

    def close(self) -> None:
        """Nothing to hang up: each request has a line of its own."""

    def _vintages(self, request: Request) -> Dates:
        """The dates of publication; none for a series that ALFRED does not archive."""
        try:
            dates = self._ask(request, lambda: self._client.get_series_vintage_dates(request.id))
        except NotOfferedError as error:
            if "does not exist in ALFRED" not in str(error) or request.frequency == "vintages":
                raise
            dates = []
        return np.array(dates, dtype="datetime64[D]")

    def _newest_values(self, request: Request) -> Draft:
        """Values as they are told today, known by the usual lag of their release.

        Raises
        ------
        DataError
            For a series whose lag is not known either.
        """
        found: pd.Series[float] = self._ask(
            request, lambda: self._client.get_series(request.id, None, None)
        )
        period = instants(found.index.to_numpy())
        known_at = _one_after_another(release_instants(request.id, period))
        notes = {"values": "as revised until today: FRED keeps no vintages, known by rule"}
        return _draft(
            request, period, {"value": np.asarray(found, dtype=np.float64)}, known_at, notes
        )

    def _releases(self, request: Request, vintages: Dates) -> Releases:
        """All releases, in as many questions as FRED's limits make it."""
        most = self._vintages_a_question
        parts = [
            part
            for start in range(0, len(vintages), most)
            for part in self._between(request, vintages[start : start + most])
        ]
        told = Releases(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        told = told.at(np.lexsort((told.published, told.period)))
        # Each question after the first tells again, as of its first day, what was known before.
        period, value = told.period, told.value
        news = np.ones(len(value), dtype=np.bool_)
        news[1:] = (period[1:] != period[:-1]) | (
            (value[1:] != value[:-1]) & ~(np.isnan(value[1:]) & np.isnan(value[:-1]))
        )
        told = told.at(news)
        return told.at(np.lexsort((told.period, told.published)))

    def _between(self, request: Request, vintages: Dates) -> Iterator[Releases]:
        """The releases of some vintages, in halves where one answer does not hold them all."""
        first, last = str(vintages[0]), str(vintages[-1])
        kept = len(self._answers.bodies)
        found: pd.DataFrame = self._ask(
            request, lambda: self._client.get_series_all_releases(request.id, first, last)
        )
        told = int(ElementTree.fromstring(self._answers.bodies[-1]).get("count", len(found)))
        if told > len(found):
            del self._answers.bodies[kept:]
            if len(vintages) == 1:
                raise ProviderError(
                    f"{request.key}: FRED has {told} values of {first} and sends {len(found)}"
                )
            half = len(vintages) // 2
            yield from self._between(request, vintages[:half])
            yield from self._between(request, vintages[half:])
        elif told:
            yield Releases(
                instants(found["realtime_start"].to_numpy(dtype="datetime64[ns]")),
                instants(found["date"].to_numpy(dtype="datetime64[ns]")),
                found["value"].to_numpy(dtype=np.float64, na_value=np.nan),
            )

    def _ask(self, request: Request, question: Callable[[], Found]) -> Found:
        def put() -> Found:
            try:
                return question()
            except URLError as error:
                if isinstance(error.reason, SSLCertVerificationError):
                    raise UnreachableError(
                        f"fred: its certificate is not trusted here ({error.reason}); behind a "
                        "company's proxy, name the certificates with SSL_CERT_FILE"
                    ) from None
                raise PassingError(f"cannot be reached: {error.reason}") from None
            except TimeoutError:
                raise PassingError(f"did not answer within {self._timeout_seconds:g} s") from None
            except OSError as error:
                raise PassingError(f"cannot be reached: {error}") from None
            except ValueError as error:  # fredapi's form of what FRED says
                if "api_key" in str(error):
                    raise UnreachableError(
                        f"fred: the key is refused: {error} {_NEW_KEY}"
                    ) from None
                raise NotOfferedError(f"{request.key}: FRED says: {error}") from None

        return self._patience.ask(put)


def _first_values(request: Request, releases: Releases) -> Draft:
    """One row for each period: the value first published.

    A period that was only filled in after a later one had been published is left out: no reader
    of the newest value ever saw it.
    """
    _, first = np.unique(releases.period, return_index=True)  # releases are in order of time
    releases = releases.at(first)
    late = releases.published > np.minimum.accumulate(releases.published[::-1])[::-1]
    published, period, value = releases.at(~late)
    notes = {"values": "first release of each period", "archive": f"from {text(published[0])}"}
    if late.any():
        notes["left out"] = f"{int(late.sum())} periods published after a later one"
    known_at = _one_after_another(_known(published))
    return _draft(request, period, {"value": value}, known_at, notes)


def _all_values(request: Request, releases: Releases) -> Draft:
    """Every value, under the date of its publication as its id."""
    published, period, value = releases
    notes = {"values": "every release; an id is the date of publication"}
    draft = _draft(request, period, {"value": value}, _known(published), notes)
    return replace(draft, ids=tuple(np.datetime_as_string(published, unit="D").tolist()))


def _known(published: Instants) -> Instants:
    """The end of the day of publication in New York: FRED tells days, not hours."""
    return instants(published + _NEW_YORK_DAY_ENDS)


def _one_after_another(known_at: Instants) -> Instants:
    """Ascending instants of which equal ones follow each other by a nanosecond, none earlier.

    A panel has one row an instant, and what is published on one day is told by its date only.
    """
    distinct, places = np.unique(known_at, return_index=True)
    within = np.arange(len(known_at)) - places[np.searchsorted(distinct, known_at)]
    return instants(known_at + within.astype("timedelta64[ns]"))


def _draft(
    request: Request,
    period: Instants,
    fields: dict[str, Float],
    known_at: Instants,
    notes: dict[str, str],
) -> Draft:
    return Draft(
        source=request.key,
        key=request.key,
        stamp="release",
        time=period,
        fields=fields,
        known_at=known_at,
        closes_at=known_at,
        notes=notes,
    )


def _since(draft: Draft, since: Instant | None) -> Draft:
    """The rows of periods from `since` on; cut last, so that instants stay what they were."""
    if since is None:
        return draft
    rows = draft.time >= since
    known_at = None if draft.known_at is None else draft.known_at[rows]
    return replace(
        draft,
        time=draft.time[rows],
        fields={name: values[rows] for name, values in draft.fields.items()},
        known_at=known_at,
        closes_at=known_at,
    )
