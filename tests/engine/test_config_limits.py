"""Configs that are far too large, far too deep or far too long: a short answer, and soon."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from engine.config import load_config
from feeds.errors import ConfigError

DEMO = Path(__file__).parents[2] / "configs" / "demo.yaml"
TEXT = DEMO.read_text(encoding="utf-8")

MANY = 15_000
HUGE = {
    "unknown keys": TEXT + "".join(f"k{i}: 1\n" for i in range(MANY)),
    "bad signals": TEXT.replace(
        "  risk_on:", "".join(f"  s{i}: {{kind: x{i}}}\n" for i in range(MANY // 3)) + "  risk_on:"
    ),
    "bad panels": TEXT.replace(
        "  simulated: {seed: 1}",
        "  panels:\n" + "".join(f"    p{i}: {{files: x, stamp: y}}\n" for i in range(MANY // 4)),
    ),
    "unknown ids": TEXT.replace(
        "universe: {", "universe: {ids: [" + ", ".join(f"X{i}" for i in range(MANY)) + "], "
    ),
    "ids twice": TEXT.replace(
        "universe: {", "universe: {ids: [" + ", ".join(f"X{i // 2}" for i in range(MANY)) + "], "
    ),
    "a long kind": TEXT.replace("kind: weekly", "kind: " + "w" * 500_000),
    "a long id": TEXT.replace("universe: {", "universe: {ids: [" + "a" * 300_000 + "], "),
    "a long key": TEXT + "k" * 900 + ": 1\n",
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE.keys())
def test_the_answer_to_a_huge_config_is_short_and_soon(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ConfigError) as caught:
        load_config(text)
    # Quadratic work on this many values takes a minute; ten seconds allow for a slow machine.
    assert time.process_time() - started < 10
    assert len(str(caught.value)) < 40 * 500


def test_more_values_than_any_config_has_are_refused() -> None:
    with pytest.raises(ConfigError, match="more than 20000 values; that is no config"):
        load_config(TEXT + "".join(f"k{i}: 1\n" for i in range(20_001)))


def test_two_large_layers_merge_in_linear_time(tmp_path: Path) -> None:
    # 7,500 keys with 2 origins each in both layers: 56 million comparisons if done in pairs.
    for name, first in (("base", "version: 1\n"), ("child", "extends: base.yaml\n")):
        keys = "".join(f"  k{i}: 1\n" for i in range(MANY // 2))
        (tmp_path / f"{name}.yaml").write_text(f"{first}execution:\n{keys}")
    started = time.process_time()
    with pytest.raises(ConfigError):
        load_config(tmp_path / "child.yaml")
    assert time.process_time() - started < 10


def test_a_chain_of_bases_is_followed_for_32_files(tmp_path: Path) -> None:
    (tmp_path / "0.yaml").write_text(TEXT, encoding="utf-8")
    for i in range(1, 2000):
        (tmp_path / f"{i}.yaml").write_text(f"extends: {i - 1}.yaml\n")
    assert load_config(tmp_path / "31.yaml").name == "demo"
    with pytest.raises(ConfigError, match=r"more than 32 files extend one another") as caught:
        load_config(tmp_path / "1999.yaml")
    assert len(str(caught.value)) < 500


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_link_that_leads_to_itself_is_named(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(ConfigError, match=r"cannot read the config .*loop"):
        load_config(loop)
    with pytest.raises(ConfigError, match=r"data.root: .*loop.* leads to itself"):
        load_config(DEMO, [f"data.root={loop}"])


def test_a_root_that_is_no_text_is_told_in_our_words() -> None:
    with pytest.raises(ConfigError, match=r"data.root +expected text, got 5; put it in quotes"):
        load_config(DEMO, ["data.root=5"])


@pytest.mark.parametrize("name", [".cache", ".tmp-1", "-v"])
def test_a_name_that_would_be_hidden_or_read_as_an_option_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="begin with a letter, a digit or _"):
        load_config(DEMO, [f"name={name}"])


@pytest.mark.parametrize(
    ("key", "bad", "message", "good"),
    [
        ("cash", "1e-7", "must be at least 1e-06, got 1e-07", "1e-6"),
        ("cash", "2e15", "must be at most 1e+15, got 2000000000000000.0", "1e15"),
        ("lot_size", "1e-13", "must be 0 or at least 1e-12, got 1e-13", "1e-12"),
        ("lot_size", "-1.0", "must be at least 0, got -1.0", "0"),
        ("lot_size", "2e15", "must be at most 1e+15", "1e15"),
        ("min_notional", "1e-300", "must be 0 or at least 1e-12", "0"),
        ("min_notional", "1e300", "must be at most 1e+15", "10"),
        ("fee_bps", "1e-10", "must be 0 or at least 1e-09, got 1e-10", "1e-9"),
        ("fee_bps", "10_000", "must be below 10000", "9_999"),
        ("slippage_bps", "5e-324", "must be 0 or at least 1e-09", "0"),
    ],
)
def test_amounts_stay_where_arithmetic_is_exact(
    key: str, bad: str, message: str, good: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(DEMO, [f"execution.{key}={bad}"])
    assert f"execution.{key}  {message}" in str(caught.value)
    assert getattr(load_config(DEMO, [f"execution.{key}={good}"]).execution, key) == float(good)


@pytest.mark.parametrize("parameter", ["drought_days", "fresh_days", "sessions", "rearm_sessions"])
def test_a_breakout_looks_back_a_hundred_years_at_most(parameter: str) -> None:
    key = f"signals.breakout.{parameter}"
    load_config(DEMO, [f"{key}=36500"])
    with pytest.raises(ConfigError, match=rf"{key} +must be at most 36500, got 36501"):
        load_config(DEMO, [f"{key}=36501"])


@pytest.mark.parametrize("parameter", ["mean_days", "slope_days"])
def test_a_share_is_averaged_over_a_hundred_years_at_most(parameter: str) -> None:
    entry = "{kind: alt_dominance, panel: caps, share: btc_cap / total_cap, %s: %d}"
    load_config(DEMO, [f"signals.x={entry % (parameter, 36_500)}"])
    with pytest.raises(ConfigError, match=rf"x.{parameter} +must be at most 36500, got 36501"):
        load_config(DEMO, [f"signals.x={entry % (parameter, 36_501)}"])
