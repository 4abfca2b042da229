"""Genuine `backtrader.Strategy` classes; importing this package registers them."""

from strategies.raw.sma_cross import SmaCross

__all__ = ["SmaCross"]
