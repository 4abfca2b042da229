"""FRED's API: dates of vintages, and observations in the real-time periods asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from tests.servers.proxy import Answer, Question

HOST = "api.stlouisfed.org"
KEY = "0123456789abcdef0123456789abcdef"

Releases = Mapping[tuple[str, str], str]
"""Values as text (`.` for none), by date of publication and by period."""


@dataclass
class Fred:
    """Statistics by id.

    Attributes
    ----------
    most : int
        The most observations in one answer.
    without_vintages : tuple of str
        Statistics that ALFRED does not archive.
    """

    series: dict[str, Releases]
    most: int = 100_000
    without_vintages: tuple[str, ...] = ()

    def __call__(self, question: Question) -> Answer:
        query = question.query
        if query.get("api_key") != KEY:
            return _error("The value for variable api_key is not registered.")
        releases = self.series.get(query["series_id"])
        if releases is None:
            return _error("The series does not exist.")
        if question.path == "/fred/series/vintagedates":
            if query["series_id"] in self.without_vintages:
                return _error("The series does not exist in ALFRED but may exist in FRED.")
            dates = sorted({published for published, _ in releases})
            rows = "".join(f"<vintage_date>{date}</vintage_date>" for date in dates)
            return _xml(f'<vintage_dates count="{len(dates)}">{rows}</vintage_dates>')
        today = max(published for published, _ in releases)
        first = query.get("realtime_start", today)
        last = query.get("realtime_end", today)
        found = self._observations(releases, first, last)
        rows = "".join(
            f"<observation realtime_start={quoteattr(start)} realtime_end={quoteattr(last)} "
            f"date={quoteattr(period)} value={quoteattr(value)}/>"
            for period, start, value in found[: self.most]
        )
        return _xml(f'<observations count="{len(found)}" offset="0">{rows}</observations>')

    def _observations(
        self, releases: Releases, first: str, last: str
    ) -> list[tuple[str, str, str]]:
        """Rows of (period, start of its real-time period, value); starts are cut to `first`."""
        out = []
        for period in sorted({period for _, period in releases}):
            published = sorted(date for date, of in releases if of == period)
            for place, date in enumerate(published):
                replaced = published[place + 1] if place + 1 < len(published) else "9999"
                if date <= last and replaced > first:
                    out.append((period, max(date, first), releases[date, period]))
        return out


def _xml(body: str, status: int = 200) -> Answer:
    head = '<?xml version="1.0" encoding="utf-8" ?>\n'
    return Answer((head + body).encode(), status, form="text/xml")


def _error(message: str) -> Answer:
    return _xml(f'<error code="400" message="Bad Request. {message}"/>', 400)
