"""Counts, spread and returns of the trials of a hypothesis, and a result deflated by them."""

from __future__ import annotations

import json
import math
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.trials import Trials, deflated, record, trials_of
from feeds.errors import DataError
from tests.engine.trials.made import Shown, days, drawn, growing, made

UP_DOWN = np.array([0.03, -0.01, 0.03, -0.01])
"""Mean 0.01; deviation sqrt(4 x 0.02^2 / 3) = 0.0230940: Sharpe ratio 0.4330127 a bar."""
FLAT = np.zeros(4)


def recorded(output: Path, *trials: object) -> Trials:
    for trial in trials:
        record(output, trial)  # type: ignore[arg-type]
    return trials_of(output, "alts")


def test_every_trial_counts_once_and_other_hypotheses_only_in_total(tmp_path: Path) -> None:
    found = recorded(
        tmp_path, made(drawn(1)), made(drawn(2)), made(drawn(1)), made(drawn(3), "btc")
    )
    assert (found.count, found.total, found.lost) == (2, 3, 0)
    assert trials_of(tmp_path, "nobody").count == 0
    assert trials_of(tmp_path / "empty", "alts").count == 0


def test_a_trial_with_other_returns_is_written_again_and_counted_once(tmp_path: Path) -> None:
    assert record(tmp_path, made(drawn(1), key="same"))
    assert not record(tmp_path, made(drawn(1), key="same"))
    assert record(tmp_path, made(drawn(2), key="same"))
    found = trials_of(tmp_path, "alts")
    assert found.count == 1
    assert found.trials[0].raw.mean == float(np.mean(drawn(2)))
    assert np.array_equal(found.common().returns[:, 0], drawn(2))


def test_figures_are_those_of_the_returns_raw_and_over_benchmarks(tmp_path: Path) -> None:
    found = recorded(tmp_path, made(UP_DOWN, flat=FLAT, same=UP_DOWN))
    (trial,) = found.trials
    assert trial.raw.sharpe == pytest.approx(math.sqrt(3) / 4)  # 0.01 / 0.0230940
    assert trial.raw.skew == pytest.approx(0.0)  # symmetric
    assert trial.raw.kurtosis == pytest.approx(1.0)  # two values, equally often
    assert trial.raw.above(0.01) == pytest.approx(0.0)
    assert trial.active["flat"] == trial.raw
    assert math.isnan(trial.active["same"].sharpe)  # never off its benchmark
    assert math.isnan(trial.active["same"].above(0.0))


def test_the_spread_is_that_of_ratios_brought_to_one_clock(tmp_path: Path) -> None:
    weekly = made(UP_DOWN, times=days(4, every=7), periods_per_year=365 / 7)
    found = recorded(tmp_path, made(UP_DOWN), weekly, made(FLAT))
    daily = math.sqrt(3) / 4
    # A weekly ratio is sqrt(7) daily ones; that of a trial that never moved is not defined.
    assert found.sharpes(365.0) == pytest.approx([daily, daily / math.sqrt(7), np.nan], nan_ok=True)
    expected = (daily - daily / math.sqrt(7)) ** 2 / 2  # of two values, ddof 1
    assert found.variance(365.0) == pytest.approx(expected)
    assert math.isnan(found.variance(365.0, benchmark="btc"))


def test_what_is_said_of_bars_a_year_does_not_change_what_deflates(tmp_path: Path) -> None:
    # The same six trials on the same days, said to have 365 bars a year, or 1: one search.
    nav = growing(drawn(1))
    returns = np.concatenate((nav[:1], nav[1:] / nav[:-1])) - 1.0
    shown = Shown(nav, {"still": np.ones(50)}, risk_free=0.03)
    left = []
    for said in (365.0, 1.0):
        output = tmp_path / f"{said:.0f}"
        for each in (returns, *(drawn(seed) for seed in range(2, 7))):
            record(output, made(each, periods_per_year=said, still=np.zeros(50)))
        found = deflated(shown, trials_of(output, "alts"))  # type: ignore[arg-type]
        left.append((found.raw, found.active["still"]))
    assert left[0] == left[1]


def test_dates_tell_how_much_coarser_a_clock_is_and_holidays_make_none(tmp_path: Path) -> None:
    weekly = made(UP_DOWN, times=days(4, every=7), periods_per_year=3.0)
    holiday = np.delete(days(50), 30)  # 49 bars in 50 days
    found = recorded(
        tmp_path, made(UP_DOWN), weekly, made(np.resize(UP_DOWN, 49) + 0.0, times=holiday)
    )
    ratios = found.sharpes(365.0, times=days(9))
    daily = math.sqrt(3) / 4
    assert ratios[:2] == pytest.approx([daily, daily / math.sqrt(7)])
    assert ratios[2] == found.trials[2].raw.sharpe
    assert found.bars_a_year(found.trials[1], 252.0, days(9)) == pytest.approx(36.0)
    (tmp_path / ".trials" / weekly.series["times"]).unlink()
    # Without its dates, what was said of a trial is all there is: sqrt(3 / 365).
    left = trials_of(tmp_path, "alts").sharpes(365.0, times=days(9))
    assert left[1] == pytest.approx(daily * math.sqrt(3 / 365))


