"""Universes that are chosen at the time, and computed panels, from config to results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.cli import main
from engine.config import load_config
from engine.inputs import load_inputs
from engine.progress import Progress
from engine.runs import run
from feeds.errors import ConfigError, DataError

QUIET = Progress(quiet=True)
DAYS = np.arange("2020-01-01", "2020-04-01", dtype="datetime64[D]")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A is the largest coin until mid-February, then B, which doubles on 10 February."""
    for folder in ("bars", "caps", "supply"):
        (tmp_path / folder).mkdir()
    for id, caps in (("AAA", (9.0, 3.0)), ("BBB", (3.0, 9.0))):
        bars, rows = ["date,open,high,low,close,volume"], ["date,market_cap"]
        for day in DAYS:
            price = 20.0 if id == "BBB" and day >= np.datetime64("2020-02-10") else 10.0
            bars.append(f"{day},{price},{price},{price},{price},100")
            rows.append(f"{day},{caps[int(day >= np.datetime64('2020-02-15'))]}")
        supply = ["date,circulating_supply", "2020-01-01,2", "2020-03-01,4"]
        (tmp_path / f"bars/{id}.csv").write_text("\n".join(bars))
        (tmp_path / f"caps/{id}.csv").write_text("\n".join(rows))
        (tmp_path / f"supply/{id}.csv").write_text("\n".join(supply))
    return tmp_path


def config(root: Path, **changes: Any) -> dict[str, Any]:
    of = {"calendar": "24/7", "ids": ["AAA", "BBB"]}
    instant = {**of, "stamp": "instant"}
    return {
        "version": 1,
        "name": "members",
        "period": {"start": "2020-01-02", "end": "2020-03-31"},
        "data": {
            "root": str(root),
            "panels": {
                "coins": {**of, "files": "bars/{id}.csv", "stamp": "day_start", "fields": "ohlcv"},
                "caps": {**instant, "files": "caps/{id}.csv", "fields": ["market_cap"]},
                "supply": {
                    **instant,
                    "files": "supply/{id}.csv",
                    "fields": ["circulating_supply"],
                },
            },
        },
        "clock": "coins",
        "universe": {"ids": ["AAA", "BBB"], "members": {"caps": "caps", "top": 1}},
        "sleeves": {"all": {"kind": "equal_weight"}},
        "strategy": {"kind": "fixed_mix", "mix": {"all": 1.0}},
        "schedule": {"kind": "monthly"},
        "execution": {"fee_bps": 0, "slippage_bps": 0, "reserve": 0},
        **changes,
    }


def test_members_are_those_of_the_time(root: Path) -> None:
    inputs = load_inputs(load_config(config(root)), None, QUIET)
    assert inputs.members is not None
    # Chosen at the closes of 31 January and 29 February, with the caps known then.
    stays = [(stay.coin, str(stay.since)[:10]) for stay in inputs.members.stays]
    assert stays == [("aaa", "2020-02-01"), ("bbb", "2020-03-01")]
    days = inputs.period.known_at.astype("datetime64[D]")
    february = (days >= np.datetime64("2020-02-01")) & (days < np.datetime64("2020-03-01"))
    assert inputs.eligible[:, 0].tolist() == february.tolist()
    assert inputs.eligible[:, 1].tolist() == (days >= np.datetime64("2020-03-01")).tolist()


def test_rows_that_come_later_change_no_member(root: Path) -> None:
    whole = load_inputs(load_config(config(root)), None, QUIET)
    early = {"period": {"start": "2020-01-02", "end": "2020-02-20"}}
    short = load_inputs(load_config(config(root, **early)), None, QUIET)
    assert np.array_equal(whole.eligible[: len(short.eligible)], short.eligible)


