"""The verbs that look after the store, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli import main

YAHOO = """Date,Open,High,Low,Close,Adj Close,Volume
2024-01-02,10,12,9,11,11,100
2024-01-03,11,13,10,12,12,100
2024-01-04,12,14,11,13,13,100
"""
KEY = "yahoo/SPY/1d"


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def some(*words: str) -> tuple[int, str, str]:
        code = main(["data", *words, "--root", str(tmp_path / "data")])
        out, err = capsys.readouterr()
        return code, out, err

    return some


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "SPY.csv"
    path.write_text(YAHOO)
    return path


def test_a_file_is_imported_once_and_listed(typed, saved: Path) -> None:
    code, out, _ = typed("import", str(saved))
    assert (code, out) == (
        0,
        "1 file: 1 series imported with 3 rows, 0 files there already, 0 left out\n",
    )
    assert "0 series imported with 0 rows, 1 file there already" in typed("import", str(saved))[1]
    code, out, _ = typed("status", "--json")
    (row,) = json.loads(out)["series"]
    assert (row["series"], row["rows"], row["first"], row["last"]) == (
        KEY,
        3,
        "2024-01-02",
        "2024-01-04",
    )
    assert typed("status", "binance")[1].startswith("no series in ")


def test_history_that_a_file_contradicts_is_kept_unless_the_file_is_to_be_believed(
    typed, saved: Path
) -> None:
    typed("import", str(saved))
    saved.write_text(YAHOO.replace(",12,14,11,13,13", ",12,15,11,13,13"))
    code, _, err = typed("import", str(saved))
    assert code == 4
    assert "1 row contradicts what is in the store" in err
    assert "--replace" in err
    assert typed("import", str(saved), "--replace")[0] == 0
    code, out, _ = typed("diff", KEY)
    assert code == 0
    assert out.splitlines()[0] == f"{KEY}: 0 rows added, 0 removed, 1 changed"
    assert out.splitlines()[2].split() == ["changed", "2024-01-04", "SPY", "high", "14.0", "15.0"]
    assert typed("gc", "--keep", "1")[1].startswith("1 version and ")
    code, _, err = typed("diff", KEY)
    assert code == 4
    assert "has 1 complete version" in err


def test_a_damaged_file_is_named_set_aside_and_brought_again(
    typed, saved: Path, tmp_path: Path
) -> None:
    typed("import", str(saved))
    assert typed("verify")[1] == "1 series, every file as it was written\n"
    (rows,) = (tmp_path / "data/store/objects").rglob("*.parquet")
    content = bytearray(rows.read_bytes())
    content[len(content) // 2] ^= 1
    rows.write_bytes(content)
    code, _, err = typed("verify")
    assert code == 4
    assert str(rows) in err
    assert typed("verify", "--repair")[1].startswith("set aside:\n")
    assert rows.with_name(f"{rows.name}.corrupt").exists()
    assert typed("import", str(saved))[0] == 0
    assert typed("verify")[0] == 0


def test_files_that_say_too_little_are_refused_with_what_to_say(typed, tmp_path: Path) -> None:
    plain = tmp_path / "plain.csv"
    plain.write_text("date,open,high,low,close,volume\n2024-01-01,1,2,0.5,1.5,7\n")
    code, _, err = typed("import", str(plain))
    assert code == 4
    assert err.startswith("error: none of the files could be imported")
    assert "plain.csv" in err


@pytest.mark.parametrize("days", ["-30", "100000000"])
def test_a_lag_that_cannot_be_is_refused(typed, saved: Path, days: str) -> None:
    code, _, err = typed("import", str(saved), "--lag-days", days)
    assert code == 3
    assert "write 0 to 400 days" in err


def test_a_key_that_is_none_is_told(typed) -> None:
    code, _, err = typed("fetch", "BTCUSDT")
    assert code == 4
    assert "write vendor/id/frequency, such as binance/BTCUSDT/1d" in err
    code, _, err = typed("fetch", "configs/demo.yaml")
    assert code == 3
    assert "nothing to fetch" in err
