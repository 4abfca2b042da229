from __future__ import annotations

from statistics import median

import numpy as np
import pytest
from pydantic import ValidationError

from feeds.panel import Panel
from strategies.signals import VolumeSurge
from tests.strategies.panels import coin_panel

SMALL = {"short_days": 2, "long_days": 4, "return_days": 2, "rank_days": 8, "min_bars": 3}


def market(rows: int = 120, ids: int = 5, **more: np.ndarray) -> Panel:
    """Random walks with volume; the second id lists late, the last dies and comes back."""
    random = np.random.default_rng(9)
    close = np.exp(np.cumsum(random.normal(0, 0.05, (rows, ids)), axis=0))
    close[: rows // 2, 1] = np.nan
    close[rows // 3 : rows // 2, -1] = np.nan
    volume = np.where(np.isnan(close), np.nan, random.lognormal(3, 1, (rows, ids)))
    return with_volume(close, volume, **more)


def with_volume(close: np.ndarray, volume: np.ndarray, **more: np.ndarray) -> Panel:
    seen = coin_panel(close, tuple("ABCDEFGH"[: close.shape[1]]))
    fields = {**seen.fields, "volume": volume, **more}
    return Panel.build("coins", "24/7", *(seen.label, seen.label, seen.known_at), seen.ids, fields)


def plain_surges(signal: VolumeSurge, close: list[float], volume: list[float]) -> list[str]:
    """Every day of one id as `surge`, `none` or `unknown`, one day after the other."""
    nan = float("nan")
    money = [v * c if v * c > 0 else nan for v, c in zip(volume, close, strict=True)]

    def mean(row: int, length: int) -> float:
        return sum(money[row - length + 1 : row + 1]) / length if row >= length - 1 else nan

    def past(numbers: list[float], row: int, length: int) -> list[float]:
        return [x for x in numbers[max(row - length + 1, 0) : row + 1] if x == x]

    rows = range(len(close))
    ago = signal.return_days
    change = [close[t] / close[t - ago] - 1 if t >= ago else nan for t in rows]
    ratio = [mean(t, signal.short_days) / mean(t, signal.long_days) for t in rows]
    log = [float(np.log(m)) for m in money]
    out = []
    for t in rows:
        if signal.rule == "score":
            ranked = [past(numbers, t, signal.rank_days) for numbers in (ratio, change)]
            known = ratio[t] == ratio[t] and change[t] == change[t]
            if not known or min(map(len, ranked)) < signal.min_bars:
                out.append("unknown")
                continue
            a, r = (
                sum(x <= own for x in window) / len(window)
                for window, own in zip(ranked, (ratio[t], change[t]), strict=True)
            )
            surge = a * (1 - r) > signal.min_score and change[t] <= 0
        else:
            logs, changes = (past(numbers, t, signal.long_days) for numbers in (log, change))
            history = len(past(money, t, signal.rank_days))
            if min(len(logs), len(changes)) < signal.long_days or history < signal.min_bars:
                out.append("unknown")
                continue
            mad = median(abs(x - median(logs)) for x in logs)
            surge = log[t] - median(logs) >= signal.min_z * 1.4826 * mad > 0
            surge = surge and change[t] <= median(changes)
        out.append("surge" if surge else "none")
    return out


@pytest.mark.parametrize(
    "parameters",
    [
        {"rule": "score", "min_score": 0.3, **SMALL},
        {"rule": "score", "min_score": 0.5, **SMALL, "rank_days": 40, "min_bars": 20},
        {"rule": "robust_z", "min_z": 1.0, **SMALL, "long_days": 9},
        {"rule": "robust_z", "min_z": 0.5, **SMALL, "rank_days": 40, "min_bars": 30},
    ],
)
def test_surges_are_those_of_a_plain_count_day_by_day(parameters):
    seen = market()
    signal = VolumeSurge(panel="coins", fresh_days=3, **parameters)
    words = np.array(
        [
            plain_surges(signal, close, volume)
            for close, volume in zip(seen.close.T.tolist(), seen.volume.T.tolist(), strict=True)
        ]
    ).T
    surge = words == "surge"
    assert surge.sum() > 10
    np.testing.assert_array_equal(signal.events(seen), surge)
    # Fresh for three days: on the day itself and the two after it.
    fresh = surge | np.roll(surge, 1, axis=0) | np.roll(surge, 2, axis=0)
    known = words != "unknown"
    number = known.sum(axis=1)
    expected = np.where(number, (fresh & known).sum(axis=1) / np.maximum(number, 1), np.nan)
    np.testing.assert_array_equal(signal.values(seen), expected)


def test_the_score_is_rank_times_weakness():
    # Volume 1 a day, then 3; price falls on the last day only. Last ratio (2 days over 4):
    # 2 / 1.5, the highest of 5 known ones, a = 1. Return over 2 days: -0.5, the lowest of the
    # 7 known ones, w = 1 - 1 / 7. The score is 6 / 7 = 0.857.
    close, volume = np.ones((9, 1)), np.ones((9, 1))
    close[8], volume[8] = 0.5, 6.0  # in money 3
    seen = with_volume(close, volume)
    for least, surge in ((0.85, True), (0.86, False)):
        signal = VolumeSurge(panel="coins", min_score=least, **SMALL)
        assert signal.events(seen)[8, 0] == surge
    close[6] = 0.4  # the price has risen since
    seen = with_volume(close, volume)
    assert not VolumeSurge(panel="coins", min_score=0.0, **SMALL).events(seen)[8, 0]


def test_a_day_without_volume_is_unknown_and_so_is_every_window_with_it():
    seen = market()
    signal = VolumeSurge(panel="coins", **SMALL)
    assert not np.isnan(signal.values(seen.pick(("A",)))[20:]).any()
    volume = seen.volume.copy()
    volume[60, 0] = 0.0
    found = signal.values(with_volume(seen.close, volume).pick(("A",)))
    assert np.flatnonzero(np.isnan(found[20:])).tolist() == [40, 41, 42, 43]  # long_days: 4


def test_the_field_of_volume_in_money_is_used_where_there_is_one():
    seen = market()
    money = seen.volume * seen.close
    same = with_volume(seen.close, np.ones(money.shape), quote_volume=money)
    signal = VolumeSurge(panel="coins", min_score=0.3, **SMALL)
    np.testing.assert_array_equal(signal.events(same), signal.events(seen))


@pytest.mark.parametrize("rule", ["score", "robust_z"])
def test_the_lookback_is_as_long_as_it_must_be_and_no_longer(rule):
    seen = market(200, 4)
    signal = VolumeSurge(panel="coins", rule=rule, min_score=0.2, min_z=0.3, fresh_days=5, **SMALL)
    whole, rows = signal.values(seen), signal.lookback

    def alone(row: int, length: int) -> float:
        return float(signal.values(seen.rows(row + 1 - length, row + 1))[-1])

    some = range(100, 200)
    assert [alone(row, rows) for row in some] == whole[100:].tolist()
    assert [alone(row, rows // 2) for row in some] != whole[100:].tolist()


def test_windows_out_of_order_are_refused():
    with pytest.raises(ValidationError, match="`short_days` is 9, above `long_days`"):
        VolumeSurge(panel="coins", short_days=9, long_days=4)
    with pytest.raises(ValidationError, match="`min_bars` is 180, above `rank_days`"):
        VolumeSurge(panel="coins", rank_days=100)


def test_by_default_an_id_counts_after_268_days():
    # 90 days until the first ratio, 180 ratios: day 269, row 268.
    signal = VolumeSurge(panel="coins", min_ids=1)
    values = signal.values(market(300, 2).pick(("A",)))
    assert np.flatnonzero(~np.isnan(values))[0] == signal.warm_up == 268