def test_risk_free_is_taken_off_raw_ratios_only(tmp_path: Path) -> None:
    found = recorded(tmp_path, made(UP_DOWN, flat=FLAT))
    rate = 1.05 ** (1 / 365) - 1
    assert found.sharpes(365.0, risk_free=0.05)[0] == pytest.approx((0.01 - rate) / 0.0230940108)
    assert found.sharpes(365.0, "flat", 0.05)[0] == pytest.approx(math.sqrt(3) / 4)


def test_returns_are_laid_beside_each_other_on_common_dates(tmp_path: Path) -> None:
    longer = np.concatenate(([0.5], UP_DOWN))  # one bar earlier
    finer = np.array([0.1, -0.1, 0.2, 0.0])  # two days of it, in half days
    times = np.datetime64("2020-01-02", "ns") + np.arange(5) * np.timedelta64(12, "h")
    trials = (
        made(UP_DOWN, times=days(4)),
        made(2 * UP_DOWN, times=days(4)),
        made(longer, times=days(5, "2019-12-31")),
        made(finer, times=times),
    )
    common = recorded(tmp_path, *trials).common()
    assert [str(t)[:10] for t in common.times] == ["2020-01-02", "2020-01-03", "2020-01-04"]
    assert common.returns[:, 0] == pytest.approx(UP_DOWN[1:3])
    assert common.returns[:, 2] == pytest.approx(UP_DOWN[1:3])
    # 1.1 x 0.9 - 1 and 1.2 x 1.0 - 1
    assert common.returns[:, 3] == pytest.approx([-0.01, 0.2])
    assert common.apart == {}


def test_trials_of_other_dates_stay_apart(tmp_path: Path) -> None:
    trials = [made(drawn(seed)) for seed in range(3)]
    later = made(drawn(4), times=days(50, "2020-02-10"))  # 10 of 50 days in common
    common = recorded(tmp_path, *trials, later, made(FLAT)).common()
    assert common.returns.shape == (50, 3)
    assert common.apart == {"with too few dates in common": 1, "without a spread": 1}


def test_returns_over_a_benchmark_are_those_of_each_trials_own(tmp_path: Path) -> None:
    one, other = drawn(8), drawn(9)
    found = recorded(tmp_path, made(drawn(1), btc=one), made(drawn(2), btc=other), made(drawn(3)))
    common = found.common("btc")
    assert np.array_equal(common.returns, np.column_stack([drawn(1) - one, drawn(2) - other]))
    assert common.apart == {"without benchmark 'btc'": 1}


@pytest.mark.parametrize("spoil", ["delete", "change", "cut"])
def test_returns_that_are_lost_or_changed_are_told_and_come_back_with_a_rerun(
    tmp_path: Path, spoil: str
) -> None:
    first = made(drawn(1))
    recorded(tmp_path, first, made(drawn(2)))
    path = tmp_path / ".trials" / first.series["returns"]
    content = path.read_bytes()
    if spoil == "delete":
        path.unlink()
    else:
        path.write_bytes(content[:-8] if spoil == "cut" else content[:-8] + bytes(8))
    found = trials_of(tmp_path, "alts")
    assert found.count == 2
    assert found.common().apart == {"whose returns are gone": 1}
    assert not record(tmp_path, first)
    assert path.read_bytes() == content
    assert trials_of(tmp_path, "alts").common().apart == {}


def test_deflated_by_itself_alone_a_ratio_is_the_probabilistic_one(tmp_path: Path) -> None:
    returns = drawn(1)
    shown = Shown(growing(returns), {"still": np.ones(50)}, risk_free=0.03)
    found = deflated(shown, recorded(tmp_path))  # type: ignore[arg-type]
    assert (found.trials, found.total, found.listed) == (1, 0, False)
    excess = returns - (1.03 ** (1 / 365) - 1)
    ratio = np.mean(excess) / np.std(excess, ddof=1)
    away = (excess - np.mean(excess)) / np.std(excess)
    skew, kurtosis = np.mean(away**3), np.mean(away**4)
    error = math.sqrt((1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2) / 49)
    expected = 0.5 * (1 + math.erf(ratio / error / math.sqrt(2)))
    assert found.raw.probability == pytest.approx(expected, rel=1e-9)
    assert found.raw.probability == found.raw.alone
    # Over a benchmark that never moves the returns are raw, and no risk-free rate goes off.
    assert found.active["still"].ratio == pytest.approx(
        np.mean(returns) / np.std(returns, ddof=1), rel=1e-9
    )


