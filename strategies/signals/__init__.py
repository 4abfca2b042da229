"""The built-in signals, one idea a file; importing this package registers them."""

from strategies.signals.alt_dominance import AltDominance
from strategies.signals.equity_breakout import EquityBreakout
from strategies.signals.expression import When
from strategies.signals.hysteresis import Hysteresis

__all__ = ["AltDominance", "EquityBreakout", "Hysteresis", "When"]
