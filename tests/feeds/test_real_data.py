"""The files that the engine is developed on pass the border, or fail for a stated reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from feeds.cache import load_panel
from feeds.errors import DataError
from feeds.events import read_events, scale_breaks, split_by_events
from feeds.panel import Panel
from feeds.panel_spec import PanelSpec

pytestmark = pytest.mark.shared

LATE_START = {"QQQ": "1999-03-10", "IWM": "2000-05-26"}


def equities(shared: Path, id: str) -> Panel:
    spec = PanelSpec(
        files=f"equities/{id}.csv.gz", stamp="session_close", calendar="XNYS", fields="ohlcv"
    )
    return load_panel("equities", spec, shared / "data", (), None)


def test_all_rows_of_the_russell_2000_are_sessions_and_none_is_missing(shared: Path) -> None:
    panel = equities(shared, "RUT")
    assert len(panel) == 9401
    assert panel.counts == {"blank_rows": 0, "missing_bars": 0}
    # Facts of data/README.md.
    close = dict(zip((str(t)[:10] for t in panel.label), panel.column("close"), strict=True))
    assert close["1987-10-19"] == pytest.approx(133.60, abs=0.005)
    assert close["2020-03-18"] == pytest.approx(991.16, abs=0.005)
    assert close["2024-11-25"] == pytest.approx(2442.03, abs=0.005)


@pytest.mark.parametrize("id", ["IWM", "SPY", "QQQ", "MDY", "GSPC", "VIX", "NDX"])
def test_every_equity_file_passes(shared: Path, id: str) -> None:
    panel = equities(shared, id)
    assert panel.counts["missing_bars"] == 0
    assert str(panel.label[0]).startswith(LATE_START.get(id, ""))


def test_all_daily_coins_pass_and_only_one_break_of_scale_is_unexplained(shared: Path) -> None:
    folder = shared / "data/crypto_daily/binance_spot"
    ids = sorted(path.name.split(".")[0] for path in folder.glob("*.csv.gz"))
    assert len(ids) == 401
    spec = PanelSpec(
        files="crypto_daily/binance_spot/{id}.csv.gz",
        stamp="day_start",
        calendar="24/7",
        fields="ohlcv",
    )
    panel = load_panel("coins", spec, shared / "data", ids, None)
    events = read_events(["builtin"], None)
    # Its price fell by nineteen over ten days without trade: no ratio says what holders got.
    known = split_by_events(panel, events)
    assert scale_breaks(known, events) == ()
    assert len(known.ids) == 401 + 8
    btc = known.ids.index("BTCUSDT")
    row = np.searchsorted(known.label, np.datetime64("2017-12-16"))
    assert known.close[row, btc] == 19102.66


def test_hourly_coins_pass_and_are_cut_where_they_ended(shared: Path) -> None:
    spec = PanelSpec(
        files="crypto_hourly/binance_spot/{id}.csv.gz",
        stamp="hour_start",
        calendar="24/7",
        fields="ohlcv",
        ids=["BTCUSDT", "FTTUSDT", "LUNAUSDT"],
    )
    panel = load_panel("coins", spec, shared / "data", (), None)
    panel = split_by_events(panel, read_events(["builtin"], None))
    assert panel.ids == ("BTCUSDT", "FTTUSDT", "LUNA2USDT", "LUNAUSDT")
    # data/README.md: 12 hours of outages common to all pairs, 11 in 2021 and one on 2023-03-24.
    # BTC misses 12; FTT 11, the last falls into its halt; LUNA 11 and LUNA 2.0 one.
    assert panel.counts["missing_bars"] == 12 + 11 + 11 + 1


def test_weekly_caps_are_instants(shared: Path) -> None:
    spec = PanelSpec(
        files="dominance/cmc_weekly_market_caps_2013-2024.csv.gz",
        stamp="instant",
        calendar="24/7",
        fields=["total_cap", "btc_cap", "usdt_cap"],
    )
    panel = load_panel("dominance", spec, shared / "data", (), None)
    assert len(panel) == 574
    assert panel.ids == ("cmc_weekly_market_caps_2013-2024",)
    assert panel.counts["blank_rows"] == 0


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("crypto_daily/cmc/aave.csv.gz", "open is 0 on 2020-10-02; prices are above 0"),
        ("crypto_daily/cmc/mooncoin.csv.gz", "open is 4.4e-07 with low 4.5e-07 on 2014-05-25"),
    ],
)
def test_files_with_known_defects_stop(shared: Path, file: str, message: str) -> None:
    spec = PanelSpec(files=file, stamp="day_start", calendar="24/7", fields="ohlcv")
    with pytest.raises(DataError, match=message):
        load_panel("coins", spec, shared / "data", (), None)


@pytest.mark.parametrize("sample", ["yahoo", "yfinance", "binance", "coin", "crypto", "kaggle"])
def test_raw_vendor_files_never_pass_silently(shared: Path, sample: str) -> None:
    folder = shared / "data/raw_samples"
    for path in sorted(folder.glob(f"{sample}*.csv")):
        spec = PanelSpec(files=path.name, stamp="day_start", calendar="24/7", fields="ohlcv")
        with pytest.raises(DataError):
            load_panel("raw", spec, folder, (), None)
