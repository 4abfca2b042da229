"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("SHARED", REPOSITORY.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with market data and worked examples, outside the repository."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the market data and worked examples in {SHARED}")
    return SHARED
