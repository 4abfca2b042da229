"""The rotation on real bars: when it acts, and what becomes of coins that die inside."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from engine.config import load_config
from engine.inputs import load_inputs
from engine.runs import run
from engine.simulation import Simulation, simulate_experiment
from feeds.arrays import day_number
from feeds.importing import import_paths
from feeds.layouts import read_layout
from feeds.store import Store
from strategies.signals import EquityBreakout
from tests.engine.markets import QUIET

pytestmark = pytest.mark.shared

CONFIGS = Path(__file__).resolve().parent.parent.parent / "configs"
NEW_YEAR = np.datetime64("2021-01-01", "ns")


def simulated(shared: Path, name: str, *overrides: str) -> Simulation:
    experiment = load_config(CONFIGS / name, [f"data.root={shared / 'data'}", *overrides])
    inputs = load_inputs(experiment, None, QUIET)
    return simulate_experiment(experiment, inputs, lambda *_: None, QUIET)


def opens(shared: Path, coin: str) -> dict[str, float]:
    path = shared / "data" / "crypto_daily" / "binance_spot" / f"{coin}.csv.gz"
    with gzip.open(path, "rt") as file:
        return {row["date"]: float(row["open"]) for row in csv.DictReader(file)}


def test_the_breakouts_of_the_russell_2000_are_known_at_the_close_of_their_session(
    shared: Path,
) -> None:
    experiment = load_config(CONFIGS / "rotation.yaml", [f"data.root={shared / 'data'}"])
    panel = load_inputs(experiment, None, QUIET).panels["equities"]
    signal = experiment.signals["breakout"]
    assert isinstance(signal, EquityBreakout)
    fired = signal.events(panel)
    # Panels end with the period; the table of the nine dates is checked on the whole file too.
    known = [str(time)[:16] for time in panel.known_at[fired] if str(time) > "2014"]
    assert known == ["2016-11-14T21:00", "2020-11-13T21:00"]
    assert fired.sum() == 9


def test_a_breakout_is_acted_on_at_midnight_and_filled_at_that_open(shared: Path) -> None:
    ids = "universe.ids=[BTCUSDT, ETHUSDT, LTCUSDT]"
    found = simulated(
        shared, "breakout_only.yaml", ids, "period.start=2020-10-01", "period.end=2021-02-01"
    )
    (change,) = [d for d in found.decisions if d.reason == "changed"]
    midnight = np.datetime64("2020-11-14T00:00", "ns")  # a Saturday; the record was on Friday
    assert found.ledger.time[change.row] == midnight
    bought = {o.id: o for o in found.ledger.orders if o.decided_at == midnight and o.shares > 0}
    assert sorted(bought) == ["ETHUSDT", "LTCUSDT"]
    for coin, order in bought.items():
        assert order.filled_at == midnight
        # Half a thousandth of slippage on the open of the bar that starts at that midnight.
        assert order.price == pytest.approx(opens(shared, coin)["2020-11-14"] * 1.0005, rel=1e-12)


def test_luna_is_written_off_and_the_coin_that_took_its_ticker_is_another(shared: Path) -> None:
    found = simulated(
        shared,
        "alts_hold.yaml",
        "universe.ids=[BTCUSDT, ETHUSDT, LUNAUSDT]",
        "period.start=2022-04-01",
        "period.end=2022-07-31",
    )
    ledger = found.ledger
    column = ledger.ids.index("LUNAUSDT")
    days = [str(day)[:10] for day in ledger.time - np.timedelta64(1, "D")]
    off = [order for order in ledger.orders if order.status == "written_off"]
    assert [(o.id, str(o.filled_at)[:10], o.price) for o in off] == [("LUNAUSDT", "2022-05-14", 0)]
    assert ledger.shares[days.index("2022-05-13"), column] > 0
    assert not ledger.shares[days.index("2022-05-14") :, column].any()
    # The ticker came back at 8.87 after 0.00005: no day of the portfolio may show it.
    growth = ledger.nav[1:] / ledger.nav[:-1]
    assert growth.max() < 1.3


def test_ftt_is_halted_neither_sold_nor_lost_and_trades_again(shared: Path) -> None:
    found = simulated(
        shared,
        "alts_hold.yaml",
        "universe.ids=[BTCUSDT, ETHUSDT, FTTUSDT]",
        "period.start=2022-10-01",
        "period.end=2023-12-28",
    )
    ledger = found.ledger
    column = ledger.ids.index("FTTUSDT")
    label = ledger.time - np.timedelta64(1, "D")
    silent = (label > np.datetime64("2022-11-14")) & (label < np.datetime64("2023-09-23"))
    assert silent.sum() == 312
    held = ledger.shares[silent, column]
    assert (held == held[0]).all()
    assert held[0] > 0
    assert ledger.stale[:, column].tolist() == silent.tolist()
    fills = {str(o.filled_at)[:10] for o in ledger.orders if o.id == "FTTUSDT" and o.shares}
    assert not any("2022-11-15" <= day < "2023-09-23" for day in fills)
    assert max(fills) >= "2023-09-23"


def test_the_rotation_of_the_readme_runs_and_writes_its_results(
    shared: Path, tmp_path: Path
) -> None:
    result = run(
        CONFIGS / "rotation.yaml",
        overrides=[f"data.root={shared / 'data'}"],
        output=tmp_path,
        tearsheet=False,
    )
    assert len(result.manifest["universe"]["ids"]) >= 30
    assert str(result.start)[:10] == "2018-01-01"
    assert str(result.time[-1])[:10] == "2024-04-29"  # the close of the 28th
    on = [target == {"alts": 1.0} for target in result.decisions.target]
    times = result.decisions.time[np.array(on)]
    # Dominance rises above its mean inside the 180 days after 2020-11-13 only from January on.
    assert NEW_YEAR < times[0] < times[-1] < np.datetime64("2021-05-13", "ns")
    assert day_number(times[-1:])[0] - day_number(times[:1])[0] > 90
    assert all(order.filled_at >= order.decided_at for order in result.orders if order.shares)


def test_what_is_imported_runs_the_real_config_to_the_same_result(
    shared: Path, tmp_path: Path
) -> None:
    data = shared / "data"
    experiment = load_config(CONFIGS / "rotation.yaml", [f"data.root={data}"])
    coins = [data / f"crypto_daily/binance_spot/{id}.csv.gz" for id in experiment.universe.ids]
    files = [
        data / "equities/RUT.csv.gz",
        data / "dominance/cmc_weekly_market_caps_2013-2024.csv.gz",
        *(path for path in coins if path.is_file()),  # LUNA 2.0 is in the file of LUNAUSDT
    ]
    folders = {path: tmp_path / "files" / path.relative_to(data) for path in files}
    for path, copy in folders.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    report = import_paths(
        [tmp_path / "files"],
        Store(tmp_path),
        read_layout(CONFIGS / "layouts" / "collection.yaml"),
        np.datetime64("2026-01-01", "ns"),
        QUIET.step,
    )
    assert report.refused == []
    stored, plain = (
        run(
            CONFIGS / "rotation.yaml",
            overrides=[f"data.root={root}"],
            output=tmp_path / "results",
            tearsheet=False,
        )
        for root in (tmp_path, data)
    )
    assert stored.path != plain.path  # other sources
    for name in ("decisions.csv", "equity.csv", "orders.csv", "positions.csv", "statistics.json"):
        assert (stored.path / name).read_bytes() == (plain.path / name).read_bytes(), name
