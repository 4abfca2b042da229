"""An experiment as a whole: the strategy, its benchmarks, and what is counted."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.config import load_config
from engine.fingerprint import plugin_digests
from engine.inputs import prepare_inputs
from engine.laws import check_laws
from engine.runs import run
from engine.schedule import Monthly
from feeds.errors import CheckError, ConfigError, DataError
from feeds.events import Event
from feeds.panel import Panel
from strategies.base import Signal
from strategies.registry import register
from tests.engine import markets
from tests.panels import coins

FILES = {
    "panels": {
        "coins": {
            "files": "{id}.csv",
            "stamp": "day_start",
            "calendar": "24/7",
            "fields": "ohlcv",
        }
    }
}
RAW = {
    "version": 1,
    "name": "raw",
    "clock": "coins",
    "strategy": {"kind": "raw", "name": "sma_cross"},
}


def changed(**parts: Any) -> Any:
    return load_config({**markets.EVERYTHING, **parts})


def test_benchmarks_are_replayed_with_the_same_costs_and_schedule() -> None:
    of = markets.experiment()
    run = markets.simulation(of, markets.prepared(of))
    hold = changed(
        strategy={"kind": "fixed_mix", "mix": {"btc": 1.0}},
        schedule={"kind": "weekly", "weekday": "monday"},
        benchmarks={},
    )
    alone = markets.simulation(hold, markets.prepared(hold))
    np.testing.assert_array_equal(run.benchmarks["btc"].nav, alone.ledger.nav)


def test_a_benchmark_that_is_the_strategy_is_equal_to_it() -> None:
    of = changed(
        strategy={"kind": "fixed_mix", "mix": {"alts": 1.0}},
        benchmarks={"same": {"sleeve": "alts"}},
    )
    run = markets.simulation(of, markets.prepared(of))
    np.testing.assert_array_equal(run.ledger.nav, run.benchmarks["same"].nav)


def test_a_benchmark_waits_for_a_member_where_only_changes_decide() -> None:
    # No coin is 45 days old when the period starts, and a constant signal never changes.
    of = changed(
        universe={"min_age_days": 45},
        schedule={"kind": "on_change"},
        benchmarks={"alts": {"sleeve": "alts"}},
    )
    inputs = markets.prepared(of)
    run = markets.simulation(of, inputs)
    alts = [column for column, name in enumerate(inputs.clock.ids) if name != "BTC"]
    first = int(np.flatnonzero(inputs.eligible[:, alts].any(axis=1))[0])
    assert first > 0
    orders = run.benchmarks["alts"].orders
    bought = {order.decided_at for order in orders if order.status != "written_off"}
    assert bought == {inputs.period.known_at[first]}


def test_a_raw_strategy_gets_benchmarks_that_are_bought_once_and_held() -> None:
    raw = {
        "kind": "raw",
        "name": "sma_cross",
        "params": {"fast": 5, "slow": 20},
    }
    parts = {key: markets.EVERYTHING[key] for key in ("version", "name", "period", "data", "clock")}
    of = load_config(
        {
            **parts,
            "strategy": raw,
            "sleeves": {"btc": {"kind": "single", "asset": "BTC"}},
            "benchmarks": {"btc": {"sleeve": "btc"}},
        }
    )
    inputs = markets.prepared(of)
    run = markets.simulation(of, inputs)
    assert len([order for order in run.ledger.orders if order.shares]) > 10
    assert run.ledger.path == "stock backtrader: the raw strategy 'SmaCross'"
    assert run.benchmarks["btc"].path == "fast"
    bought = [order.id for order in run.benchmarks["btc"].orders]
    assert bought == ["BTC"]
    check_laws(run.ledger, inputs.period, of.execution, long_only=False)


def test_closes_are_counted_by_what_the_rule_could_know() -> None:
    # Dominance against a mean of 91 days is unknown for 13 weeks of a series that starts with
    # the coins, one month before the period.
    signals = {
        "share": {
            "kind": "alt_dominance",
            "panel": "caps",
            "share": "btc_cap / total_cap",
            "mean_days": 91,
        },
    }
    of = changed(
        signals=signals,
        strategy={"kind": "rotation", "signal": "share", "on": {"alts": 1.0}, "off": {"btc": 1.0}},
        benchmarks={},
    )
    inputs = markets.prepared(of)
    run = markets.simulation(of, inputs)
    caps = inputs.panels["caps"]
    known = caps.known_at[caps.label >= caps.label[0] + np.timedelta64(91, "D")][0]
    warm_up = int((inputs.period.known_at < known).sum())
    assert run.counts["closes_warm_up"] == warm_up
    assert run.counts["closes_signal_unknown"] == 0
    assert np.all(run.ledger.nav[:warm_up] == run.ledger.start_cash)
    assert [d.reason for d in run.decisions[:2]] == ["warm_up", "warm_up"]


def test_a_stale_signal_is_unknown_and_holdings_stay() -> None:
    signals = {
        "share": {
            "kind": "alt_dominance",
            "panel": "caps",
            "share": "btc_cap / total_cap",
            "max_age_days": 3,
        },
    }
    of = changed(
        signals=signals,
        strategy={"kind": "rotation", "signal": "share", "on": {"btc": 1.0}, "off": {}},
        benchmarks={},
    )
    run = markets.simulation(of, markets.prepared(of))
    # Weekly values of Sunday 00:00 are known until Wednesday 00:00: 4 closes of 7.
    unknown = run.counts["closes_signal_unknown"] / len(run.ledger.time)
    assert unknown == pytest.approx(3 / 7, abs=0.01)


def test_the_schedule_counts_weeks_and_months_from_before_the_period() -> None:
    of = changed(
        period={"start": "2018-02-10", "end": "2018-04-30"},
        strategy=markets.STRATEGIES["fixed_mix"],
        schedule={"kind": "monthly"},
        benchmarks={},
    )
    run = markets.simulation(of, markets.prepared(of))
    found = [(str(run.ledger.time[d.row])[:10], d.reason) for d in run.decisions]
    assert found == [
        ("2018-02-11", "initial"),
        ("2018-03-01", "scheduled"),
        ("2018-04-01", "scheduled"),
        ("2018-05-01", "scheduled"),
    ]
    assert isinstance(of.schedule, Monthly)


def test_min_age_days_keeps_young_coins_out() -> None:
    of = changed(
        universe={"min_age_days": 60},
        strategy={"kind": "fixed_mix", "mix": {"alts": 1.0}},
        benchmarks={},
    )
    inputs = markets.prepared(of)
    period, clock = inputs.period, inputs.clock
    for column in range(len(clock.ids)):
        first = clock.label[np.flatnonzero(clock.has_bar[:, column])[0]]
        old = period.label >= first + np.timedelta64(60, "D")
        np.testing.assert_array_equal(inputs.eligible[:, column], old & period.has_bar[:, column])


def test_an_id_that_lists_after_the_end_of_the_data_is_left_out_with_a_warning() -> None:
    panel = coins({"A": [2.0] * 5, "B": [3.0] * 5})
    days = [np.datetime64(day, "D") for day in ("2020-01-08", "2020-02-01")]
    reuse = Event("A", "reuse", days[0], days[1], 0.0, "A2", "a test")
    of = load_config(
        {
            **RAW,
            "period": {"start": "2020-01-01", "end": "2020-01-05"},
            "data": FILES,
            "universe": {"ids": ["A", "A2", "B"]},
        }
    )
    inputs = prepare_inputs(of, {"coins": panel}, {"coins": [reuse]}, simulated=False)
    assert inputs.clock.ids == ("A", "B")
    assert inputs.warnings == ("no bar by the end of the period, left out: A2",)


def test_a_change_of_unit_without_an_event_stops_the_run() -> None:
    # A tenth of a coin for one: the price is ten times as high, the money traded is the same.
    price = [2.0, 2.0, None, 20.0, 20.0]
    of = load_config(
        {
            **RAW,
            "period": {"start": "2020-01-01", "end": "2020-01-05"},
            "data": FILES,
            "universe": {"ids": ["A", "B"]},
        }
    )

    def prepare(volume: list[float]) -> Any:
        panel = coins({"A": price, "B": [1.0] * 5}, volume={"A": volume, "B": [1.0] * 5})
        return prepare_inputs(of, {"coins": panel}, {"coins": ()}, simulated=False)

    with pytest.raises(DataError, match=r"A opens at 20 on 2020-01-04 .* another unit"):
        prepare([50.0, 50.0, np.nan, 5.0, 5.0])
    (warning,) = prepare([50.0, 50.0, np.nan, 50.0, 50.0]).warnings
    assert warning.startswith("A opens at 20 on 2020-01-04 after missing bars and a close of 2.")


@pytest.mark.parametrize(
    ("period", "message"),
    [
        (
            {"start": "2017-12-31", "end": "2018-06-01"},
            r"period.start 2017-12-31 is before the data",
        ),
        ({"start": "2018-02-01", "end": "2030-01-01"}, r"period.end 2030-01-01 is after the data"),
    ],
)
def test_a_period_outside_the_data_is_refused(period: dict[str, str], message: str) -> None:
    of = changed(period=period)
    with pytest.raises(DataError, match=message):
        markets.prepared(of)


@register("tomorrow")
class Tomorrow(Signal):
    """Whether tomorrow's close is higher: reads the future."""

    def values(self, seen: Panel) -> np.ndarray:
        close = seen.column("close")
        return np.append(close[1:] > close[:-1], False).astype(np.float64)