def test_the_more_was_tried_the_less_is_left_of_a_ratio(tmp_path: Path) -> None:
    btc = drawn(99)
    nav = growing(drawn(1))
    returns = np.concatenate((nav[:1], nav[1:] / nav[:-1])) - 1.0
    record(tmp_path, made(returns, btc=btc))
    shown = Shown(nav, {"btc": growing(btc)})
    left = []
    for seed in range(2, 8):
        record(tmp_path, made(drawn(seed), btc=btc))
        found = deflated(shown, trials_of(tmp_path, "alts"))  # type: ignore[arg-type]
        assert found.listed
        assert (found.trials, found.raw.trials, found.active["btc"].trials) == (seed, seed, seed)
        left.append((found.raw.probability, found.active["btc"].probability))
    assert left[-1] < left[0] < (found.raw.alone, found.active["btc"].alone)
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["trials"] == 7


def test_copies_of_one_trial_count_for_one_and_strangers_for_many(tmp_path: Path) -> None:
    copies = recorded(tmp_path / "copies", *(made(drawn(1), key=number) for number in range(10)))
    assert copies.count == 10
    assert copies.common().correlation(10) == pytest.approx(1.0)
    # Ten trials whose returns are known and ten that share no date: of 190 pairs 45 correlate.
    assert copies.common().correlation(20) == pytest.approx(45 / 190)
    strangers = recorded(tmp_path / "strangers", *(made(drawn(seed, 2000)) for seed in range(10)))
    table = np.corrcoef(strangers.common().returns.T)
    expected = max(0.0, (table.sum() - 10) / 90)
    assert strangers.common().correlation(10) == pytest.approx(expected, abs=1e-12)


def test_the_streamed_correlation_is_that_of_the_table(tmp_path: Path) -> None:
    common = drawn(90)
    finer = np.repeat(drawn(6, 25), 4)
    half_days = np.datetime64("2020-01-01", "ns") + np.arange(101) * np.timedelta64(12, "h")
    trials = [made(drawn(seed) + common, btc=drawn(seed % 2 + 50)) for seed in range(5)]
    trials += [
        made(drawn(0) + common, key="copy", btc=drawn(50)),
        made(finer, times=half_days, btc=np.zeros(100)),
        made(drawn(7), times=days(50, "2020-01-10")),
        made(drawn(8), times=days(50, "2020-03-10")),
        made(np.zeros(50)),
    ]
    found = recorded(tmp_path, *trials)
    spoilt = tmp_path / ".trials" / trials[1].series["returns"]
    spoilt.write_bytes(bytes(len(spoilt.read_bytes())))  # of the same length
    streamed = found.alike((None, "btc"))
    for benchmark in (None, "btc"):
        table = found.common(benchmark)
        assert streamed[benchmark].apart == table.apart
        assert streamed[benchmark].columns == len(table.trials)
        pairs = np.corrcoef(table.returns.T).sum() - len(table.trials)
        assert streamed[benchmark].pairs == pytest.approx(pairs, abs=1e-9)
        expected = table.correlation(12)
        assert streamed[benchmark].correlation(12) == pytest.approx(expected, abs=1e-12)
    assert streamed[None].apart["whose returns are gone"] == 1


def test_a_plain_run_holds_one_series_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.trials import series

    btc = drawn(99)
    found = recorded(tmp_path, *(made(drawn(seed), btc=btc) for seed in range(20)))
    held: list[weakref.ref[Any]] = []
    most, read = [0], series.returns_of

    def counted(folder: Path, name: str) -> Any:
        values = read(folder, name)
        held.append(weakref.ref(values))
        most.append(sum(each() is not None for each in held))
        return values

    monkeypatch.setattr(series, "returns_of", counted)
    deflated(Shown(growing(btc), {"btc": growing(btc)}), found)  # type: ignore[arg-type]
    assert len(held) == 21  # each once, for raw ratios and those over the benchmark
    assert max(most) <= 3  # the benchmark, a trial, and the next one


def test_a_table_of_the_newest_trials_tells_of_the_others(tmp_path: Path) -> None:
    found = recorded(tmp_path, *(made(drawn(seed)) for seed in range(5)))
    common = found.common(most=2)
    assert np.array_equal(common.returns, np.column_stack([drawn(3), drawn(4)]))
    assert common.apart == {"before the newest 2": 3}
    assert found.common(most=5).apart == {}


def test_an_entry_of_another_version_is_a_data_error(tmp_path: Path) -> None:
    from engine.trials.chain import checked
    from engine.trials.ledger import _append, read_chain

    recorded(tmp_path, made(drawn(1)))
    entry = {"trial": "a" * 64, "hypothesis": "alts", "sharpe": 1.0}
    _append(tmp_path, read_chain(tmp_path), entry)
    assert checked((tmp_path / "trials.jsonl").read_bytes()).faults == ()
    with pytest.raises(DataError, match="another version"):
        trials_of(tmp_path, "alts")
