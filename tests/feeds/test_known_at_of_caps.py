"""When market caps and dominance are known: a wrong day is nearer to another vendor's day."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from feeds.cache import load_panel
from feeds.panel import Panel
from feeds.panel_spec import PanelSpec

pytestmark = pytest.mark.shared

DAY = np.timedelta64(1, "D")


def load(shared: Path, files: str, stamp: str, field: str) -> Panel:
    spec = PanelSpec(files=files, stamp=stamp, calendar="24/7", fields=[field])  # type: ignore[arg-type]
    return load_panel("p", spec, shared / "data", (), None)


def by_day(panel: Panel, field: str) -> dict[np.datetime64, float]:
    """Values by the instant at which they are known."""
    return dict(zip(panel.known_at, panel.column(field), strict=True))


def distance(ours: Mapping[np.datetime64, float], theirs: Mapping[np.datetime64, float]) -> float:
    both = sorted(ours.keys() & theirs.keys())
    assert len(both) >= 24
    off = [abs(ours[at] / theirs[at] - 1) for at in both if ours[at] > 0 and theirs[at] > 0]
    return float(np.median(off))


def nearest(ours: Mapping[np.datetime64, float], theirs: Mapping[np.datetime64, float]) -> int:
    """By how many days `ours` must be moved to agree best with `theirs`."""
    moved = {k: {at + k * DAY: value for at, value in ours.items()} for k in (-2, -1, 0, 1, 2)}
    return min(moved, key=lambda k: distance(moved[k], theirs))


@pytest.fixture(scope="module")
def exchange(shared: Path) -> dict[np.datetime64, float]:
    """BTC on Binance, by the instant of its closes."""
    return by_day(
        load(shared, "crypto_daily/binance_spot/BTCUSDT.csv.gz", "day_start", "close"), "close"
    )


def cross_section(shared: Path, name: str, key: tuple[str, str], field: str) -> dict[str, float]:
    with gzip.open(shared / "data/dominance" / name, "rt") as lines:
        return {
            row["date"]: float(row[field])
            for row in csv.DictReader(lines)
            if row[key[0]] == key[1] and row[field]
        }


def known(values: Mapping[str, float], days_later: int) -> dict[np.datetime64, float]:
    return {np.datetime64(day, "ns") + days_later * DAY: x for day, x in values.items()}


def test_a_row_of_coingecko_is_the_close_of_the_day_before(
    shared: Path, exchange: dict[np.datetime64, float]
) -> None:
    rows = by_day(
        load(shared, "crypto_marketcap/coingecko/bitcoin.csv.gz", "instant", "close"), "close"
    )
    assert nearest(rows, exchange) == 0
    # The crash of 12 March 2020 is in the row of the 13th, known at its 00:00.
    assert rows[np.datetime64("2020-03-12")] > 7000
    assert rows[np.datetime64("2020-03-13")] < 5200


def test_the_end_of_luna_is_known_a_day_after_it_at_coingecko(shared: Path) -> None:
    rows = by_day(
        load(shared, "crypto_marketcap/coingecko/terra-luna.csv.gz", "instant", "close"), "close"
    )
    # Binance closes: 1.0 on 11 May, 0.00032 on the 12th.
    assert rows[np.datetime64("2022-05-12")] > 0.5
    assert rows[np.datetime64("2022-05-13")] < 0.01


def test_a_cap_at_the_close_is_known_after_it(
    shared: Path, exchange: dict[np.datetime64, float]
) -> None:
    path = "crypto_daily/cmc/bitcoin.csv.gz"
    caps = by_day(load(shared, path, "day_start", "market_cap"), "market_cap")
    other = "crypto_marketcap/coingecko/bitcoin.csv.gz"
    theirs = by_day(load(shared, other, "instant", "market_cap"), "market_cap")
    assert nearest(caps, theirs) == 0


def test_a_cap_at_the_open_is_known_at_it(shared: Path) -> None:
    name = "cmc_daily_cross_section_top150_2013-04_2018-01.csv.gz"
    at_open = cross_section(shared, name, ("slug", "bitcoin"), "market_cap")
    path = "crypto_daily/cmc/bitcoin.csv.gz"
    at_close = by_day(load(shared, path, "day_start", "market_cap"), "market_cap")
    assert nearest(known(at_open, 0), at_close) == 0
    # Read as a cap at the close it would be a day off.
    assert nearest(known(at_open, 1), at_close) == -1


def test_a_monthly_snapshot_is_the_close_of_its_day(
    shared: Path, exchange: dict[np.datetime64, float]
) -> None:
    name = "cmc_monthly_top200_2020-2024.csv.gz"
    closes = cross_section(shared, name, ("symbol", "BTC"), "close")
    assert nearest(known(closes, 1), exchange) == 0
    assert distance(known(closes, 1), exchange) < 0.001
    assert distance(known(closes, 0), exchange) > 0.01


def test_weekly_caps_and_daily_dominance_are_of_midnight(shared: Path) -> None:
    name = "dominance/cmc_weekly_market_caps_2013-2024.csv.gz"
    weekly = by_day(load(shared, name, "instant", "btc_cap"), "btc_cap")
    path = "crypto_daily/cmc/bitcoin.csv.gz"
    at_close = by_day(load(shared, path, "day_start", "market_cap"), "market_cap")
    assert nearest(weekly, at_close) == 0


def test_a_chart_bar_of_the_total_is_known_at_its_close(shared: Path) -> None:
    name = "dominance/tradingview_CRYPTOCAP_TOTAL_2020-11_2023-02.csv.gz"
    charted = by_day(load(shared, name, "day_start", "close"), "close")
    weekly = by_day(
        load(shared, "dominance/cmc_weekly_market_caps_2013-2024.csv.gz", "instant", "btc_cap"),
        "btc_cap",
    )

    # A week's change of the total goes with that of BTC on the same days, not a day beside.
    def together(days: int) -> float:
        at = [day for day in sorted(weekly) if day - days * DAY in charted]
        totals = np.diff(np.log([charted[day - days * DAY] for day in at]))
        return float(np.corrcoef(totals, np.diff(np.log([weekly[day] for day in at])))[0, 1])

    assert together(0) > max(together(-1), together(1))


def test_the_published_dominance_of_btc_is_what_the_sources_say(shared: Path) -> None:
    # data/README.md: its low is 32.44 % on 2018-01-14; 42.76 % on 2021-11-08.
    name = "dominance/btc_eth_dominance_daily_2013-2022.csv.gz"
    shares = by_day(load(shared, name, "instant", "btc_dominance_pct"), "btc_dominance_pct")
    assert min(shares, key=lambda at: shares[at]) == np.datetime64("2018-01-14")
    assert shares[np.datetime64("2018-01-14")] == pytest.approx(32.44, abs=0.005)
    assert shares[np.datetime64("2021-11-08")] == pytest.approx(42.76, abs=0.005)
