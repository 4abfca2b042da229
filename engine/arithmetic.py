"""Which form of the arithmetic runs: compiled where it was built, else plain Python.

Both are made of one source (`engine.rebalance`, `engine.account`) and agree to the last bit. Set
the environment variable BAROMETER_INTERPRETED to have the plain form.
"""

from __future__ import annotations

import hashlib
import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.account import Account
    from engine.rebalance import Sizing

_SOURCES = ("rebalance", "account")


def source_digest(name: str) -> str:
    """SHA-256 of the source and the C types of an arithmetic module."""
    found = hashlib.sha256()
    for end in (".py", ".pxd"):
        found.update(Path(__file__).with_name(name + end).read_bytes())
    return found.hexdigest()


def _why_interpreted() -> str:
    """Why the compiled form cannot be used; blank if it can."""
    if os.environ.get("BAROMETER_INTERPRETED"):
        return "BAROMETER_INTERPRETED is set"
    try:
        compiled = [import_module(f"engine.compiled.{name}") for name in _SOURCES]
    except ImportError:
        return "no compiled form was built at installation"
    known = [module.SOURCE for module in compiled]
    try:
        sources = [source_digest(name) for name in _SOURCES]
    except OSError:
        return "the source of the compiled form is not there to compare"
    if known != sources:
        return "the compiled form is older than its source; install again"
    return ""


WHY_INTERPRETED = _why_interpreted()
COMPILED = not WHY_INTERPRETED

if not TYPE_CHECKING:
    _package = "engine.compiled" if COMPILED else "engine"
    Sizing = import_module(f"{_package}.rebalance").Sizing
    Account = import_module(f"{_package}.account").Account

__all__ = ["COMPILED", "WHY_INTERPRETED", "Account", "Sizing", "source_digest"]