def test_the_audit_tells_what_hindsight_earns(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "members.json.yaml"
    path.write_text(json.dumps(config(root)))
    assert main(["universe", "audit", str(path), "-o", str(tmp_path), "--json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    # A is flat while it is held and B after it has doubled; B held throughout doubles once.
    bars = 90  # 2 January to 31 March
    assert found["at_the_time"] == pytest.approx(0.0, abs=1e-12)
    assert found["at_the_end"] == pytest.approx(2.0 ** (365 / bars) - 1.0, rel=1e-9)
    assert found["gap_points"] == pytest.approx(100 * found["at_the_end"])


def test_show_tells_the_verdict_on_every_candidate(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "members.json.yaml"
    path.write_text(json.dumps(config(root)))
    typed = ["universe", "show", "2020-03-20", str(path), "-o", str(tmp_path), "--json", "-q"]
    assert main(typed) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"rank": 1, "coin": "bbb", "market_cap": 9, "why": "member"}
    ]
    # In February it was A, whatever the caps of the 20th say.
    assert main([*typed[:2], "2020-02-20", *typed[3:]]) == 0
    assert [row["coin"] for row in json.loads(capsys.readouterr().out)] == ["aaa"]
    assert main([*typed[:2], "2020-01-20", *typed[3:]]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main([*typed[:2], "2021-01-01", *typed[3:]]) == 3
    assert "is after the period, which ends at 2020-04-01" in capsys.readouterr().err


def test_members_and_definitions_are_kept_with_the_result(root: Path, tmp_path: Path) -> None:
    of = config(root)
    of["data"]["computed"] = {"market": {"kind": "dominance", "caps": "caps", "top": 1}}
    result = run(of, output=tmp_path / "results", tearsheet=True)
    assert [stay["coin"] for stay in result.manifest["universe"]["members"]] == ["aaa", "bbb"]
    assert result.manifest["universe"]["point_in_time"] is True
    words = result.manifest["definitions"]["market"]
    assert words == "the 125 largest coins; others are all but the top 1, ranked anew at every row"
    page = (result.path / "tearsheet.html").read_text()
    assert "Members of the universe (2 stays)" in page
    assert words in page


def test_panels_are_computed_from_others(root: Path) -> None:
    of = config(root)
    of["data"]["computed"] = {
        "own_caps": {"kind": "caps", "prices": "coins", "supply": "supply", "max_age_days": 100},
        "market": {"kind": "dominance", "caps": "own_caps", "top": 1},
    }
    panels = load_inputs(load_config(of), None, QUIET).panels
    own = panels["own_caps"]
    # Price times supply: 10 x 2 at first; B at 20 x 2 on 10 February and 20 x 4 in March.
    row = {str(label)[:10]: place for place, label in enumerate(own.label)}
    assert own.ids == ("aaa", "bbb")
    assert own["market_cap"][row["2020-01-05"]].tolist() == [20.0, 20.0]
    assert own["market_cap"][row["2020-02-10"]].tolist() == [20.0, 40.0]
    assert own["market_cap"][row["2020-03-05"]].tolist() == [40.0, 80.0]
    # Others are all but the largest: 40 of 120.
    assert panels["market"]["others_d"][row["2020-03-05"], 0] == pytest.approx(100 / 3)


def test_a_table_of_members_takes_the_place_of_rules(root: Path) -> None:
    (root / "members.csv").write_text("coin,since,until,source\nbbb,2020-02-01,2020-02-03,me\n")
    of = config(root, universe={"ids": ["AAA", "BBB"], "members_file": "members.csv"})
    inputs = load_inputs(load_config(of), None, QUIET)
    assert not inputs.eligible[:, 0].any()
    assert inputs.eligible[:, 1].sum() == 2  # the closes of 31 January and 1 February


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"universe": {"ids": ["AAA"], "members": {"caps": "cap", "top": 1}}}, "Did you mean"),
        (
            {
                "universe": {
                    "ids": ["AAA"],
                    "members": {"caps": "caps", "top": 1},
                    "members_file": "m.csv",
                }
            },
            "has no effect beside `members`",
        ),
    ],
)
def test_a_universe_that_cannot_be_is_refused(
    root: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(config(root, **change))


def test_a_panel_is_read_from_what_is_there(root: Path, tmp_path: Path) -> None:
    of = config(root)
    coins = of["data"]["panels"]["coins"]
    nothing = {key: value for key, value in coins.items() if key != "files"}
    of["data"]["panels"]["coins"] = {
        **nothing,
        "series": "binance/{id}/1d",
        "otherwise": {**nothing, "files": "nowhere/{id}.csv", "otherwise": coins},
    }
    plain = load_inputs(load_config(config(root)), None, QUIET)
    found = load_inputs(load_config(of), None, QUIET)
    assert found.clock.digest == plain.clock.digest
    del of["data"]["panels"]["coins"]["otherwise"]["otherwise"]
    with pytest.raises(DataError, match=r"panel 'coins': nothing of binance/\{id\}/1d is there"):
        load_inputs(load_config(of), None, QUIET)


def test_an_altcoin_season_is_computed_from_members_and_prices(root: Path) -> None:
    of = config(root)
    of["data"]["panels"]["btc"] = {
        "files": "bars/BTC.csv",
        "stamp": "day_start",
        "calendar": "24/7",
        "fields": "ohlcv",
    }
    lines = [f"{day},10,10,10,10,100" for day in DAYS]
    (root / "bars/BTC.csv").write_text("\n".join(["date,open,high,low,close,volume", *lines]))
    (root / "caps/BTC.csv").write_text(
        "\n".join(["date,market_cap", *(f"{day},99" for day in DAYS)])
    )
    ids = ["AAA", "BBB", "BTC"]
    of["universe"] = {"ids": ids}
    for name in ("coins", "caps"):
        of["data"]["panels"][name]["ids"] = ids
    del of["data"]["panels"]["btc"]
    of["data"]["computed"] = {
        "season": {
            "kind": "alt_season",
            "prices": "coins",
            "universe": {"caps": "caps", "top": 3, "exclude": [], "pegs": False},
            "days": 20,
            "members": "now",
        }
    }
    season = load_inputs(load_config(of), None, QUIET).panels["season"]
    row = {str(label)[:10]: place for place, label in enumerate(season.label)}
    # BTC and A are flat; B doubles on 10 February: for 20 days one of two has beaten BTC.
    assert season["index"][row["2020-02-20"], 0] == 50.0
    assert season["eligible"][row["2020-02-20"], 0] == 2
    assert season["index"][row["2020-03-20"], 0] == 0.0


def test_large_coins_without_bars_here_are_told(root: Path) -> None:
    whole = load_inputs(load_config(config(root)), None, QUIET)
    assert not any("whoever picked those" in text for text in whole.warnings)
    of = config(root, universe={"ids": ["AAA"], "members": {"caps": "caps", "top": 1}})
    of["data"]["panels"]["coins"]["ids"] = ["AAA"]
    (told,) = load_inputs(load_config(of), None, QUIET).warnings
    assert told.endswith("large enough at some time, but not among them, were bbb")


def test_another_table_of_members_is_another_run(root: Path, tmp_path: Path) -> None:
    table = root / "members.csv"
    of = config(root, universe={"ids": ["AAA", "BBB"], "members_file": "members.csv"})
    ids = []
    for coin in ("aaa", "bbb"):
        table.write_text(f"coin,since,until,source\n{coin},2020-02-01,,me\n")
        ids.append(run(of, output=tmp_path / "results", tearsheet=False).id)
    assert ids[0] != ids[1]
    table.write_bytes("coin,since,until,source\nbbb,2020-02-01,,m\xe9\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"members.csv: byte \d+ is not UTF-8"):
        run(of, output=tmp_path / "results", tearsheet=False)


def test_the_source_of_every_panel_is_in_the_result(root: Path, tmp_path: Path) -> None:
    result = run(config(root), output=tmp_path / "results", tearsheet=True)
    assert result.manifest["sources"]["coins"] == "bars/{id}.csv"
    assert "coins from bars/{id}.csv" in (result.path / "tearsheet.html").read_text()


def test_a_member_that_no_id_stands_for_is_told(root: Path) -> None:
    (root / "members.csv").write_text(
        "coin,since,until,source\nbbb,2020-02-01,,me\nlitecion,2020-02-01,,me\n"
    )
    of = config(root, universe={"ids": ["AAA", "BBB"], "members_file": "members.csv"})
    warnings = load_inputs(load_config(of), None, QUIET).warnings
    assert warnings == ("members that no id of the clock stands for: litecion",)
