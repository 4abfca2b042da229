"""Every measure against the worked examples, whatever files there are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine.drawdowns import deepest
from engine.measures import (
    aligned_benchmark,
    monthly_table,
    rolling_beta,
    rolling_maxdd,
    rolling_return,
    rolling_sharpe,
    rolling_sortino,
    rolling_vol,
)
from engine.measures.growth import curve
from engine.measures.summary import reasons, summary
from engine.measures.table import MEASURES
from engine.measures.trades import trade_statistics
from feeds.arrays import instants
from feeds.errors import DataError
from tests.engine.measures.references import FOLDER, Example, examples, of_form, read_rows

pytestmark = pytest.mark.shared
SERIES, TRADES = of_form("series"), of_form("trades")
CASES = [case for each in of_form("cases") for case in each.content["cases"]]
SMALLEST = 1e-12
"""Absolute tolerance around 0."""


def named(example: Example) -> str:
    return example.name


def same(found: float, reference: float | None, relative: float) -> bool:
    if reference is None:
        return math.isnan(found)
    return math.isclose(found, reference, rel_tol=relative, abs_tol=SMALLEST)


def test_every_file_has_a_form_that_is_checked(shared: object) -> None:
    assert [each.name for each in examples() if each.form == "unknown"] == []


@pytest.mark.parametrize("example", SERIES, ids=named)
def test_every_measure_equals_the_reference_value(example: Example) -> None:
    given = example.arguments
    found, why = summary(**given), reasons(**given)
    relative = example.content["meta"]["relative_tolerance"]
    expected = {name: each["value"] for name, each in example.content["metrics"].items()}
    assert sorted(set(expected) - set(found)) == []
    wrong = {
        name: (found[name], value)
        for name, value in expected.items()
        if not same(found[name], value, relative)
    }
    assert wrong == {}
    assert {name for name, value in expected.items() if value is None} <= set(why)


@pytest.mark.parametrize("example", SERIES, ids=named)
def test_every_id_is_a_function_of_that_name(example: Example) -> None:
    for name in example.content["metrics"]:
        assert MEASURES[name].function.__name__ == name


@pytest.mark.parametrize("example", SERIES, ids=named)
def test_the_deepest_drawdowns_have_the_reference_positions(example: Example) -> None:
    expected = example.content["drawdowns_top5"]
    found = deepest(curve(example.arguments["returns"]), 5)
    assert len(found) == len(expected)
    for mine, its in zip(found, expected, strict=True):
        assert (mine.peak, mine.trough, mine.recovery) == tuple(
            its[name] for name in ("peak", "trough", "recovery")
        )
        assert (mine.bars, mine.to_trough) == (its["length"], its["to_trough"])
        assert mine.to_recovery == its["trough_to_recovery"]
        assert (mine.recovery is not None) == its["recovered"]
        assert mine.depth == pytest.approx(its["depth"], rel=1e-9)


@pytest.mark.parametrize(
    "example", [each for each in SERIES if "monthly_returns" in each.content], ids=named
)
def test_months_equal_the_reference_table(example: Example) -> None:
    given, expected = example.arguments, example.content["monthly_returns"]
    labels = instants(given["timestamps"])
    for name, values in (("ret", given["returns"]), ("bench", given["benchmark"])):
        found = monthly_table(values, labels)
        assert list(found) == sorted(expected)
        for month, value in found.items():
            assert value == pytest.approx(expected[month][name], rel=1e-9, abs=SMALLEST), month


@pytest.mark.parametrize(
    "example", [each for each in SERIES if "rolling" in each.content], ids=named
)
def test_rolling_measures_equal_the_reference_rows(example: Example) -> None:
    given, said = example.arguments, example.content["rolling"]
    window, returns = said["window"], given["returns"]
    per_year = given["periods_per_year"]
    found = {
        "sharpe": rolling_sharpe(returns, window, per_year),
        "vol": rolling_vol(returns, window, per_year),
        "sortino": rolling_sortino(returns, window, per_year),
        "beta": rolling_beta(returns, given["benchmark"], window),
        "return": rolling_return(returns, window),
        "maxdd": rolling_maxdd(returns, window),
    }
    rows = read_rows(FOLDER / said["csv"])
    assert set(rows[0]) - {"timestamp"} == set(found)
    for name, values in found.items():
        expected = np.array([float(row[name] or "nan") for row in rows])
        np.testing.assert_allclose(values, expected, rtol=1e-9, atol=SMALLEST, err_msg=name)


def is_refused(case: dict[str, Any]) -> bool:
    return str(case["expect"].get("status", "")).startswith("error")


def numbers(values: list[Any]) -> list[float]:
    return [math.nan if value is None else float(value) for value in values]


def arguments_of(case: dict[str, Any]) -> dict[str, Any]:
    """What `summary` takes, for a case."""
    given = {name: case[name] for name in ("periods_per_year", "risk_free") if name in case}
    series = {name: numbers(case[name]) for name in ("returns", "benchmark") if name in case}
    return given | series


def fault_of(case: dict[str, Any]) -> tuple[str, int | None]:
    """The series that no account can have, and the place of the first such return."""
    returns, benchmark = (numbers(case.get(name, [])) for name in ("returns", "benchmark"))
    for title, values in (("the returns", returns), ("the benchmark", benchmark)):
        if title == "the benchmark" and values and len(values) != len(returns):
            return title, None
        bad = [place for place, value in enumerate(values) if not -1.0 <= value < math.inf]
        if bad:
            return title, bad[0]
    return "the returns|the benchmark", None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", list(filter(is_refused, CASES)), ids=lambda case: case["name"])
def test_returns_that_no_account_can_have_stop_with_name_and_date(case: dict[str, Any]) -> None:
    given, (title, place) = arguments_of(case), fault_of(case)
    days = np.datetime64("2024-01-01") + np.arange(len(given["returns"]))
    allowed = (UserWarning,) if "warning" in case["expect"]["status"] else ()
    for stamps in (None, days):
        with pytest.raises((DataError, *allowed), match=title) as stop:
            summary(**given, timestamps=stamps)
        if place is not None:
            where = f"place {place}" if stamps is None else str(days[place])
            assert where in str(stop.value)


@pytest.mark.parametrize(
    "case",
    [each for each in CASES if "status" not in each["expect"]],
    ids=lambda case: case["name"],
)
def test_degenerate_returns_give_the_reference_value_or_a_reason(case: dict[str, Any]) -> None:
    given = arguments_of(case)
    found, why = summary(**given), reasons(**given)
    for name, value in case["expect"].items():
        assert same(found[name], value, 1e-9), (name, found[name], value)
        assert (name in why) == (value is None), name
    assert all(math.isfinite(value) or name in why for name, value in found.items())


@pytest.mark.parametrize(
    "case",
    [each for each in CASES if "benchmark_shifted_by" in each],
    ids=lambda case: case["name"],
)
def test_a_shifted_benchmark_is_joined_on_stamps(case: dict[str, Any]) -> None:
    # The benchmark is the strategy's own curve, but its file begins some bars later. A join by
    # position would set each bar against a later one; a join by stamp finds the same returns.
    returns, by = np.array(numbers(case["returns"])), case["benchmark_shifted_by"]
    times = np.datetime64("2024-01-01") + np.arange(len(returns) + 1)
    found = aligned_benchmark(times, times[by:], curve(returns)[by:])
    assert found.unmatched == by
    assert found.returns[found.matched] == pytest.approx(returns[by:], rel=1e-12)
    assert f"{by} bars without a benchmark" in found.words


@pytest.mark.parametrize("example", TRADES, ids=named)
def test_trade_statistics_equal_the_reference_value(example: Example) -> None:
    rows, expected = example.rows, example.content["metrics"]
    pnl, held = (
        np.array([float(row[name]) for row in rows]) for name in ("pnl_net", "holding_bars")
    )
    found = trade_statistics(pnl, held)
    assert sorted(set(expected) - set(found)) == []
    assert {k: found[k] for k, v in expected.items() if not same(found[k], v, 1e-9)} == {}
