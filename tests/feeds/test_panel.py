"""The panel: what was known when, in arrays that nobody can change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from feeds.arrays import instants
from feeds.errors import DataError
from feeds.panel import Panel, found
from tests.panels import coins, values


def days(*texts: str) -> np.ndarray:
    return instants(np.array(texts, dtype="datetime64[D]"))


def test_arrays_are_read_only_and_detached_from_what_was_given() -> None:
    given = np.array([[1.0], [2.0]])
    time = days("2020-01-01", "2020-01-02")
    panel = Panel.build("p", "24/7", time, time, time, ("A",), {"close": given})
    given[0, 0] = 9.0
    assert panel.close[:, 0].tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        panel.close[0, 0] = 9.0
    with pytest.raises(ValueError, match="read-only"):
        panel.head(1).close[0, 0] = 9.0
    with pytest.raises(TypeError):
        panel.fields["close"] = given  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ids": ("A", "A")}, "names an id twice: A, A"),
        ({"fields": {"close": np.ones((2, 3))}}, r"shape \(2, 3\), not \(2, 2\)"),
        ({"label": days("2020-01-02", "2020-01-02")}, "label 2020-01-02 follows 2020-01-02"),
        ({"known_at": days("2020-01-02", "2020-01-01")}, "known_at 2020-01-01 follows 2020-01-02"),
        ({"opened_at": days("2020-01-01")}, "opened_at has 1 rows, not 2"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, object], message: str) -> None:
    time = days("2020-01-01", "2020-01-02")
    good = {
        "label": time,
        "opened_at": time,
        "known_at": time,
        "ids": ("A", "B"),
        "fields": {"close": np.ones((2, 2))},
    }
    with pytest.raises(DataError, match=message):
        Panel.build("p", "24/7", **{**good, **change})  # type: ignore[arg-type]


def test_a_prefix_ends_with_the_last_row_known_at_its_instant() -> None:
    panel = coins({"A": [1, 2, 3]})  # known at 00:00 of the 2nd, 3rd and 4th
    assert len(panel.until(np.datetime64("2020-01-03"))) == 2
    assert len(panel.until(np.datetime64("2020-01-03T00:00:00.000000001"))) == 2
    assert len(panel.until(np.datetime64("2020-01-02T23:59"))) == 1
    assert len(panel.until(np.datetime64("2019-01-01"))) == 0


def test_findings_are_those_of_the_rows_up_to_an_instant() -> None:
    missing = days("2020-01-02", "2020-01-05")
    panel = coins({"A": [1, None, 3, 4, None, 6], "B": [1.0] * 6})
    panel = replace(
        panel,
        quality=found({"missing_bars": {"A": missing}, "blank_rows": {"B": missing}}),
    )
    assert panel.counts == {"missing_bars": 2, "blank_rows": 2}
    # As of the close of the 5th, A's last bar is of the 4th: the 5th is not missing yet.
    early = panel.as_of(np.datetime64("2020-01-06"))
    assert early.counts == {"missing_bars": 1, "blank_rows": 2}
    assert panel.as_of(np.datetime64("2020-01-03")).counts == {"missing_bars": 0, "blank_rows": 1}


def test_ids_are_picked_in_the_order_asked_for() -> None:
    panel = coins({"A": [1], "B": [2], "C": [3]}).pick(("C", "A"))
    assert panel.ids == ("C", "A")
    assert panel.close.tolist() == [[3.0, 1.0]]


def test_equal_content_has_an_equal_digest_whatever_the_bits_of_nan() -> None:
    odd = np.frombuffer(np.uint64(0x7FF8000000000001).tobytes(), dtype=np.float64)[0]
    table = np.array([[1.0], [np.nan]])
    other = np.array([[1.0], [odd]])
    time = days("2020-01-01", "2020-01-02")

    def digest(field: np.ndarray, name: str = "p", calendar: str = "24/7") -> str:
        return Panel.build(name, calendar, time, time, time, ("A",), {"close": field}).digest

    assert digest(table) == digest(other)
    assert digest(table) == digest(table, name="q")
    assert digest(table) != digest(table, calendar="XNYS")
    assert digest(table) != digest(np.array([[1.0], [0.0]]))


@pytest.mark.parametrize(
    "wrong", [lambda p: p["volumes"], lambda p: coins({"A": [1], "B": [1]}).column("close")]
)
def test_a_field_that_is_not_there_and_a_series_that_is_not_one_are_named(
    wrong: Callable[[Panel], object],
) -> None:
    with pytest.raises(DataError, match=r"has no field 'volumes'|has 2 ids where one series"):
        wrong(values("p", [1.0]))


def test_a_bar_is_a_close_and_a_value_row_is_any_value() -> None:
    assert coins({"A": [1, None]}).has_bar[:, 0].tolist() == [True, False]
    time = days("2020-01-01", "2020-01-02")
    panel = Panel.build(
        "p", "24/7", time, time, time, ("x",),
        {"a": np.array([[np.nan], [np.nan]]), "b": np.array([[1.0], [np.nan]])},
    )  # fmt: skip
    assert panel.has_bar[:, 0].tolist() == [True, False]
    assert not panel.tradable
