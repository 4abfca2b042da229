"""Vendors that are asked over the network, each a small adapter to the one schema."""

from __future__ import annotations

import difflib
import os
import time
from collections.abc import Callable, Mapping

import numpy as np

from feeds.errors import ConfigError
from feeds.providers.failures import NotOfferedError, UnreachableError
from feeds.providers.patience import Patience
from feeds.providers.protocol import Page, Provider, Request

__all__ = [
    "NAMES",
    "NotOfferedError",
    "Page",
    "Provider",
    "Request",
    "UnreachableError",
    "provider",
]

NAMES = ("coingecko", "coinmetrics", "fred", "yahoo")
"""The vendors that are no exchanges; any other name is that of an exchange in ccxt."""

_PAUSES = {"coingecko": 2.5, "coinmetrics": 0.7, "fred": 0.6, "yahoo": 0.5}
"""Seconds between requests, from the vendors' terms; ccxt keeps the pace of exchanges itself."""
_PAUSE_WITHOUT_KEY = 12.0
"""CoinGecko without a key: five requests a minute."""


def provider(
    name: str,
    *,
    environment: Mapping[str, str] = os.environ,
    timeout_seconds: float = 30.0,
    wait: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    seed: int | None = None,
) -> Provider:
    """The provider of this name; no request is made yet.

    Parameters
    ----------
    name : str
        `yahoo`, `fred`, `coingecko`, `coinmetrics`, or the id of an exchange in ccxt.
    environment : mapping
        Where the user's keys are: FRED_API_KEY, COINGECKO_API_KEY (a paid plan) or
        COINGECKO_DEMO_API_KEY, COINMETRICS_API_KEY. Proxies and certificates are always read from
        the environment of the process.
    timeout_seconds : float
        The longest wait for one answer.
    wait, clock : callable
        Wait for some seconds; tell the seconds from any origin.
    seed : int or None
        For the random part of the waits.

    Raises
    ------
    ConfigError
        For a name that is none of these, with the nearest that is.
    UnreachableError
        Where a key is needed and missing.
    """
    patience = Patience(
        name,
        pause_seconds=_pause(name, environment),
        wait=wait,
        clock=clock,
        random=np.random.default_rng(seed),
    )
    if name == "yahoo":
        from feeds.providers.yahoo import Yahoo

        return Yahoo(patience, timeout_seconds)
    if name == "fred":
        from feeds.providers.fred import Fred

        return Fred(patience, timeout_seconds, environment.get("FRED_API_KEY", ""))
    if name == "coingecko":
        from feeds.providers.coingecko import CoinGecko

        keys = (environment.get(f"COINGECKO_{kind}API_KEY", "") for kind in ("", "DEMO_"))
        return CoinGecko(patience, timeout_seconds, *keys)
    if name == "coinmetrics":
        from feeds.providers.coinmetrics import CoinMetrics

        return CoinMetrics(patience, timeout_seconds, environment.get("COINMETRICS_API_KEY", ""))
    _check_exchange(name)
    from feeds.providers.exchanges import Exchange

    return Exchange(name, patience, timeout_seconds)


def _pause(name: str, environment: Mapping[str, str]) -> float:
    keys = ("COINGECKO_API_KEY", "COINGECKO_DEMO_API_KEY")
    if name == "coingecko" and not any(environment.get(key) for key in keys):
        return _PAUSE_WITHOUT_KEY
    return _PAUSES.get(name, 0.0)


def _check_exchange(name: str) -> None:
    import ccxt

    if name in ccxt.exchanges:
        return
    near = difflib.get_close_matches(name, [*NAMES, *ccxt.exchanges], n=1)
    hint = f"did you mean {near[0]}?" if near else "or the id of an exchange in ccxt"
    raise ConfigError(f"nobody is known as '{name}'; {', '.join(NAMES)} are; {hint}")
