"""Two versions of a series beside a second implementation in dictionaries."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feeds.arrays import instants
from feeds.series import Series
from feeds.store.comparing import compare, merge
from tests.feeds.store.made import cross_section

Table = dict[tuple[int, str], float]
VALUES = st.sampled_from([1.0, 2.0, math.nan])
TABLES = st.dictionaries(
    st.tuples(st.integers(0, 4), st.sampled_from("abc")), VALUES, min_size=1, max_size=9
)


def series(table: Table) -> Series:
    rows = sorted(table)
    made = cross_section([("2020-01-01", id, table[day, id]) for day, id in rows])
    days = np.array([day for day, _ in rows], dtype="datetime64[D]")
    return replace(made, time=instants(days))


def table_of(series: Series) -> Table:
    days = series.time.astype("datetime64[D]").astype(int)
    ids = [series.ids[column] for column in series.column]
    return dict(zip(zip(days.tolist(), ids, strict=True), series.fields["market_cap"], strict=True))


def alike(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


@given(TABLES, TABLES)
def test_a_difference_is_the_one_of_sets_of_rows(old: Table, new: Table) -> None:
    found = compare(series(old), series(new))
    first, last = min(day for day, _ in old), max(day for day, _ in old)
    added, removed = new.keys() - old.keys(), old.keys() - new.keys()
    changed = {row for row in old.keys() & new.keys() if not alike(old[row], new[row])}
    assert (len(found.added), len(found.removed), len(found.changed)) == (
        *(len(added), len(removed), len(changed)),
    )
    inside = [row for row in added if first <= row[0] <= last]
    revision = found.revision
    assert (revision.changed, revision.added, revision.removed) == (
        *(len(changed), len(inside), len(removed)),
    )


@given(TABLES, TABLES)
def test_rows_that_are_not_told_again_stay(old: Table, new: Table) -> None:
    found = table_of(merge(series(old), series(new), whole=False))
    expected = {**old, **new}
    assert sorted(found) == sorted(expected)
    assert all(alike(found[row], expected[row]) for row in expected)


@given(TABLES, TABLES)
def test_rows_between_the_first_and_the_last_new_one_are_gone_if_not_told_again(
    old: Table, new: Table
) -> None:
    found = table_of(merge(series(old), series(new), whole=True))
    first, last = min(day for day, _ in new), max(day for day, _ in new)
    kept = {row: value for row, value in old.items() if not first <= row[0] <= last}
    assert found.keys() == {**kept, **new}.keys()
    assert all(alike(found[row], value) for row, value in {**kept, **new}.items())


def test_a_large_cross_section_is_compared_row_by_row() -> None:
    days, ids = 1700, 128
    labels = np.repeat(np.arange(days), ids).astype("datetime64[D]")
    old = replace(
        cross_section([("2020-01-01", f"{n:03}", 1.0) for n in range(ids)]),
        time=instants(labels),
        column=np.tile(np.arange(ids), days),
        fields={"market_cap": np.arange(days * ids, dtype=np.float64)},
    )
    values = old.fields["market_cap"].copy()
    values[123_456] = -1.0
    found = compare(old, replace(old, fields={"market_cap": values})).changed
    # Row 123,456 is id 64 of day 964: 964 x 128 + 64.
    assert (found.id.tolist(), found.new.tolist()) == (["064"], [-1.0])
    assert found.time == labels[123_456]
