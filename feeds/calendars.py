"""When a row opened and when it became known: grids of 24/7 markets, sessions of exchanges."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from feeds.arrays import DAY, HOUR, Instants, Int, instants, text
from feeds.errors import ConfigError, DataError

ALWAYS = "24/7"

Stamp = Literal["day_start", "hour_start", "session_close", "instant", "release"]
STEPS = {"day_start": DAY, "hour_start": HOUR}


@dataclass(frozen=True, eq=False)
class Sessions:
    """Trading sessions of an exchange: dates, and opening and closing instants in UTC, (T,)."""

    label: Instants
    opened_at: Instants
    closed_at: Instants


@dataclass(frozen=True, eq=False)
class Bounds:
    """Opening and known-at instants of rows, (T,), and every label there could have been."""

    opened_at: Instants
    known_at: Instants
    grid: Instants | None


def check_stamp(name: str, stamp: Stamp, calendar: str) -> None:
    """Check that the stamp of the panel `name` fits its calendar.

    Raises
    ------
    ConfigError
        For a session close without an exchange, or an exchange with any other stamp; where it is
        the calendar that no exchange has, for that.
    """
    if (stamp == "session_close") == (calendar == ALWAYS):
        check_calendar(calendar)
        raise ConfigError(
            f"panel '{name}': `stamp: {stamp}` does not go with `calendar: {calendar}`; use "
            "session_close with the calendar of an exchange (XNYS), the other stamps with 24/7"
        )


def check_calendar(calendar: str) -> None:
    """Check that there is such a calendar; slow, because the library of calendars is loaded.

    Raises
    ------
    ConfigError
        For an unknown calendar, with the nearest known one.
    """
    import exchange_calendars

    known = [ALWAYS, *exchange_calendars.get_calendar_names()]
    if calendar not in known:
        raise _unknown(calendar, known)


def sessions(calendar: str, first: np.datetime64, last: np.datetime64) -> Sessions:
    """The sessions of an exchange from the date `first` to the date `last`, half days included.

    Raises
    ------
    ConfigError
        For an unknown calendar, with the nearest known one.
    DataError
        For dates that the calendar does not cover.
    """
    import exchange_calendars
    from exchange_calendars.errors import InvalidCalendarName, NoSessionsError

    first, last = first.astype("datetime64[D]"), last.astype("datetime64[D]")
    try:
        with warnings.catch_warnings():
            # The library's own use of pandas, nothing that its caller could mend.
            warnings.simplefilter("ignore", DeprecationWarning)
            # Both bounds, always: by default a calendar starts twenty years before today.
            # A day more at the end, because it refuses to be built for a single day.
            schedule = exchange_calendars.get_calendar(
                calendar, start=str(first), end=str(last + DAY)
            ).schedule[: str(last)]
    except InvalidCalendarName:
        raise _unknown(calendar, exchange_calendars.get_calendar_names()) from None
    except NoSessionsError:
        empty = np.empty(0, dtype="datetime64[ns]")
        return Sessions(empty, empty, empty)
    except ValueError as error:
        raise DataError(f"calendar {calendar} does not cover {first} to {last}: {error}") from None
    opened_at, closed_at = (schedule[key].dt.tz_convert(None) for key in ("open", "close"))
    return Sessions(instants(schedule.index), instants(opened_at), instants(closed_at))


def _unknown(calendar: str, known: list[str]) -> ConfigError:
    near = difflib.get_close_matches(calendar.upper(), known, n=1)
    hint = f"did you mean {near[0]}?" if near else "known ones are 24/7, XNYS, XLON, XTKS, ..."
    return ConfigError(f"unknown calendar '{calendar}': {hint}")


def check_grid(label: Instants, stamp: Stamp, source: str) -> None:
    """Check that every label lies where its stamp says that bars start.

    Raises
    ------
    DataError
        For a label off the grid, naming the first, and for rows that are all too far apart.
    """
    if stamp in ("instant", "release"):
        return
    step = STEPS.get(stamp, DAY)
    off = np.flatnonzero((label - label.astype("datetime64[D]")) % step != 0 * DAY)
    if len(off):
        what = "a full hour" if stamp == "hour_start" else "00:00 UTC"
        raise DataError(
            f"{source}: the row {text(label[off[0]])} does not start at {what}, as "
            f"`stamp: {stamp}` says{_more(off)}. Correct the zone of the times, or the stamp"
        )
    if stamp in STEPS:
        _check_length(label, stamp, source)


def _check_length(label: Instants, stamp: Stamp, source: str) -> None:
    """Stop for bars that are longer than their stamp says: they would be known before they end."""
    if len(label) < 3:
        return  # two bars far apart may be what is left of a coin that hardly traded
    hours = int(np.diff(label).min() / HOUR)
    step = int(STEPS[stamp] / HOUR)
    if hours > step:
        raise DataError(
            f"{source}: no two rows are less than {hours} hours apart, so these are no bars of "
            f"{step} h as `stamp: {stamp}` says, and would be known before they end. Correct the "
            "stamp, or give bars of the length it says"
        )


def bounds(label: Instants, stamp: Stamp, calendar: str, files: Mapping[str, Instants]) -> Bounds:
    """When each row opened and became known.

    Parameters
    ----------
    label : datetime64[ns] (T,)
        Ascending labels that passed `check_grid`; T > 0.
    stamp : str
        Any stamp but `release`, whose instants are in its file.
    calendar : str
        `24/7` or the name of an exchange calendar.
    files : mapping of str to datetime64[ns] (F,)
        The labels of each file by its name; together they are `label`.

    Raises
    ------
    DataError
        For a label that is no session of the exchange, naming the first and its file.
    """
    if stamp in STEPS:
        step = STEPS[stamp]
        return Bounds(label, label + step, np.arange(label[0], label[-1] + step, step))
    if stamp == "instant":
        return Bounds(label, label, None)
    found = sessions(calendar, label[0], label[-1])
    strange = np.flatnonzero(~np.isin(label, found.label))
    if len(strange):
        first = label[strange[0]]
        source = next(name for name, labels in files.items() if first in labels)
        raise DataError(
            f"{source}: {text(first)} is no session of {calendar}{_more(strange)}. "
            "Remove the row, or name the calendar of the exchange where this was traded"
        )
    rows = np.searchsorted(found.label, label)
    return Bounds(found.opened_at[rows], found.closed_at[rows], found.label)


def _more(rows: Int) -> str:
    return f" (and {len(rows) - 1} more rows)" if len(rows) > 1 else ""
