"""When FRED's series were published: rules that are never too early, for want of true dates.

A row is labelled by its observation, often by the first day of its period; nobody knew it then.
True release dates come with the vintages, which FRED gives to those with a key. These rules serve
files without them: each is the usual release, or later. Where a shutdown of the government delayed
a release beyond that, the date is in `_DELAYED`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from feeds.arrays import DAY, Instants, Int, instants
from feeds.errors import DataError

_NEW_YORK = ZoneInfo("America/New_York")
_TUESDAY, _FRIDAY = 1, 4
_EVENING = time(18)

Dates = Instants
Rule = Callable[[Dates], Dates]


@lru_cache(maxsize=1)
def _business_days() -> np.busdaycalendar:
    """Working days of the federal government; holidays on a Saturday take the Friday."""
    from pandas.tseries.holiday import USFederalHolidayCalendar

    holidays = USFederalHolidayCalendar().holidays("1850-01-01", "2100-01-01")
    return np.busdaycalendar(holidays=holidays.to_numpy().astype("datetime64[D]"))


def _on_or_after(dates: Dates, working_days: int = 0) -> Dates:
    """The first working day from each date on, and so many working days further."""
    return np.busday_offset(dates, working_days, roll="forward", busdaycal=_business_days())


def _same_day(dates: Dates) -> Dates:
    return dates


def _next_working_day(dates: Dates) -> Dates:
    return _on_or_after(dates + DAY)


def _days_later(days: int) -> Rule:
    return lambda dates: _on_or_after(dates + days * DAY)


def _next_month(dates: Dates) -> Dates:
    return (dates.astype("datetime64[M]") + 1).astype("datetime64[D]")


def _next_month_working_day(count: int) -> Rule:
    return lambda dates: _on_or_after(_next_month(dates), count - 1)


def _next_month_weekday(which: int, weekday: int) -> Rule:
    def release(dates: Dates) -> Dates:
        first = _next_month(dates)
        ahead = (weekday - _weekday(first)) % 7
        return _on_or_after(first + (ahead + 7 * (which - 1)) * DAY)

    return release


def _next_month_day(day: int) -> Rule:
    return lambda dates: _on_or_after(_next_month(dates) + (day - 1) * DAY)


def _months_later(months: int) -> Rule:
    """The first working day so many months after the month of the label."""
    return lambda dates: _on_or_after(
        (dates.astype("datetime64[M]") + months).astype("datetime64[D]")
    )


def _monday_after(dates: Dates) -> Dates:
    """The Monday that follows the week of each date."""
    return _on_or_after(dates + (7 - _weekday(dates)) * DAY)


def _weekday(dates: Dates) -> Int:
    """0 for Monday to 6 for Sunday."""
    return (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7


_Clocked = tuple[Rule, time]

_DAILY: _Clocked = (_next_working_day, _EVENING)
_H41: _Clocked = (_next_working_day, time(16, 30))  # week to Wednesday, told on Thursday
_H6: _Clocked = (_next_month_weekday(4, _TUESDAY), time(13))
_H10: _Clocked = (_monday_after, _EVENING)
_CPI: _Clocked = (_next_month_day(20), time(8, 30))
_JOBS: _Clocked = (_next_month_weekday(2, _FRIDAY), time(8, 30))

_SERIES_BY_RULE: tuple[tuple[str, _Clocked], ...] = (
    # The target is announced at 14:00 of the day before it takes effect.
    ("DFEDTAR DFEDTARL DFEDTARU IORB", (_same_day, time(0))),
    ("DFF EFFR OBFR SOFR", _DAILY),
    ("DGS1MO DGS3MO DGS6MO DGS1 DGS2 DGS3 DGS5 DGS7 DGS10 DGS20 DGS30 DTB3 DTB6", _DAILY),
    ("DFII5 DFII10 DFII20 DFII30 T10Y2Y T10Y3M T5YIE T10YIE T5YIFR DAAA DBAA", _DAILY),
    ("BAMLH0A0HYM2 BAMLH0A0HYM2EY BAMLH0A3HYC BAMLC0A0CM BAMLC0A0CMEY BAMLC0A4CBBB", _DAILY),
    ("VIXCLS VXNCLS SP500 DJIA NASDAQCOM NASDAQ100", _DAILY),
    ("FEDFUNDS GS1 GS2 GS5 GS10 GS30 TB3MS", (_next_month_working_day(3), _EVENING)),
    ("WALCL WTREGEN WRESBAL WDTGAL WLRRAL WSHOMCB WSHOTSL WSHOBL TREAST WCURCIR", _H41),
    ("WLCFLPCL H41RESPPALDKNWW RESPPLLOPNWW SWPT WORAL", _H41),
    # 13:15 New York, but FRED has it later in the day.
    ("RRPONTSYD RRPONTTLD RPONTSYD", (_same_day, _EVENING)),
    # Monthly since 2021-02-23; the weekly releases before that came sooner.
    ("M1SL M1NS M2SL M2NS WM1NS WM2NS CURRSL MBCURRCIR BOGMBASE TOTRESNS", _H6),
    ("DTWEXBGS DTWEXAFEGS DTWEXEMEGS DEXUSEU DEXUSUK DEXJPUS DEXCHUS DEXSZUS DEXCAUS", _H10),
    ("STLFSI4", (_days_later(6), _EVENING)),
    ("NFCI ANFCI", (_days_later(5), time(8, 30))),
    ("MORTGAGE30US MORTGAGE15US", (_next_working_day, time(12))),
    ("ICSA ICNSA", (_days_later(5), _EVENING)),
    ("CCSA CCNSA", (_days_later(12), _EVENING)),
    ("CPIAUCSL CPIAUCNS CPILFESL CPILFENS", _CPI),
    ("PAYEMS UNRATE U6RATE CIVPART CES0500000003", _JOBS),
    ("DCOILWTICO DCOILBRENTEU DHHNGSP", (_days_later(8), _EVENING)),
    ("INDPRO TCU", (_next_month_day(20), time(9, 15))),
    ("PCE PCEPI PCEPILFE DSPIC96", (_months_later(2), time(10))),
    # Labelled by the first month of the quarter; the first estimate is due in the month after it.
    ("GDP GDPC1", (_months_later(4), time(8, 30))),
)
_RULES = {id: rule for ids, rule in _SERIES_BY_RULE for id in ids.split()}

_JOBS_DELAYED = {
    "2013-09": "2013-10-22", "2025-09": "2025-11-20", "2025-10": "2025-12-16",
    "2025-11": "2025-12-16",
}  # fmt: skip
_CPI_DELAYED = {
    "2013-09": "2013-10-30", "2025-09": "2025-10-24", "2025-10": "2025-12-18",
    "2025-11": "2025-12-18",
}  # fmt: skip
_DELAYED: dict[str, dict[str, str]] = {
    **{id: _JOBS_DELAYED for id, rule in _RULES.items() if rule is _JOBS},
    **{id: _CPI_DELAYED for id, rule in _RULES.items() if rule is _CPI},
}
"""Releases that shutdowns of the government delayed, by month of observation."""


def release_instants(series_id: str, periods: Instants) -> Instants:
    """When the observations of a series were published, or later.

    Parameters
    ----------
    series_id : str
        FRED's id, such as `M2SL`.
    periods : datetime64 (R,)
        FRED's labels: the day, the last day of the week, the first day of the month or quarter.

    Returns
    -------
    datetime64[ns] (R,)
        In UTC, by New York's clock and the working days of the federal government; never before
        the label.

    Raises
    ------
    DataError
        For a series without a rule, and for a monthly label that is not the first of a month.
    """
    if series_id not in _RULES:
        raise DataError(
            f"fred/{series_id}: no release rule is known, so it is not known when its values were; "
            "give a generous lag in days, or fetch its vintages with a key"
        )
    rule, clock = _RULES[series_id]
    dates = periods.astype("datetime64[D]")
    released = rule(dates)
    if months := _DELAYED.get(series_id):
        late = [months.get(month, "NaT") for month in np.datetime_as_string(dates, unit="M")]
        released = np.fmax(released, np.array(late, dtype="datetime64[D]"))
    return np.maximum(_in_utc(released, clock), instants(dates))


def _in_utc(dates: Dates, clock: time) -> Instants:
    """The instants at which it is `clock` in New York on each date."""
    days, back = np.unique(dates, return_inverse=True)
    local = [datetime.combine(day, clock, tzinfo=_NEW_YORK) for day in days.tolist()]
    moments = [moment.astimezone(UTC).replace(tzinfo=None) for moment in local]
    return instants(np.array(moments, dtype="datetime64[us]")[back])
