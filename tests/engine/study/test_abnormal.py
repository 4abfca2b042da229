"""Abnormal returns after events: windows, what is left out, what is found and what is not."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest

from engine.study.abnormal import ESTIMATED, TESTS, Abnormal, abnormal_returns
from engine.study.files import as_json, texts_of
from engine.study.held import Held
from engine.study.made import Study
from engine.study.page import page
from engine.tables import from_csv
from feeds.arrays import DAY, Float
from tests.engine.study.studies import held, studied

BARS, APART = 1600, 120
ROWS = 150 + APART * np.arange(12)


def market(seed: int, jump: float = 0.0) -> Held:
    """Alts of beta 1.3 and own noise of 2 %; `jump` is added on each of 7 bars after `ROWS`."""
    random = np.random.default_rng(seed)
    base = random.normal(0.0005, 0.03, BARS)
    alts = 0.0002 + 1.3 * base + random.normal(0.0, 0.02, BARS)
    alts[(ROWS[:, np.newaxis] + np.arange(1, 8)).ravel()] += jump
    return held({"alts": np.cumprod(1.0 + alts), "btc": np.cumprod(1.0 + base)})


def measured(sleeves: Held, rows: list[int] | np.ndarray = ROWS, days: int = 7) -> Abnormal:
    return abnormal_returns(sleeves, "alts", "btc", np.asarray(rows, dtype=np.int64), days)


def regressed(sleeves: Held, row: int, bars: int, skipped: int) -> float:
    """Cumulative abnormal return of one event by least squares on the returns around it."""
    own, other = (sleeves.nav[each][1:] / sleeves.nav[each][:-1] - 1 for each in ("alts", "btc"))
    # Return k is that of the bar that closes at k + 1.
    before = slice(row - 101, row - 1)
    after = slice(row + skipped, row + skipped + bars)
    table = np.column_stack((np.ones(100), other[before]))
    level, slope = np.linalg.lstsq(table, own[before], rcond=None)[0]
    return float(np.sum(own[after] - level - slope * other[after]))


def test_an_injected_return_is_found_by_the_tests() -> None:
    found = measured(market(3, jump=0.01))
    assert (found.events, found.bars, found.why_no_p_values) == (12, 7, "")
    # 7 bars of 1 %, known to 2 % sqrt(7 (1 + 7 / 100) / 12) = 1.6 points.
    assert found.caar == pytest.approx(0.07, abs=2 * 0.016)
    assert list(found.tests) == list(TESTS)
    for name in ("bmp_t_caar", "kolari_pynnonen_t_caar", "patell_z_caar"):
        assert found.tests[name].p_value < 0.01
        assert found.tests[name].stars == "***"


def test_noise_is_starred_about_as_often_as_the_levels_say() -> None:
    found = [measured(market(seed)).tests["bmp_t_caar"] for seed in range(200)]
    # 20 and 2 of 200 are expected, with errors of 4.2 and 1.4.
    assert 8 <= sum(bool(each.stars) for each in found) <= 33
    assert sum(each.stars == "***" for each in found) <= 6


def test_the_returns_are_those_of_a_regression_of_each_event() -> None:
    sleeves = market(4)
    found = measured(sleeves)
    expected = [regressed(sleeves, row, 7, 0) for row in ROWS.tolist()]
    assert found.cumulative.tolist() == pytest.approx(expected, rel=1e-9)
    assert found.caar == pytest.approx(sum(expected) / 12, rel=1e-9)


def test_on_an_exchange_the_window_begins_after_the_next_close() -> None:
    daily = market(5)
    weekdays = np.arange("2000-01-03", "2010-01-01", dtype="datetime64[D]")
    when = weekdays[np.is_busday(weekdays)][:BARS].astype("datetime64[ns]")
    found = measured(Held(when, when, 1, daily.nav, {}))
    # Seven days hold five sessions; the bar in which one can first buy is skipped.
    assert found.bars == 5
    expected = [regressed(daily, row, 5, 1) for row in ROWS.tolist()]
    assert found.cumulative.tolist() == pytest.approx(expected, rel=1e-9)


def test_windows_that_do_not_fit_are_left_out_and_counted() -> None:
    # The first estimation window needs rows 1 to 100, the last event window a seventh bar.
    found = measured(market(6), [100, 101, BARS - 8, BARS - 7])
    early, late = "fewer than 100 bars before it", "the data end within its window"
    assert found.left_out == (early, "", "", late)
    assert np.isnan(found.cumulative).tolist() == [True, False, False, True]
    assert found.reasons == {early: 1, late: 1}
    assert (found.events, found.tests) == (2, {})


def test_gaps_and_unknown_returns_are_left_out() -> None:
    sleeves = market(7)
    late_listing = np.where(np.arange(BARS) < 300, math.nan, sleeves.nav["alts"])
    dark = np.arange(BARS) == 900
    gap = sleeves.when + np.where(np.arange(BARS) < 1206, 0 * DAY, 3 * DAY)
    unpriced = {"alts": np.zeros(BARS, dtype=bool), "btc": dark}
    nav = {"alts": late_listing, "btc": sleeves.nav["btc"]}
    found = measured(Held(gap, gap, 0, nav, {}, unpriced), [400, 401, 895, 899, 901, 1200, 1320])
    not_held, missing = "a sleeve is not held yet", "bars are missing in its windows"
    # 901's own bar, whose return spans two, is in neither of its windows; 900's is.
    assert found.left_out == (not_held, "", missing, missing, missing, missing, "")


def test_without_a_market_that_varies_there_is_nothing_to_measure() -> None:
    sleeves = market(8)
    still = held({"alts": sleeves.nav["alts"], "btc": np.ones(BARS)})
    found = measured(still)
    assert found.reasons == {"the market does not vary": 12}
    assert math.isnan(found.caar)
    assert found.why_no_p_values == "there is no event to measure"
    same = held({"alts": sleeves.nav["btc"], "btc": sleeves.nav["btc"]})
    assert measured(same).reasons == {"the market explains all of its returns": 12}


def test_windows_that_overlap_are_counted() -> None:
    # Windows 201 to 207 and 207 to 213 share a bar, 214 to 220 and 501 to 507 share none. The
    # models at 206 and 213 are estimated up to 205 and 212, that at 500 from 400 on.
    found = measured(market(9), [200, 206, 213, 500])
    assert (found.sharing, found.mixed) == (2, 2)
    # A window of bars 201 to 207 is before the estimation window of 308, 208 to 307.
    assert measured(market(9), [200, 308]).mixed == 0
    assert measured(market(9), [200, 307]).mixed == 1
    # The first bar of the window, 201, is the last one estimated on by an event at 202.
    assert measured(market(9), [200, 202]).mixed == 1
    assert measured(market(9), [200, 201]).mixed == 0


@pytest.mark.parametrize(("events", "judged"), [(9, False), (10, True)])
def test_fewer_than_ten_whole_windows_have_neither_p_values_nor_stars(
    events: int, judged: bool
) -> None:
    found = measured(market(3, jump=0.02), [50, *ROWS[:events]])
    assert bool(found.tests) == judged
    assert found.why_no_p_values == "" if judged else "fewer than 10 whole windows: no p-values"


def unstyled(text: str) -> str:
    return re.sub("<style.*?</style>", "", text, flags=re.DOTALL)


def shown(study: Study) -> tuple[str, str]:
    return study.summary(), unstyled(page(study))


def test_few_events_are_listed_and_not_judged() -> None:
    found = studied("risk_on")
    written = as_json(found)
    assert written["abnormal"]["tests"] is None
    assert written["abnormal"]["why_no_p_values"] == "fewer than 10 whole windows: no p-values"
    assert 'p_value"' not in json.dumps(written)
    assert written["abnormal"]["caar"] == pytest.approx(np.nanmean(found.abnormal.cumulative))
    for text in shown(found):
        assert "CAAR: its mean over" in text
        assert "Fewer than 10 whole windows: no p-values." in text
        assert "BMP" not in text
        assert "*" not in text


def test_many_events_with_few_whole_windows_are_not_judged_either() -> None:
    many, few = studied("often"), measured(market(3, jump=0.02), ROWS[:9])
    size = len(many.events)
    padded = replace(
        few,
        cumulative=np.concatenate((few.cumulative, np.full(size - 9, np.nan))),
        left_out=(*few.left_out, *("the data end within its window",) * (size - 9)),
    )
    found = replace(many, abnormal=padded)
    assert as_json(found)["abnormal"]["tests"] is None
    for text in shown(found):
        assert f"Left out, {size - 9} of {size} events: the data end within its window." in text
        assert "BMP" not in text
        assert "*" not in text


def test_ten_events_and_more_are_judged_in_text_page_and_files() -> None:
    found = replace(studied("often"), abnormal=starred())
    tests = as_json(found)["abnormal"]["tests"]
    assert list(tests) == list(TESTS)
    assert tests["bmp_t_caar"]["stars"] == "***"
    for text in shown(found):
        assert "***" in text
        assert text.index("BMP, t") < text.index("Patell, z: too optimistic")
        assert "two-sided; * below 0.10, ** below 0.05, *** below 0.01" in text
    assert max(map(len, found.summary().splitlines())) <= 100


def starred() -> Abnormal:
    found, size = measured(market(3, jump=0.02)), len(studied("often").events)
    cumulative: Float = np.resize(found.cumulative, size)
    return replace(found, cumulative=cumulative, left_out=("",) * size, sharing=4, mixed=7)


def test_what_is_not_independent_is_told() -> None:
    found = replace(studied("often"), abnormal=starred())
    for text in shown(found):
        words = " ".join(text.split())
        assert "4 of 12 windows share bars with another: p is too small for them" in words
        assert "7 of 12 models are estimated on bars of another" in words
        assert "`merge_days: 7` merges such events" in words


def test_windows_that_share_bars_are_starred_too_often() -> None:
    # Twelve events in six pairs a bar apart: six events, taken for twelve.
    rows = np.sort(np.concatenate((ROWS[::2], ROWS[::2] + 1)))
    found = [measured(market(seed), rows) for seed in range(150)]
    assert {each.sharing for each in found} == {12}
    # 7.5 of 150 would be right, with an error of 2.7.
    assert sum(each.tests["kolari_pynnonen_t_caar"].p_value < 0.05 for each in found) > 15


def test_events_csv_has_the_abnormal_return_or_why_there_is_none() -> None:
    found = studied("often")
    columns = dict(from_csv(texts_of(found)["events.csv"], "events.csv"))
    assert list(columns)[-2:] == ["abnormal_7d", "abnormal_left_out"]
    for value, why in zip(columns["abnormal_7d"], columns["abnormal_left_out"], strict=True):
        assert (value == "") == (why != "")
    assert ESTIMATED == 100