def test_a_signal_that_reads_the_future_stops_before_the_first_order(tmp_path: Any) -> None:
    of = changed(
        signals={"x": {"kind": "tomorrow", "panel": "equities"}},
        strategy={"kind": "rotation", "signal": "x", "on": {"alts": 1.0}, "off": {"btc": 1.0}},
    )
    with pytest.raises(CheckError) as error:
        run(of, output=tmp_path)
    assert "signal 'x' reads the future at 20" in str(error.value)
    assert "with" in str(error.value)
    assert "without later rows)" in str(error.value)
    assert not (tmp_path / "everything").exists()


OWN = """
from strategies.base import Signal
from strategies.registry import register

@register("own")
class Own(Signal):
    def values(self, seen):
        return {sign} * seen.column("close")
"""


def test_the_code_of_an_own_class_is_part_of_the_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    found = []
    for sign in ("1.0", "-1.0"):
        (tmp_path / "own_signal.py").write_text(OWN.replace("{sign}", sign))
        sys.modules.pop("own_signal", None)
        importlib.invalidate_caches()
        cls = importlib.import_module("own_signal").Own
        found.append(plugin_digests([cls]))
    assert list(found[0]) == ["own_signal.Own"]
    assert found[0] != found[1]


def test_a_class_without_a_file_stands_for_its_code() -> None:
    def digest(body: str) -> str:
        space: dict[str, Any] = {"__name__": "notebook"}
        exec(f"class Own:\n    def values(self, seen):\n        {body}", space)
        return plugin_digests([space["Own"]])["notebook.Own"]

    assert digest("return seen + 1") == digest("return seen + 1")
    assert digest("return seen + 1") != digest("return seen + 2")
    assert digest("return [n for n in seen]") != digest("return [n + 1 for n in seen]")


def test_built_in_classes_are_covered_by_the_digest_of_the_package() -> None:
    of = markets.experiment()
    assert plugin_digests([type(signal) for signal in of.signals.values()]) == {}


def test_overrides_of_a_loaded_config_are_refused() -> None:
    with pytest.raises(ConfigError, match="overrides have no effect on a config that is loaded"):
        run(markets.experiment(), overrides=["execution.fee_bps=77"])
