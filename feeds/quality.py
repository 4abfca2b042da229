"""`QualitySpec`: what is done about faults in the rows of a file, each one counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from feeds.arrays import Bool, Instants, text
from feeds.errors import DataError
from feeds.files import Rows
from feeds.panel import BLANK_ROWS
from feeds.series import DUPLICATES, SORTED
from feeds.validate import (
    BAD_BARS,
    WICKS,
    Fault,
    bad_values,
    blank_rows,
    check_release,
    described,
    more,
    only,
    spikes,
    wicks,
)

Policy = Literal["stop", "repair", "skip"]
CONTRADICTING = "contradicting_rows"


class QualitySpec(BaseModel):
    """What is done about faults in data: `stop`, `repair` (counted), or `skip` the id (listed)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    out_of_order: Policy = Field("repair", description="rows not in order of time: sorted")
    repeated_rows: Policy = Field("repair", description="a row told twice alike: told once")
    contradicting_rows: Literal["stop", "skip"] = Field(
        "stop", description="two rows of one time that differ"
    )
    bad_bars: Policy = Field(
        "stop",
        description="blank, zero, negative or infinite prices, a high below the low, a close "
        "outside: the bar is left out",
    )
    spikes: Literal["stop", "flag"] = Field(
        "stop",
        description="an open or close ten times away from the closes before and after; a crash "
        "that does not come back is none. Nobody could tell at the time, so there is no repair",
    )
    wicks: Literal["stop", "repair", "skip", "flag"] = Field(
        "flag",
        description="a high or low ten times away from the open, the close and the close before: "
        "becomes the higher or lower of open and close; `flag` only counts it",
    )
    missing_bars: Policy = Field(
        "repair",
        description="bars missing without a declared event: marked at the last price, without "
        "fills; beyond the two limits below it stops. `skip` leaves such an id out, `stop` bears "
        "none",
    )
    max_missing_share: float = Field(
        0.5, gt=0, le=1, description="share of its bars that an id may miss"
    )
    max_missing_days: float = Field(
        365, gt=0, description="days in a row that an id may be without a bar"
    )
    absent_ids: Literal["stop", "skip"] = Field(
        "skip", description="ids without a file or series; where all are, it stops"
    )


class SkippedError(DataError):
    """An id that its policy leaves out; the run goes on without it."""


class Checked(NamedTuple):
    """Rows that passed, and the labels of what was repaired on the way, by kind."""

    rows: Rows
    findings: dict[str, Instants]


def check_rows(rows: Rows, tradable: bool, policy: QualitySpec | None = None) -> Checked:
    """Check the rows of one file, and repair what the policies allow.

    Parameters
    ----------
    rows : Rows
        A file as read.
    tradable : bool
        Whether the rows are bars.
    policy : QualitySpec
        The default one if left out.

    Returns
    -------
    Checked
        Rows in order of time, blank ones dropped.

    Raises
    ------
    SkippedError
        Where a policy says so.
    DataError
        Naming file, date, field and value of the first row that is wrong.
    """
    policy = policy or QualitySpec()
    findings: dict[str, Instants] = {}
    blank = blank_rows(rows, tradable)
    if blank.any():
        findings[BLANK_ROWS] = rows.time[blank]
        rows = only(rows, ~blank)
    rows = _in_order(rows, policy, findings)
    wrong = _wrong(rows, bad_values(rows, tradable), policy.bad_bars)
    if wrong.any():
        findings[BAD_BARS] = rows.time[wrong]
        rows = only(rows, ~wrong)
    if tradable:
        _wrong(rows, _flagged(rows, spikes(rows), policy.spikes, findings), policy.spikes)
        rows = _without_wicks(rows, policy.wicks, findings)
    check_release(rows)
    return Checked(rows, findings)


def _fail(message: str, key: str, policy: str, others: str) -> None:
    """Stop, or leave the id out."""
    if policy == "skip":
        raise SkippedError(message)
    raise DataError(f"{message}; or set `data.quality.{key}: {others}`")


def _in_order(rows: Rows, policy: QualitySpec, findings: dict[str, Instants]) -> Rows:
    """The rows in order of time, each told once."""
    step = np.diff(rows.time)
    none = np.timedelta64(0, "ns")
    if np.all(step > none):
        return rows
    late = np.flatnonzero(step < none) + 1
    if len(late):
        message = (
            f"{rows.source}: {text(rows.time[late[0]])} follows {text(rows.time[late[0] - 1])}"
            f"{more(late)}. Sort the rows by time, oldest first"
        )
        if policy.out_of_order != "repair":
            _fail(message, SORTED, policy.out_of_order, "repair")
        findings[SORTED] = np.sort(rows.time[late])
        rows = only(rows, np.argsort(rows.time, kind="stable"))
    twice = np.flatnonzero(np.diff(rows.time) == none) + 1
    if not len(twice):
        return rows
    columns = list(rows.values.values())
    same = np.ones(len(twice), dtype=bool)
    for values in columns:
        same &= (values[twice] == values[twice - 1]) | (
            np.isnan(values[twice]) & np.isnan(values[twice - 1])
        )
    if rows.known_at is not None:
        same &= rows.known_at[twice] == rows.known_at[twice - 1]
    if not same.all():
        first = twice[~same]
        message = (
            f"{rows.source}: two rows for {text(rows.time[first[0]])}{more(first)}, not alike. "
            "Keep the one that is right"
        )
        _fail(message, CONTRADICTING, policy.contradicting_rows, "skip")
    message = f"{rows.source}: two rows for {text(rows.time[twice[0]])}{more(twice)}. Keep one"
    if policy.repeated_rows != "repair":
        _fail(message, DUPLICATES, policy.repeated_rows, "repair")
    findings[DUPLICATES] = rows.time[twice]
    kept = np.ones(len(rows.time), dtype=bool)
    kept[twice] = False
    return only(rows, kept)


def _wrong(rows: Rows, faults: Iterable[Fault], policy: str) -> Bool:
    """Rows to be repaired, bool (R,)."""
    wrong = np.zeros(len(rows.time), dtype=bool)
    for fault in faults:
        if not fault.wrong.any():
            continue
        if policy != "repair":
            _fail(described(rows, fault), fault.kind, policy, "repair")
        wrong |= fault.wrong
    return wrong


def _flagged(
    rows: Rows, faults: Iterable[Fault], policy: str, findings: dict[str, Instants]
) -> list[Fault]:
    """The faults that something is to be done about; where the policy is to flag, none."""
    found = [fault for fault in faults if fault.wrong.any()]
    if not found or policy != "flag":
        return found
    findings[found[0].kind] = rows.time[np.logical_or.reduce([fault.wrong for fault in found])]
    return []


def _without_wicks(rows: Rows, policy: str, findings: dict[str, Instants]) -> Rows:
    """Highs and lows that are wicks become the higher or the lower of open and close."""
    found = _flagged(rows, wicks(rows), policy, findings)
    wrong = _wrong(rows, found, policy)
    if not wrong.any():
        return rows
    findings[WICKS] = rows.time[wrong]
    values = {key: column.copy() for key, column in rows.values.items()}
    body = values["open"], values["close"]
    for fault in found:
        to = np.maximum(*body) if fault.field == "high" else np.minimum(*body)
        values[fault.field] = np.where(fault.wrong, to, values[fault.field])
    return Rows(rows.source, rows.time, rows.known_at, values)
