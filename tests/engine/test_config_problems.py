from __future__ import annotations

from pathlib import Path

import pytest

from engine.config import load_config
from feeds.errors import ConfigError

BASE = """version: 1
name: base
period: {start: 2020-01-01, end: 2020-12-31}
data:
  root: data
  panels:
    coins: {files: "coins/{id}.csv", stamp: day_start, calendar: 24/7, fields: ohlcv}
    equities: {files: RUT.csv, stamp: session_close, calendar: XNYS, fields: ohlcv}
    caps: {files: caps.csv, stamp: instant, calendar: 24/7, fields: [total, btc]}
  events: [builtin]
clock: coins
universe: {ids: [BTC, ETH]}
signals:
  breakout: {kind: equity_breakout, panel: equities}
  risk_on: {kind: expression, when: breakout > 0}
sleeves: {btc: {kind: single, asset: BTC}, alts: {kind: equal_weight, exclude: [BTC]}}
strategy: {kind: rotation, signal: risk_on, on: {alts: 1.0}, off: {btc: 1.0}}
schedule: {kind: weekly, weekday: monday}
execution: {fee_bps: 10, band: 0.01}
benchmarks: {btc: {sleeve: btc}}
"""


def problems(text: str) -> str:
    with pytest.raises(ConfigError) as stopped:
        load_config(text)
    assert stopped.value.exit_code == 3
    return str(stopped.value)


