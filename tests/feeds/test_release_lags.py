"""When FRED's series were published, by the table of the design and known releases."""

from __future__ import annotations

import numpy as np
import pytest

from feeds.errors import DataError
from feeds.release_lags import release_instants


@pytest.mark.parametrize(
    ("id", "period", "released"),
    [
        # Known releases: H.6 on the fourth Tuesday at 13:00 New York, 18:00 UTC in winter.
        ("M2SL", "2024-01-01", "2024-02-27T18:00"),
        ("M2SL", "2024-02-01", "2024-03-26T17:00"),
        ("M2SL", "2021-01-01", "2021-02-23T18:00"),
        ("WM2NS", "2024-01-29", "2024-02-27T18:00"),
        # H.4.1 on Thursday at 16:30, on Friday after Thanksgiving.
        ("WALCL", "2024-03-20", "2024-03-21T20:30"),
        ("WALCL", "2024-01-03", "2024-01-04T21:30"),
        ("WALCL", "2024-11-27", "2024-11-29T21:30"),
        # A day later at 18:00; over a weekend, and over New Year's Day on a Monday.
        ("DGS10", "2024-03-21", "2024-03-22T22:00"),
        ("DGS10", "2023-12-29", "2024-01-02T23:00"),
        ("VIXCLS", "2024-03-22", "2024-03-25T22:00"),
        ("BAMLH0A0HYM2", "2024-03-22", "2024-03-25T22:00"),
        ("RRPONTSYD", "2024-03-22", "2024-03-22T22:00"),
        # The week of 2024-03-18 on the Monday after it.
        ("DTWEXBGS", "2024-03-18", "2024-03-25T22:00"),
        ("DTWEXBGS", "2024-03-22", "2024-03-25T22:00"),
        ("STLFSI4", "2024-03-22", "2024-03-28T22:00"),
        # Third working day of the next month: 2024-01-04, after New Year's Day.
        ("FEDFUNDS", "2023-12-01", "2024-01-04T23:00"),
        ("PAYEMS", "2024-02-01", "2024-03-08T13:30"),
        ("PAYEMS", "2025-09-01", "2025-11-20T13:30"),
        ("CPIAUCSL", "2024-02-01", "2024-03-20T12:30"),
        ("CPIAUCSL", "2025-10-01", "2025-12-18T13:30"),
        ("DFEDTARU", "2024-09-19", "2024-09-19T04:00"),
        ("GDP", "2024-01-01", "2024-05-01T12:30"),
    ],
)
def test_releases(id: str, period: str, released: str) -> None:
    known_at = release_instants(id, np.array([period], dtype="datetime64[ns]"))
    assert str(known_at[0])[:16] == released


@pytest.mark.parametrize("id", ["M2SL", "WALCL", "DGS10", "DFF", "DTWEXBGS", "STLFSI4", "PAYEMS"])
def test_nothing_is_known_before_its_date_and_later_rows_are_not_known_earlier(id: str) -> None:
    step = "M" if id in ("M2SL", "PAYEMS") else "D"
    periods = np.arange("1960-01", "2026-01", dtype="datetime64[M]").astype(f"datetime64[{step}]")
    known_at = release_instants(id, periods.astype("datetime64[ns]"))
    assert (known_at >= periods).all()
    assert (np.diff(known_at) >= np.timedelta64(0, "ns")).all()


def test_an_unknown_series_is_refused() -> None:
    with pytest.raises(DataError, match="fred/NOPE: no release rule is known"):
        release_instants("NOPE", np.array(["2024-01-01"], dtype="datetime64[ns]"))


def test_no_rows_are_no_releases() -> None:
    assert len(release_instants("M2SL", np.array([], dtype="datetime64[ns]"))) == 0
