"""Lead and lag against an exchange, and the stamp error that looks like a lead."""

from __future__ import annotations

import csv
import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.study.held import Held
from engine.study.sessions import sampled, session_lead_lag, session_series
from engine.study.words import lead_lag_words, trap_words
from feeds.arrays import DAY, Instants, instants
from feeds.calendars import sessions
from feeds.panel import Panel
from tests.engine.markets import EVERYTHING, market
from tests.engine.study.studies import config

YEARS = ("2018-01-01", "2020-12-31")


SESSIONS = sessions("XNYS", np.datetime64(YEARS[0]), np.datetime64(YEARS[1]))


def exchange(log_price: np.ndarray) -> Panel:
    fields = {"close": np.exp(log_price)[:, None]}
    at = SESSIONS
    return Panel.build("equities", "XNYS", at.label, at.opened_at, at.closed_at, ("INDEX",), fields)


def midnights(hours: int = 24) -> Instants:
    first, last = (np.datetime64(day, "ns") for day in YEARS)
    return np.arange(first + DAY, last, np.timedelta64(hours, "h"))


def common_shock(closes: Instants) -> tuple[Panel, Held]:
    """An index and a coin that both jump at 16:00 New York; the coin has noise of its own."""
    random = np.random.default_rng(4)
    panel = exchange(np.cumsum(0.01 * random.normal(size=len(SESSIONS.closed_at))))
    jumped = np.concatenate(([0.0], np.log(panel.column("close"))))
    moved = np.searchsorted(panel.known_at, closes, side="right")
    daily = len(closes) / len(midnights())
    own = np.cumsum(0.01 / daily**0.5 * random.normal(size=len(closes)))
    return panel, Held(closes, closes, 0, {"alts": np.exp(jumped[moved] + own)}, {})


@pytest.mark.parametrize("hours", [1, 24])
def test_a_common_shock_at_the_close_peaks_at_lag_zero(hours: int) -> None:
    panel, held = common_shock(midnights(hours))
    found = session_lead_lag(panel, held, "alts")
    assert found is not None
    assert (found.right.peak, found.right.is_clear) == (0, True)
    assert not found.right.looks_misdated
    assert "move together" in lead_lag_words(found)


def test_midnight_labels_a_day_late_are_found_at_lag_one_and_called_a_stamp_error() -> None:
    panel, held = common_shock(midnights())
    wrong = replace(held, when=held.when + DAY, known_at=held.known_at + DAY)
    found = session_lead_lag(panel, wrong, "alts")
    assert found is not None
    assert (found.right.peak, found.right.looks_misdated) == (1, True)
    assert "a stamp error until proven otherwise" in lead_lag_words(found)


def test_what_a_day_late_would_look_like_is_shown_beside_the_right_one() -> None:
    panel, held = common_shock(midnights())
    found = session_lead_lag(panel, held, "alts")
    assert found is not None
    wrong = replace(held, when=held.when + DAY, known_at=held.known_at + DAY)
    late = session_lead_lag(panel, wrong, "alts")
    assert late is not None
    assert found.misdated.at(1) == pytest.approx(late.right.at(1), abs=0.02)
    assert "INDEX 1 session ahead, and is reported as a stamp error" in trap_words(found)


def test_a_sleeve_in_cash_moves_with_nothing_and_is_not_compared() -> None:
    panel, held = common_shock(midnights())
    cash = replace(held, nav={"alts": np.ones(len(held.known_at))})
    assert session_lead_lag(panel, cash, "alts") is None


def test_a_value_is_that_of_the_first_close_at_or_after_the_session() -> None:
    closes = instants(np.array(["2020-01-02", "2020-01-03", "2020-01-04"], dtype="M8[D]"))
    at = np.array(["2020-01-02T00:00", "2020-01-02T21:00", "2020-01-04T01:00"], dtype="M8[ns]")
    assert sampled(closes, np.array([1.0, 2.0, 3.0]), at)[:2].tolist() == [1.0, 2.0]
    assert np.isnan(sampled(closes, np.array([1.0, 2.0, 3.0]), at)[2])


def test_only_prices_of_exchanges_that_signals_read_are_compared() -> None:
    panels, _ = market()
    found = session_series(config().signals, panels)
    # `coins` and `caps` are 24/7 and say nothing about sessions.
    assert list(found) == [("equities", "SMALLCAP")]
    calm = {**EVERYTHING["signals"], "record": EVERYTHING["signals"]["level"]}
    only = {name: calm[name] for name in ("level", "slope")}
    strategy = {"kind": "rotation", "signal": "level", "on": {"alts": 1.0}, "off": {"btc": 1.0}}
    assert session_series(config(signals=only, strategy=strategy).signals, panels) == {}


@pytest.mark.shared
def test_the_facts_about_the_russell_and_bitcoin_are_reproduced(shared: Path) -> None:
    days, bars = column(shared / "data" / "crypto_daily" / "binance_spot" / "BTCUSDT.csv.gz")
    dates, closes = column(shared / "data" / "equities" / "RUT.csv.gz")
    found = sessions("XNYS", dates[0], dates[-1])
    panel = Panel.build(
        "equities", "XNYS", found.label, found.opened_at, found.closed_at, ("RUT",),
        {"close": closes[:, None]},
    )  # fmt: skip
    known = instants(days) + DAY
    inside = known > np.datetime64("2018-01-02", "ns")
    held = Held(known[inside], known[inside], 0, {"btc": bars[inside]}, {})
    of = session_lead_lag(panel, held, "btc")
    assert of is not None
    # correctness.md, C5: 1,760 sessions; 0.303 at lag 0, -0.03 a session later, -0.04 earlier;
    # labels wrong by a day: 0.304 where the Russell leads by one session.
    assert of.right.returns == pytest.approx(1760, abs=2)
    assert of.right.at(0) == pytest.approx(0.303, abs=0.0015)
    assert of.right.at(1) == pytest.approx(-0.03, abs=0.006)
    assert of.right.at(-1) == pytest.approx(-0.04, abs=0.006)
    assert of.misdated.at(1) == pytest.approx(0.304, abs=0.0015)
    assert of.misdated.looks_misdated


def column(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Dates and closes of a file."""
    with gzip.open(path, "rt") as file:
        rows = [row for row in csv.DictReader(file) if row["close"]]
    dates = np.array([row["date"] for row in rows], dtype="M8[D]")
    return dates, np.array([float(row["close"]) for row in rows])