def test_the_base_of_these_tests_is_sound() -> None:
    assert load_config(BASE).name == "base"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        # unknown keys
        ("band: 0.01", "bandd: 0.01",
         "execution.bandd  unknown key. Did you mean `execution.band`?"),
        ("clock: coins", "clock: coins\nfee_bps: 3",
         "unknown key here; it exists as `execution.fee_bps`"),
        ("band: 0.01", "min_age_days: 3", "it exists as `universe.min_age_days`"),
        ("name: base", "name: base\nzzz: 1", "zzz  unknown key. Known here: `version`, `name`"),
        ("panel: equities", "panel: equities, drought: 3",
         "Did you mean `signals.breakout.drought_days`?"),
        ("weekday: monday", "day: 3", "schedule.day  unknown key"),
        ("sleeve: btc", "sleeve: btc, sleve: x", "Did you mean `benchmarks.btc.sleeve`?"),
        ("fields: [total, btc]", "fields: [total, btc], idz: [a]",
         "Did you mean `data.panels.caps.ids`?"),
        # wrong types, with the slip named
        ("fee_bps: 10", "fee_bps: 10%", "expected a number, got text '10%'; write 1000 for 10%"),
        ("band: 0.01", "band: 1%", "expected a number, got text '1%'; write 0.01 for 1%"),
        ("fee_bps: 10", 'fee_bps: "10"', "got text '10'; remove the quotes"),
        ("fee_bps: 10", "fee_bps: 010", "got text '010'; write 10"),
        ("fee_bps: 10", "fee_bps: 10bp", "write the number alone, the unit is part of the key"),
        ("fee_bps: 10", 'cash: "100,000"', "write 100_000"),
        ("fee_bps: 10", "fee_bps: true", "expected a number, got true"),
        ("fee_bps: 10", "fee_bps: null", "expected a number, got null"),
        ("fee_bps: 10", "fee_bps: [1]", "expected a number, got a list"),
        ("fee_bps: 10", "delay_bars: 1.0", "expected a whole number, got 1.0; write 1"),
        ("fee_bps: 10", "delay_bars: 1.5", "expected a whole number, got 1.5"),
        ("weekday: monday", "or_on_change: yes",
         "expected true or false, got text 'yes'; write true"),
        ("weekday: monday", "or_on_change: OFF", "got text 'OFF'; write false"),
        ("[BTC, ETH]", "[BTC, 1000]", "universe.ids[1]  expected text, got 1000; put it in quotes"),
        ("[BTC, ETH]", "[BTC, true]", "expected text, got true; put it in quotes"),
        ("[BTC, ETH]", "BTC", "expected a list, got text 'BTC'"),
        ("{fee_bps: 10, band: 0.01}", "7", "execution  expected a map, got 7"),
        ("signal: risk_on", "signal: 5", "strategy.signal  expected text, got 5; put it in quotes"),
        ("{btc: {kind: single, asset: BTC}, ", "{btc: 5, ",
         "sleeves.btc  expected a map with a `kind`"),
        ("fields: ohlcv}\n    caps", "fields: ohlcx}\n    caps",
         "expected 'ohlcv' or 'ohlc' or a list"),
        ("2020-12-31", "20201231", "period.end  expected a date such as 2020-03-12, got a number"),
        ("2020-12-31", "2020-02-30", "got text '2020-02-30': day is out of range for month"),
        ("2020-12-31", "2020-12-31T00:00", "expected a date such as 2020-03-12"),
        # out of range
        ("fee_bps: 10", "fee_bps: -1", "execution.fee_bps  must be at least 0, got -1"),
        ("band: 0.01", "band: 1", "execution.band  must be below 1, got 1"),
        ("fee_bps: 10", "cash: 0", "execution.cash  must be at least 1e-06, got 0"),
        ("version: 1", "version: 2", "version  expected 1, got 2"),
        ("end: 2020-12-31", "end: 2019-12-31", "start 2020-01-01 is after end 2019-12-31"),
        ("alts: 1.0}", "alts: 0.7, btc: 0.6}", "shares sum to 1.3, above 1: no leverage"),
        ("weekday: monday", "weekday: mon", "got text 'mon'. Did you mean `monday`?"),
        # kinds
        ("equity_breakout,", "equity_breakou,",
         "unknown signal kind `equity_breakou`. Did you mean `equity_breakout`?"),
        ("kind: weekly", "kind: wekly",
         "schedule.kind  unknown kind `wekly`. Did you mean `weekly`?"),
        ("kind: rotation, ", "", "strategy.kind  missing; one of `buy_and_hold`"),
        ("kind: weekly, ", "", "schedule.kind  missing"),
        ("kind: rotation", "kind: 5", "unknown strategy kind `5`"),
        # missing keys
        ("signal: risk_on, ", "", "strategy.signal  missing"),
        ("start: 2020-01-01, ", "", "period.start  missing"),
        ("schedule: {kind: weekly, weekday: monday}\n", "", "say when to decide"),
        ("clock: coins\n", "", "clock  missing"),
        # names
        ("name: base", "name: ../x", "name  use 1 to 80 of the characters A-Z a-z 0-9 . _ -"),
        ("name: base", "name: CON", "'CON' cannot name a directory on every system"),
        ("name: base", "name: com1.txt", "cannot name a directory on every system"),
        ("name: base", "name: ..", "cannot name a directory"),
        ("name: base", f"name: {'x' * 81}", "use 1 to 80"),
        ("name: base", "name: 'a\\b'", "use 1 to 80"),
        ("[BTC, ETH]", "[BTC, ../ETH]", "universe.ids[1]  '../ETH' is no id"),
        ("[BTC, ETH]", "[BTC, ETH, BTC]", "named twice: BTC"),
        ("[BTC, ETH]", "[]", "names no id"),
        ("breakout: {", "time: {", "'time' is a column of decisions.csv"),
        ("breakout: {", "x_age_days: {", "is a column of decisions.csv"),
        ("breakout: {", "and: {", "'and' is no name"),
        ("caps: {", "signals: {", "`signals` is taken by the signals themselves"),
        # paths
        ("RUT.csv", "../RUT.csv",
         "data.panels.equities.files  '../RUT.csv' must be a path below data.root"),
        ("RUT.csv", "/RUT.csv", "must be a path below data.root"),
        ("[builtin]", "[builtin, ../e.csv]",
         "data.events[1]  '../e.csv' must be a path below data.root"),
        # references
        ("signal: risk_on", "signal: riskon",
         "strategy.signal  unknown signal `riskon`. Did you mean `risk_on`?"),
        ("when: breakout", "when: breakot",
         "signals.risk_on.when  unknown signal `breakot`. Did you mean `breakout`?"),
        ("panel: equities", "panel: equitis",
         "unknown panel `equitis`. Did you mean `equities`?"),
        ("panel: equities", "panel: signals",
         "`equity_breakout` reads the rows of a panel: one of `coins`"),
        ("kind: expression", "kind: expression, panel: coins",
         "`expression` reads other signals: leave `panel` out"),
        ("alts: 1.0}", "altz: 1.0}", "strategy.on  unknown sleeve `altz`. Did you mean `alts`?"),
        ("sleeve: btc", "sleeve: btcc", "benchmarks.btc.sleeve  unknown sleeve `btcc`"),
        ("asset: BTC", "asset: BTCC",
         "sleeves.btc.asset  unknown id, not in `universe.ids`: `BTCC`. Did you"),
        ("exclude: [BTC]", "exclude: [DOGE]",
         "sleeves.alts.exclude  unknown id, not in `universe.ids`: `DOGE`"),
        ("clock: coins", "clock: coin", "clock  unknown panel `coin`. Did you mean `coins`?"),
        ("clock: coins", "clock: caps", "`caps` has no prices to trade at"),
        ("clock: coins", "clock: equities",
         "universe.ids  unknown id of `equities` `BTC`. Known: `RUT`"),
        # combinations of keys
        ("stamp: session_close", "stamp: day_start",
         "calendar XNYS goes with `session_close`, not `day_start`"),
        ("calendar: 24/7, fields: ohlcv", "calendar: NOPE, fields: ohlcv",
         "data.panels.coins.calendar  unknown calendar 'NOPE': known ones are 24/7, XNYS"),
        ("calendar: 24/7, fields: ohlcv", "calendar: 24-7, fields: ohlcv",
         "unknown calendar '24-7': did you mean 24/7?"),
        ("stamp: instant", "stamp: session_close",
         "calendar 24/7 goes with `day_start`, `hour_start`, `instant`, `release`"),
        ("RUT.csv, ", "RUT.csv, ids: [A], ", "`ids` needs {id} in `files`"),
        ("  root: data\n", "  simulated: {}\n",
         "data.panels   has no effect beside `data.simulated`"),
        ("when: breakout > 0", "when: breakout >", "signals.risk_on.when  expression 'breakout >'"),
    ],
)  # fmt: skip
def test_each_slip_is_told_with_its_key_and_what_to_do(old: str, new: str, message: str) -> None:
    assert old in BASE
    assert message in problems(BASE.replace(old, new, 1))


