"""Figures as they were known at a time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from feeds.arrays import instants
from feeds.as_of import Vintages
from feeds.errors import DataError


def at(*times: str) -> np.ndarray:
    return instants(np.array([time.rstrip("Z") for time in times], dtype="datetime64[m]"))


def m2() -> Vintages:
    """January published in February, February in March together with a new figure of January."""
    return Vintages.build(
        at("2024-01-01", "2024-02-01", "2024-01-01"),
        at("2024-02-27T18:00", "2024-03-26T17:00", "2024-03-26T17:00"),
        np.array([10.0, 12.0, 11.0]),
    )


def test_a_figure_is_known_from_the_instant_of_its_publication() -> None:
    found = m2().as_of(at("2024-02-27T17:59", "2024-02-27T18:00", "2024-03-26T16:59"))
    np.testing.assert_array_equal(found.value, [np.nan, 10, 10])
    assert np.isnat(found.period[0])


def test_the_latest_period_counts_not_the_latest_publication() -> None:
    # At 17:00 both February and a new January come out; a May revision of January changes nothing.
    late = Vintages.build(
        np.append(m2().period, at("2024-01-01")),
        np.append(m2().known_at, at("2024-05-01")),
        np.append(m2().value, 9.0),
    )
    found = late.as_of(at("2024-03-26T17:00", "2024-06-01"))
    np.testing.assert_array_equal(found.value, [12, 12])
    np.testing.assert_array_equal(found.period, at("2024-02-01", "2024-02-01"))


def test_a_revision_of_the_latest_period_replaces_it() -> None:
    vintages = Vintages.build(
        at("2024-01-01", "2024-01-01"), at("2024-02-01", "2024-02-15"), np.array([1.0, 2.0])
    )
    np.testing.assert_array_equal(vintages.as_of(at("2024-02-14", "2024-02-15")).value, [1, 2])


def test_history_is_the_vintage_of_one_instant() -> None:
    before = m2().history(np.datetime64("2024-03-26T16:59"))
    after = m2().history(np.datetime64("2024-03-26T17:00"))
    np.testing.assert_array_equal(before.value, [10])
    np.testing.assert_array_equal(after.value, [11, 12])
    np.testing.assert_array_equal(after.period, at("2024-01-01", "2024-02-01"))


def test_no_figures_give_nothing() -> None:
    none = Vintages.build(at(), at(), np.array([]))
    assert np.isnan(none.as_of(at("2024-01-01")).value).all()
    assert np.isnan(m2().of_period(np.datetime64("2020-01-01"), at("2024-06-01")).value).all()


@pytest.mark.parametrize(
    ("period", "known_at", "message"),
    [
        (["2024-01-01"], ["2023-12-31"], "was known at 2023-12-31, before its period began"),
        (["2024-01-01"] * 2, ["2024-02-01"] * 2, "two figures of 2024-01-01 were published"),
        (["2024-01-01"] * 2, ["2024-02-01"], "2 periods, 1 instants of publication"),
    ],
)
def test_figures_that_cannot_be_stop(period: list[str], known_at: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Vintages.build(at(*period), at(*known_at), np.ones(len(period)))


def test_cutting_the_future_changes_nothing() -> None:
    random = np.random.default_rng(5)
    period = instants(np.datetime64("2020-01-01") + random.integers(0, 400, 300))
    known_at = period + np.timedelta64(1, "h") * random.integers(0, 24 * 200, 300)
    keep = np.unique(np.stack((period, known_at)), axis=1, return_index=True)[1]
    full = Vintages.build(period[keep], known_at[keep], random.normal(size=300)[keep])
    asked = instants(np.datetime64("2020-01-01") + np.arange(0, 600, 7))
    for cut in asked[::10]:
        known = full.known_at <= cut
        past = Vintages.build(full.period[known], full.known_at[known], full.value[known])
        here = asked <= cut
        np.testing.assert_array_equal(past.as_of(asked[here]).value, full.as_of(asked).value[here])
        np.testing.assert_array_equal(past.history(cut).value, full.history(cut).value)


@pytest.mark.shared
def test_the_worked_example_is_reproduced(shared: Path) -> None:
    toy = json.loads((shared / "reference/domain/macro_asof_toy.json").read_text())
    series: dict[str, Vintages] = {}
    for name in {row["series"] for row in toy["observations"]}:
        rows = [row for row in toy["observations"] if row["series"] == name]
        series[name] = Vintages.build(
            instants([np.datetime64(row["period"]) for row in rows]),
            at(*(row["release"] for row in rows)),
            np.array([row["value"] for row in rows]),
        )
    for query in toy["queries"]:
        vintages, asked = series[query["series"]], at(query["at"])
        if "period" in query:
            found = vintages.of_period(np.datetime64(query["period"]), asked)
        else:
            found = vintages.as_of(asked)
        if query["expected"] is None:
            assert np.isnan(found.value[0])
            continue
        assert found.value[0] == query["expected"]["value"]
        assert found.period[0] == np.datetime64(query["expected"]["period"])
