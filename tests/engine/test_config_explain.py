from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.config import load_config
from engine.config.explain import explain
from engine.config.schema import json_schema, node_at
from feeds.errors import ConfigError
from strategies import registry

REPOSITORY = Path(__file__).parents[2]


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict) and value:
        return [leaf for key, below in value.items() for leaf in leaves(below, (*path, key))]
    return [path]


@pytest.mark.parametrize("name", ["demo", "rotation", "alts_hold"])
def test_the_schema_knows_every_key_of_a_resolved_config(name: str) -> None:
    values = load_config(REPOSITORY / "configs" / f"{name}.yaml").resolved()
    unknown = [path for path in leaves(values) if node_at(path, values) is None]
    assert unknown == []


def test_the_schema_is_json_and_its_references_lead_somewhere() -> None:
    text = json.dumps(json_schema(), allow_nan=False)
    references = set(text.split('"$ref": "#/$defs/')[1:])
    names = {part.split('"')[0] for part in references}
    assert names <= set(json_schema()["$defs"])
    assert names


def test_the_schema_holds_every_registered_kind() -> None:
    properties = json_schema()["properties"]
    for family, entries in (
        ("signal", properties["signals"]["additionalProperties"]),
        ("basket", properties["sleeves"]["additionalProperties"]),
        ("strategy", properties["strategy"]),
    ):
        kinds = {choice["properties"]["kind"]["const"] for choice in entries["oneOf"]}
        assert set(registry.kinds(family)) <= kinds
        assert all("kind" in choice["required"] for choice in entries["oneOf"])


def test_the_schema_asks_for_no_key_that_is_derived() -> None:
    schema = json_schema()
    assert "report" not in schema["required"]
    assert "universe" not in schema["required"]
    assert "name" in schema["required"]
    assert schema["additionalProperties"] is False
    assert "^x-" in schema["patternProperties"]
    assert "extends" in schema["properties"]


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        (
            "",
            ["An experiment: which data", "version", "execution", "extends", "required", "derived"],
        ),
        ("execution.band", ["number, at least 0, below 1; default 0.0", "change of weight"]),
        ("execution", ["fee_bps", "fee on every fill's notional", "scale, reject; default scale"]),
        ("signals", ["kind: equity_breakout", "kind: expression"]),
        ("signals.equity_breakout", ["drought_days", "whole number", "default 365"]),
        ("signals.equity_breakout.price", ["close, high; default close"]),
        ("strategy.rotation.signal", ["text; required"]),
        ("strategy.raw.params", ["map of names"]),
        ("schedule.weekly.weekday", ["monday, tuesday", "default monday"]),
        ("data.panels", ["stamp", "day_start, hour_start, session_close, instant, release"]),
        ("data.simulated.effect", ["number, at least 0, at most 10; default 1.0"]),
        ("benchmarks", ["sleeve", "text or null; default null", "held throughout"]),
        ("period.start", ["date; required"]),
        ("report.periods_per_year", ["at most 1_000_000; derived"]),
    ],
)
def test_a_key_is_explained_by_type_range_default_and_meaning(key: str, parts: list[str]) -> None:
    text = explain(key)
    for part in parts:
        assert part in text
    assert max(len(line) for line in text.splitlines()) <= 110


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("exec", "unknown key `exec`. Did you mean `execution`?"),
        ("execution.bandd", "unknown key `bandd`. Did you mean `band`? under `execution`"),
        ("signals.equity_breakou", "Did you mean `equity_breakout`?"),
        ("strategy.signal", "ask for `strategy.rotation.signal`"),
        ("name.x", "unknown key `x`"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest(key: str, message: str) -> None:
    with pytest.raises(ConfigError) as stopped:
        explain(key)
    assert message in str(stopped.value)


def test_the_table_in_the_docs_is_the_one_of_the_schema() -> None:
    text = (REPOSITORY / "docs" / "config.md").read_text(encoding="utf-8")
    written = text.split("<!-- keys: begin -->\n")[1].split("<!-- keys: end -->")[0]
    # In a process of its own: other tests register kinds.
    command = [sys.executable, "run_backtest.py", "config", "explain", "--markdown"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert written == done.stdout, "write it again with `python docs/make.py`"
