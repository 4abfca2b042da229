"""Made-up series, and where they are said to come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from feeds.arrays import DAY, instants
from feeds.series import Series
from feeds.store import Origin

KEY = "binance/BTCUSDT/1d"
NAN = float("nan")


def origin(**changes: object) -> Origin:
    """A request that was answered on 2 March 2020."""
    told: dict[str, object] = {
        "provider": "binance",
        "provider_version": "ccxt 4.5",
        "request": {"symbol": "BTCUSDT"},
        "fetched_at": np.datetime64("2020-03-02T10:00:00", "ns"),
        "suffix": ".json",
    }
    return Origin(**told | changes)  # type: ignore[arg-type]


def bars(
    closes: Sequence[float],
    first: str = "2020-01-01",
    key: str = KEY,
    fields: Mapping[str, Sequence[float]] | None = None,
    findings: Mapping[str, Sequence[str]] | None = None,
) -> Series:
    """Daily rows of one id, one a close."""
    told = {"close": closes, **(fields or {})}
    return Series(
        key,
        "day_start",
        "24/7",
        (key.split("/")[1],),
        instants(np.datetime64(first, "D") + np.arange(len(closes)) * DAY),
        np.zeros(len(closes), dtype=np.int64),
        None,
        {name: np.array(values, dtype=np.float64) for name, values in told.items()},
        {kind: instants(np.array(labels)) for kind, labels in (findings or {}).items()},
        {"currency": "USDT"},
    )


def cross_section(rows: Sequence[tuple[str, str, float]]) -> Series:
    """Market caps of several ids: label, id, cap, in order."""
    labels, ids, caps = zip(*rows, strict=True)
    names = tuple(sorted(set(ids)))
    return Series(
        "coinmarketcap/top200/1mo",
        "day_start",
        "24/7",
        names,
        instants(np.array(labels)),
        np.array([names.index(id) for id in ids], dtype=np.int64),
        None,
        {"market_cap": np.array(caps)},
    )


def vintages(rows: Sequence[tuple[str, str, float]]) -> Series:
    """Figures of one statistic: label, day of release, value, in order."""
    labels, released, values = zip(*rows, strict=True)
    return Series(
        "fred/M2SL/native",
        "release",
        "24/7",
        ("M2SL",),
        instants(np.array(labels)),
        np.zeros(len(rows), dtype=np.int64),
        instants(np.array(released)),
        {"value": np.array(values)},
    )
