"""Releases of installed libraries, found without importing or parsing much."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from feeds.libraries import version_of


@pytest.mark.parametrize("library", ["numpy", "backtrader", "PyYAML", "exchange_calendars"])
def test_the_release_is_the_one_that_the_standard_library_finds(library: str) -> None:
    assert version_of(library) == version(library)


def test_a_library_that_is_not_installed_has_none() -> None:
    assert version_of("no-such-library") == ""
