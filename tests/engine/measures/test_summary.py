"""`summary`: what it gives, what it refuses, and why a figure is undefined."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import summary
from engine.measures.summary import reasons
from engine.measures.table import MEASURES
from feeds.errors import DataError
from tests.conftest import REPOSITORY

R = np.array([0.02, -0.01, 0.03, 0.0, -0.02, 0.01])
DAYS = np.datetime64("2024-01-30") + np.arange(len(R))


def test_figures_that_need_more_are_there_only_where_it_is_given() -> None:
    alone = set(summary(R, periods_per_year=365))
    dated = set(summary(R, periods_per_year=365, timestamps=DAYS))
    against = set(summary(R, periods_per_year=365, benchmark=R / 2))
    both = set(summary(R, periods_per_year=365, benchmark=R / 2, timestamps=DAYS))
    assert "best_month" in dated - alone
    assert "beta" in against - alone
    assert both - dated - against == {
        "up_capture_monthly_geomean",
        "down_capture_monthly_geomean",
    }
    assert both == set(MEASURES)


def test_a_list_is_as_good_as_an_array() -> None:
    assert summary(R.tolist(), periods_per_year=365) == summary(R, periods_per_year=365)


def test_labels_may_be_texts_with_and_without_z() -> None:
    texts = [str(day) for day in DAYS]
    expected = summary(R, periods_per_year=365, timestamps=DAYS)
    assert summary(R, periods_per_year=365, timestamps=texts) == expected
    zulu = [f"{text}T00:00:00Z" for text in texts]
    assert summary(R, periods_per_year=365, timestamps=zulu) == expected


def test_months_are_those_of_the_labels() -> None:
    # 30 and 31 January: 1.02 * 0.99 = 1.0098. February: 1.03 * 1 * 0.98 * 1.01 = 1.019494.
    found = summary(R, periods_per_year=365, timestamps=DAYS)
    assert found["n_months"] == 2
    assert found["worst_month"] == pytest.approx(0.0098, rel=1e-12)
    assert found["best_month"] == pytest.approx(0.019494, rel=1e-12)


def test_the_total_loss_of_everything_is_a_figure_and_not_an_error() -> None:
    returns = [0.1, -1.0, 0.0, 0.0]
    found, why = (of(returns, periods_per_year=365) for of in (summary, reasons))
    assert (found["total_return"], found["cagr"], found["max_drawdown"]) == (-1.0, -1.0, -1.0)
    assert why["stability_r2"] == "the curve fell to 0"


def test_returns_are_never_guessed_to_be_prices() -> None:
    # Prices of 100, 101, 99 are taken for returns of 10,000 % and more, and said to be odd.
    with pytest.warns(UserWarning, match="the returns move by 10000% a bar on average") as said:
        found = summary([100.0, 101.0, 99.0], periods_per_year=1)
    assert [warning.filename for warning in said] == [__file__]
    assert found["total_return"] == pytest.approx(101 * 102 * 100 - 1)


def test_percents_that_no_check_can_refuse_are_wondered_about() -> None:
    # 5 %, 3 %, 2 %, 4 %, 1 % as percents: 300 % a bar on average. One coin that trebled is none.
    percents = np.array([5.0, 3.0, 2.0, 4.0, 1.0] * 10)
    for of in (summary, reasons):
        with pytest.warns(UserWarning, match="returns move by 300% .* 0.01 for 1 %"):
            of(percents, periods_per_year=365)
        with pytest.warns(UserWarning, match="the benchmark's returns move by 300%"):
            of(percents / 100.0, benchmark=percents, periods_per_year=365)
        of(np.append(percents / 100.0, 4.0), periods_per_year=365)


@pytest.mark.filterwarnings("ignore:the .*returns move by")
def test_a_curve_beyond_the_range_of_a_float_is_undefined_and_no_error() -> None:
    found = summary([1e200, 1e200, -0.5], periods_per_year=365, benchmark=[1e300, 1e300, -0.5])
    assert math.isnan(found["total_return"])
    assert not any(math.isinf(value) for value in found.values())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"returns": [0.1, math.nan]}, "the returns: a return is missing .* at place 1"),
        ({"returns": [[0.1], [0.2]]}, "the returns have 2 dimensions"),
        ({"returns": []}, "the returns are empty"),
        ({"benchmark": R[1:]}, r"the benchmark has the shape \(5,\) for 6 bars; align"),
        ({"benchmark": R - 2.0}, "the benchmark's returns: a return of -1.98 is below -1"),
        ({"timestamps": DAYS[1:]}, r"\(5,\) timestamps for 6 returns"),
        ({"timestamps": DAYS[::-1]}, "do not ascend: 2024-02-03 follows 2024-02-04"),
        ({"timestamps": ["x"] * 6}, "the timestamps are no times"),
        ({"timestamps": [*DAYS[:-1], np.datetime64("NaT")]}, "the timestamp at place 5 is missing"),
        ({"periods_per_year": 0.0}, "periods_per_year is 0.0"),
        ({"periods_per_year": "365"}, "periods_per_year is '365'; .* a number"),
        ({"periods_per_year": None}, "periods_per_year is None"),
        ({"periods_per_year": math.nan}, "periods_per_year is nan"),
        ({"periods_per_year": 1e308}, r"periods_per_year is 1e\+308; .* from 0.01 to 1e\+12"),
        ({"periods_per_year": 1e-300}, "periods_per_year is 1e-300"),
        ({"risk_free": math.nan}, "risk_free is nan"),
        ({"risk_free": "0.03"}, "risk_free is '0.03'"),
        ({"risk_free": 1e300}, r"risk_free is 1e\+300"),
        ({"risk_free": 0.5, "periods_per_year": 0.01}, "risk_free is 0.5 at 0.01 bars a year"),
        ({"returns": "abc"}, "the returns are no numbers"),
        ({"returns": [[0.1], [0.1, 0.2]]}, "the returns are no numbers"),
        ({"returns": DAYS}, "the returns are no numbers .they are datetime64"),
        ({"returns": R + 0j}, "the returns are no numbers .they are complex"),
        ({"benchmark": "abc"}, "the benchmark's returns are no numbers"),
        ({"returns": np.ma.masked_array(R, R == 0.03)}, "a return is missing .* at place 2"),
        ({"timestamps": range(6)}, "the timestamps are no times .int64"),
        ({"timestamps": 1.7e9 + 86400.0 * np.arange(6)}, "the timestamps are no times .float64"),
    ],
)
def test_what_is_no_series_of_returns_stops(changed: dict[str, object], words: str) -> None:
    arguments: dict[str, object] = {"returns": R, "periods_per_year": 365.0} | changed
    with pytest.raises(DataError, match=words):
        summary(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("per_year", [0.01, 1, np.int64(252), np.float64(365), 1e12])
def test_any_number_of_bars_a_year_that_can_be_meant_gives_figures(per_year: float) -> None:
    found = summary(R, periods_per_year=per_year, risk_free=0.02)
    assert found["total_return"] == pytest.approx(summary(R, periods_per_year=365)["total_return"])
    assert not any(math.isinf(value) for value in found.values())


INDEX = pd.DatetimeIndex(DAYS)
ROWS = pd.DataFrame({"own": R, "day": DAYS, "other": R[::-1] / 2})


@pytest.mark.parametrize(
    ("returns", "benchmark", "timestamps"),
    [
        (pd.Series(R, INDEX), pd.Series(R[::-1] / 2, INDEX), None),
        (pd.Series(R, INDEX), R[::-1] / 2, DAYS),
        (pd.Series(R, INDEX), pd.Series(R[::-1] / 2, INDEX.tz_localize("UTC")), None),
        (pd.Series(R, INDEX.tz_localize("UTC")), pd.Series(R[::-1] / 2, INDEX), INDEX),
        (pd.Series(R, INDEX), pd.Series(R[::-1] / 2, INDEX), pd.Series(DAYS)),
        (R, pd.Series(R[::-1] / 2, INDEX), DAYS),
        (R, pd.Series(R[::-1] / 2, DAYS.astype(str)), DAYS),
        (R, pd.Series(R[::-1] / 2), None),
        (ROWS["own"], ROWS["other"], ROWS["day"]),
        (ROWS["own"], ROWS["other"], DAYS),
        (ROWS["own"][::-1][::-1], ROWS.set_index("day")["other"], DAYS),
        (R, ROWS.shift(5, axis=0).assign(other=R[::-1] / 2)["other"], ROWS["day"]),
    ],
)
def test_arguments_that_say_the_same_bars_are_taken(
    returns: object, benchmark: object, timestamps: object
) -> None:
    found = summary(returns, periods_per_year=365, benchmark=benchmark, timestamps=timestamps)
    expected = summary(R, periods_per_year=365, benchmark=R[::-1] / 2)
    assert {name: found[name] for name in expected} == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("returns", "benchmark", "timestamps", "words"),
    [
        (
            pd.Series(R, INDEX),
            pd.Series(R, INDEX).shift(1, freq="D"),
            None,
            "2024-01-31 and 2024-01-30 at place 0.*aligned_benchmark",
        ),
        (
            pd.Series(R, INDEX),
            pd.Series(R, INDEX).shift(1, freq="D"),
            DAYS,
            "index is neither that of the returns nor the timestamps .*aligned_benchmark",
        ),
        (R, pd.Series(R, INDEX), None, "aligned_benchmark"),
        (R, pd.Series(R, INDEX), DAYS + 1, "2024-01-30 and 2024-01-31 at place 0"),
        (pd.Series(R, INDEX), pd.Series(R), None, "aligned_benchmark"),
        (ROWS["own"], ROWS["other"].iloc[::-1], None, "aligned_benchmark"),
        (
            pd.Series(R, INDEX),
            None,
            np.append(DAYS[:-1], DAYS[-1] + 1),
            "not those of the returns' own index .2024-02-04 and 2024-02-05 at place 5.",
        ),
        (pd.Series(R, INDEX), None, pd.Series(DAYS + 1), "not those of the returns' own index"),
    ],
)
def test_nothing_is_joined_by_position_against_its_own_stamps(
    returns: object, benchmark: object, timestamps: object, words: str
) -> None:
    for of in (summary, reasons):
        with pytest.raises(DataError, match=words):
            of(returns, periods_per_year=365, benchmark=benchmark, timestamps=timestamps)


def test_the_months_of_stamps_with_a_zone_are_those_of_utc() -> None:
    # The second bar begins at 23:00 UTC on 31 January: one month, not two.
    found = summary(
        [0.1, 0.1],
        periods_per_year=365,
        timestamps=["2024-01-30T00:00:00+00:00", "2024-02-01T01:00:00+02:00"],
    )
    assert found["n_months"] == 1


RETURN = st.one_of(
    st.sampled_from([-1.0, -0.5, 0.0, 0.0, 1e-9, 0.01]),
    st.floats(-1.0, 5.0, allow_nan=False).map(lambda value: round(value, 6)),
)


@pytest.mark.filterwarnings("ignore:the .*returns move by")
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    pairs=st.lists(st.tuples(RETURN, RETURN), min_size=1, max_size=40),
    risk_free=st.sampled_from([0.0, 0.05]),
)
def test_no_figure_is_ever_infinite_and_every_gap_has_its_own_reason(
    pairs: list[tuple[float, float]], risk_free: float
) -> None:
    returns, benchmark = np.array(pairs).T
    given_to = {
        "periods_per_year": 365,
        "risk_free": risk_free,
        "benchmark": benchmark,
        "timestamps": np.datetime64("2024-01-20") + np.arange(len(returns)),
    }
    found, why = summary(returns, **given_to), reasons(returns, **given_to)
    assert not any(math.isinf(value) for value in found.values())
    assert {name for name, value in found.items() if math.isnan(value)} == set(why)
    vague = [name for name, words in why.items() if words == "a value it rests on is undefined"]
    assert vague == []


def test_nothing_heavy_is_imported() -> None:
    program = (
        "import sys; from engine import summary; summary([0.1, -0.1, 0.2], periods_per_year=365, "
        "benchmark=[0.1, 0.2, -0.1], timestamps=['2024-01-01', '2024-01-02', '2024-01-03']);"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"scipy", "pandas", "statsmodels", "arch", "numpy.ma", "backtrader"}
