"""Damage of any kind is refused in our words: nothing but DataError leaves the border."""

from __future__ import annotations

import random

import numpy as np
import pytest

from feeds.errors import DataError
from feeds.formats import read_vendor_file
from feeds.series import Series
from tests.feeds.formats import (
    test_binance,
    test_coinmarketcap,
    test_cryptodatadownload,
    test_other_vendors,
    test_yahoo,
)

SAMPLES = {
    "IWM.csv": test_yahoo.WEEK,
    "data.csv": test_yahoo.THREE_ROWS,
    "BTCUSDT-1d-2025-01.csv": test_binance.days(test_binance.NEW_YEAR, 4),
    "Binance_BTCUSDT_d.csv": test_cryptodatadownload.DAILY,
    "bitcoin.csv": test_coinmarketcap.EXPORT.format("2025-01-01", "2025-01-01"),
    "coinmarketcap_ETH.csv": test_coinmarketcap.page("open"),
    "top200_2022-05-01.csv": test_coinmarketcap.SNAPSHOT.format("", ""),
    "luna-usd-max.csv": test_other_vendors.GECKO,
    "CRYPTOCAP_TOTAL, 1D.csv": test_other_vendors.CHART,
}
PIECES = [b",", b";", b"\n", b'"', b"-", b"e9", b".", b"0", b"\xc3", b"nan", b"9999", b"\0", b" "]


def damaged(content: bytes, chance: random.Random) -> bytes:
    out = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 5])):
        place, kind = chance.randrange(len(out) or 1), chance.randrange(5)
        if kind == 0:
            out[place : place + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            del out[place : place + chance.randrange(1, 40)]
        elif kind == 2:
            out[place:place] = chance.choice(PIECES)
        elif kind == 3:
            out = out[:place]
        else:
            lines = out.split(b"\n")
            chance.shuffle(lines)
            out = bytearray(b"\n".join(lines))
    return bytes(out)


def check(series: Series) -> None:
    assert len(series)
    assert (np.diff(series.time) >= np.timedelta64(0, "ns")).all()
    assert not any(np.isinf(values).any() for values in series.fields.values())


@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_files_are_read_or_refused(name: str) -> None:
    chance = random.Random(name)
    read, refused = 0, []
    for _ in range(150):
        content = damaged(SAMPLES[name].encode(), chance)
        try:
            for series in read_vendor_file(content, name, np.datetime64("2030-01-01")):
                check(series)
            read += 1
        except DataError as error:
            refused.append(str(error))
    assert read
    assert refused
    assert all(said.startswith(f"{name}: ") for said in refused)
