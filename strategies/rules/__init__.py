"""The built-in strategies, one idea a file; importing this registers them."""

from strategies.rules.buy_and_hold import BuyAndHold
from strategies.rules.cases import Case, Cases
from strategies.rules.fixed_mix import FixedMix
from strategies.rules.overlay import Nested, Overlay
from strategies.rules.ranking import Ranking
from strategies.rules.rotation import Rotation
from strategies.rules.stop import Stop
from strategies.rules.tilt import Tilt
from strategies.rules.volatility_target import VolatilityTarget

__all__ = [
    "BuyAndHold",
    "Case",
    "Cases",
    "FixedMix",
    "Nested",
    "Overlay",
    "Ranking",
    "Rotation",
    "Stop",
    "Tilt",
    "VolatilityTarget",
]
