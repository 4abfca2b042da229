"""The built-in signals, one idea a file; importing this package registers them."""

from strategies.signals.after_dates import AfterDates
from strategies.signals.alt_dominance import AltDominance
from strategies.signals.at_least import AtLeast
from strategies.signals.bullish_divergence import BullishDivergence
from strategies.signals.calendar import Calendar
from strategies.signals.correlation import Correlation
from strategies.signals.delay import Delay
from strategies.signals.distance_to_record import DistanceToRecord
from strategies.signals.drawdown import Drawdown
from strategies.signals.equity_breakout import EquityBreakout
from strategies.signals.expression import When
from strategies.signals.falling_wedge import FallingWedge
from strategies.signals.for_at_least import ForAtLeast
from strategies.signals.hysteresis import Hysteresis
from strategies.signals.lead_lag import LeadLag
from strategies.signals.level import Level
from strategies.signals.momentum import Momentum
from strategies.signals.outperformers import Outperformers
from strategies.signals.percentile import Percentile
from strategies.signals.random_state import RandomState
from strategies.signals.trend import Trend
from strategies.signals.volatility import Volatility
from strategies.signals.volume_surge import VolumeSurge
from strategies.signals.within import Within

__all__ = [
    "AfterDates",
    "AltDominance",
    "AtLeast",
    "BullishDivergence",
    "Calendar",
    "Correlation",
    "Delay",
    "DistanceToRecord",
    "Drawdown",
    "EquityBreakout",
    "FallingWedge",
    "ForAtLeast",
    "Hysteresis",
    "LeadLag",
    "Level",
    "Momentum",
    "Outperformers",
    "Percentile",
    "RandomState",
    "Trend",
    "Volatility",
    "VolumeSurge",
    "When",
    "Within",
]
