from __future__ import annotations

import copy
import datetime
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.config import load_config
from engine.config.derived import SIMULATED
from engine.config.loader import parse
from feeds.errors import ConfigError
from feeds.simulated import SimulatedSpec, simulate

CONFIGS = Path(__file__).parents[2] / "configs"
DEMO = parse((CONFIGS / "demo.yaml").read_text(encoding="utf-8"), "demo.yaml").values
FILES = """version: 1
name: files
period: {start: 2020-01-01, end: 2020-12-31}
data:
  root: data
  panels:
    coins: {files: "coins/{id}.csv", stamp: day_start, calendar: 24/7, fields: ohlcv}
    caps: {files: caps.csv, stamp: instant, calendar: 24/7, fields: [a, b]}
clock: coins
universe: {ids: [BTC, ETH]}
sleeves: {all: {kind: equal_weight}}
strategy: {kind: fixed_mix, mix: {all: 1.0}}
schedule: {kind: weekly}
"""


def changed(path: str, value: Any, base: dict[str, Any] = DEMO) -> dict[str, Any]:
    """The demo config with the value at a dotted path replaced."""
    out = copy.deepcopy(base)
    *above, last = path.split(".")
    here = out
    for part in above:
        here = here.setdefault(part, {})
    here[last] = value
    return out


def problems(config: Any) -> str:
    with pytest.raises(ConfigError) as stopped:
        load_config(config)
    assert stopped.value.exit_code == 3
    return str(stopped.value)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_config_loads_and_reads_back_as_itself(path: Path) -> None:
    found = load_config(path)
    again = load_config(found.to_yaml())
    assert again.resolved() == found.resolved()
    assert again.to_yaml() == found.to_yaml()


@pytest.mark.shared
def test_the_rotation_universe_has_a_file_for_every_id(shared: Path) -> None:
    found = load_config(CONFIGS / "rotation.yaml", [f"data.root={shared / 'data'}"])
    assert found.data.root is not None
    for spec in found.data.panels.values():
        files = spec.otherwise and spec.otherwise.files
        assert files
        for name in found.universe.ids:
            assert (found.data.root / files.replace("{id}", name)).is_file()
    assert len(found.universe.ids) >= 32


def test_the_parts_have_their_types() -> None:
    found = load_config(FILES)
    assert found.period.start == datetime.date(2020, 1, 1)
    assert found.universe.ids == ("BTC", "ETH")
    assert found.execution.cash == 100_000.0
    assert found.data.root == Path("data").absolute()
    assert found.hypothesis is None
    assert found.report.periods_per_year == 365.0
    with pytest.raises(Exception, match="frozen"):
        found.name = "other"  # type: ignore[misc]


def test_the_order_of_names_in_the_file_does_not_matter() -> None:
    def backwards(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: backwards(value[key]) for key in reversed(value)}
        return value

    other = changed("universe.ids", ["SIM02", "BTC", "SIM01"])
    other = changed("sleeves.alts.exclude", ["SIM01", "BTC"], other)
    same = changed("universe.ids", ["BTC", "SIM01", "SIM02"])
    same = changed("sleeves.alts.exclude", ["BTC", "SIM01"], same)
    assert load_config(backwards(other)).to_yaml() == load_config(same).to_yaml()


def test_equal_numbers_written_differently_resolve_alike() -> None:
    assert (
        load_config(changed("execution.fee_bps", 10)).to_yaml()
        == load_config(changed("execution.fee_bps", 10.0)).to_yaml()
    )


def test_the_resolved_form_has_every_default_and_no_root() -> None:
    resolved = load_config(FILES).resolved()
    assert resolved["execution"]["max_stale_days"] == 30
    assert resolved["sleeves"] == {
        "all": {
            "kind": "equal_weight",
            "exclude": [],
            "max_weight": None,
            "min_median_quote_volume": 0.0,
            "volume_days": 30,
        }
    }
    assert resolved["schedule"] == {"or_on_change": False, "kind": "weekly", "weekday": "monday"}
    assert list(resolved["data"]) == ["panels", "computed", "events", "coins", "quality"]
    assert load_config(FILES, ["data.root=/elsewhere"]).resolved() == resolved


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
@example("a\x85b\n")
def test_any_text_survives_the_way_through_yaml(claim: str) -> None:
    config = changed("hypothesis", {"id": "h", "claim": claim})
    found = load_config(config)
    again = load_config(found.to_yaml())
    assert again.hypothesis is not None
    assert again.hypothesis.claim == claim


@pytest.mark.parametrize("claim", ["1e-3", "ON", "null", "2020-01-01", "12:30", "100_000", "- a"])
def test_text_that_looks_like_something_else_survives_too(claim: str) -> None:
    found = load_config(changed("hypothesis", {"id": "h", "claim": claim}))
    text = found.to_yaml()
    again = load_config(text).hypothesis
    assert again is not None
    assert again.claim == claim
    assert yaml.safe_load(text)["hypothesis"]["claim"] == claim


