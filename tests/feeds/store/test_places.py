"""Names of files that no file system takes for each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.errors import DataError
from feeds.store.places import file_name, key_of, manifest_path, part_of


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("bitcoin", "bitcoin"),
        ("1d", "1d"),
        ("BTCUSDT", "BTCUSDT~7f"),
        ("btcusdt", "btcusdt"),
        ("Btcusdt", "Btcusdt~40"),
        ("1M", "1M~1"),
        ("^RUT", "^RUT~7"),
        ("con", "con~0"),
        ("nul.x", "nul.x~0"),
        ("con1", "con1"),
        ("a.", "a.~0"),
    ],
)
def test_a_name_says_which_letters_are_capitals(part: str, name: str) -> None:
    assert file_name(part) == name
    assert part_of(name) == part


def test_ids_that_differ_by_case_differ_where_case_is_ignored() -> None:
    parts = ["btc", "Btc", "bTc", "btC", "BTc", "BtC", "bTC", "BTC"]
    assert len({file_name(part).lower() for part in parts}) == len(parts)


def test_a_manifest_is_found_by_its_key_and_the_key_by_the_manifest() -> None:
    path = manifest_path(Path("r"), "yahoo/^RUT/1d")
    assert path == Path("r/series/yahoo/^RUT~7/1d.json")
    assert key_of(path) == "yahoo/^RUT/1d"


@pytest.mark.parametrize("key", ["../x/1d", "a/../1d", "a/b", "a/b/c/d", "/a/b", "a/b/c\0", ""])
def test_no_key_leads_out_of_the_store(key: str) -> None:
    with pytest.raises(DataError, match="is no series"):
        manifest_path(Path("r"), key)