def test_all_problems_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = (
        BASE.replace("fee_bps: 10", "fee_bps: ten")
        .replace("equity_breakout", "equity_brakeout")
        .replace("alts: 1.0", "altz: 1.0")
        .replace("2020-12-31", "2019-12-31")
        .replace("caps: {files: caps.csv", "caps: {files: ../caps.csv")
        .replace("stamp: session_close", "stamp: day_start")
    )
    lines = problems(text).splitlines()
    assert lines[0] == "6 problems in the config"
    assert [line.split()[2] for line in lines[1:-1]] == [
        "period",
        "data.panels.equities.stamp",
        "data.panels.caps.files",
        "signals.breakout.kind",
        "strategy.on",
        "execution.fee_bps",
    ]
    assert [line.split()[1] for line in lines[1:-1]] == ["3", "8", "9", "14", "17", "19"]
    assert lines[-1] == "  run `run_backtest.py config explain period` for the allowed keys"


def test_one_bad_signal_does_not_hide_or_invent_problems_of_the_others() -> None:
    text = BASE.replace("kind: equity_breakout", "kind: nothing").replace(
        "signal: risk_on", "signal: x"
    )
    lines = problems(text).splitlines()
    assert lines[0] == "2 problems in the config"
    assert "unknown signal kind `nothing`" in lines[1]
    assert "unknown signal `x`" in lines[2]


def test_signals_that_depend_on_each_other_in_a_circle_are_refused() -> None:
    text = BASE.replace(
        "when: breakout > 0", "when: b > 0}\n  b: {kind: expression, when: risk_on > 0"
    )
    assert "signals.b  depends on itself: b -> risk_on -> b" in problems(text)


def test_a_problem_in_a_base_names_the_base(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE.replace("band: 0.01", "band: 2"), encoding="utf-8")
    child = tmp_path / "child.yaml"
    child.write_text("extends: base.yaml\nname: ..\n", encoding="utf-8")
    with pytest.raises(ConfigError) as stopped:
        load_config(child, ["execution.fee_bps=x"])
    lines = str(stopped.value).splitlines()
    assert lines[0] == f"3 problems in {child}"
    assert lines[1].startswith("  line 2 ")
    assert f"{tmp_path / 'base.yaml'}:19" in "\n".join(lines)
    assert any(line.startswith("  --set ") and "execution.fee_bps" in line for line in lines)


def test_a_config_from_a_mapping_has_no_lines() -> None:
    with pytest.raises(ConfigError) as stopped:
        load_config({"version": 1, "name": "x"})
    lines = str(stopped.value).splitlines()
    assert lines[0] == "4 problems in the config"
    assert {line.split()[0] for line in lines[1:-1]} == {
        "period",
        "data",
        "clock",
        "strategy",
    }


def test_very_many_problems_are_cut() -> None:
    text = BASE + "\n".join(f"bad{i}: 1" for i in range(60)) + "\n"
    lines = problems(text).splitlines()
    assert lines[0] == "60 problems in the config"
    assert lines[-2] == "  and 20 more"


def test_long_text_is_cut_in_a_message() -> None:
    found = problems(BASE.replace("fee_bps: 10", f"fee_bps: {'x' * 5000}"))
    assert len(found) < 400


def test_braces_in_a_name_are_shown_as_they_are() -> None:
    found = problems(BASE.replace("kind: rotation", 'kind: "{0} {x}"'))
    assert "unknown strategy kind `{0} {x}`" in found


def test_a_mapping_whose_on_and_off_became_booleans_says_who_did_it():
    config = {"version": 1, "strategy": {"kind": "rotation", "signal": "s", True: {}, False: {}}}
    with pytest.raises(ConfigError, match=r"strategy\.True +unknown key: a YAML loader turned"):
        load_config(config)