@pytest.mark.parametrize(
    ("stamp", "calendar", "expected"),
    [
        ("day_start", "24/7", 365.0),
        ("hour_start", "24/7", 8760.0),
        ("session_close", "XNYS", 252.0),
    ],
)
def test_periods_per_year_follow_from_the_clock(stamp: str, calendar: str, expected: float) -> None:
    text = FILES.replace(
        "stamp: day_start, calendar: 24/7", f"stamp: {stamp}, calendar: {calendar}"
    )
    assert load_config(text).report.periods_per_year == expected
    given = f"{text}report: {{periods_per_year: 12}}\n"
    assert load_config(given).report.periods_per_year == 12.0


def test_periods_per_year_are_asked_for_where_the_clock_does_not_tell() -> None:
    text = FILES.replace("stamp: day_start", "stamp: instant")
    assert "write `report: {periods_per_year: 365}`" in problems(text)


def test_ids_left_out_are_those_of_the_clock() -> None:
    single = FILES.replace("universe: {ids: [BTC, ETH]}\n", "").replace("{id}", "BTC.daily")
    assert load_config(single).universe.ids == ("BTC",)
    listed = FILES.replace("universe: {ids: [BTC, ETH]}\n", "").replace(
        "fields: ohlcv}", "fields: ohlcv, ids: [X, Y]}"
    )
    assert load_config(listed).universe.ids == ("X", "Y")
    nowhere = FILES.replace("universe: {ids: [BTC, ETH]}\n", "")
    assert "list the ids that {id} stands for" in problems(nowhere)


@pytest.mark.parametrize("coins", [8, 24, 120])
def test_what_the_config_says_of_simulated_panels_is_what_is_simulated(coins: int) -> None:
    spec = SimulatedSpec(coins=coins, days=400)
    panels, _ = simulate(spec)
    assert sorted(panels) == sorted(SIMULATED)
    for name, panel in panels.items():
        shape = SIMULATED[name]
        assert shape.ids(spec) == panel.ids
        assert (shape.calendar, shape.tradable) == (panel.calendar, panel.tradable)


def test_a_raw_strategy_needs_neither_sleeves_nor_schedule() -> None:
    text = FILES[: FILES.index("sleeves")] + "strategy: {kind: raw, name: sma_cross, %s}\n"
    found = load_config(text % "params: {fast: 5}")
    assert found.resolved()["strategy"] == {
        "kind": "raw",
        "name": "sma_cross",
        "params": {"fast": 5, "share": 0.95, "slow": 100},
    }
    assert load_config(found.to_yaml()).resolved() == found.resolved()
    for bad, message in (
        ("params: {fastt: 5}", "unknown parameter `fastt`. Did you mean `fast`?"),
        ("params: {fast: five}", "expected a whole number, as the default 20, got 'five'"),
        ("params: {fast: 5.5}", "strategy.params.fast  expected a whole number"),
        ("params: {fast: true}", "strategy.params.fast  expected a whole number"),
        ("params: {share: all}", "expected a number, as the default 0.95, got 'all'"),
        ("params: {fast: [5]}", "got a list"),
        ("schedule: {}", "unknown key"),
    ):
        assert message in problems(text % bad)
    assert "unknown raw strategy `sma_cros`" in problems(text.replace("sma_cross, %s", "sma_cros"))


def test_a_whole_number_is_a_number_to_a_raw_strategy() -> None:
    text = FILES[: FILES.index("sleeves")] + "strategy: {kind: raw, name: sma_cross, %s}\n"
    found = load_config(text % "params: {share: 1}").resolved()
    assert found["strategy"]["params"]["share"] == 1


def test_keys_without_effect_on_a_raw_strategy_are_refused() -> None:
    text = FILES.replace("{kind: fixed_mix, mix: {all: 1.0}}", "{kind: raw, name: sma_cross}")
    text += "execution: {band: 0.1}\n"
    found = problems(text)
    assert "schedule" in found
    assert "write `schedule: null`" in found
    assert "execution.band" in found
    fine = text.replace("{kind: weekly}", "null").replace("execution: {band: 0.1}\n", "")
    assert load_config(fine).schedule is None


def test_reading_a_config_imports_no_heavy_library() -> None:
    heavy = ("pandas", "pyarrow", "exchange_calendars", "scipy", "matplotlib", "backtrader")
    code = (
        "import sys\nfrom engine.config import load_config\n"
        f"load_config({str(CONFIGS / 'rotation.yaml')!r})\n"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=CONFIGS.parent, check=True
    )
    assert done.stdout.strip() == "[]"
