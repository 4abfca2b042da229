"""The built-in baskets, one idea a file; importing this registers them."""

from strategies.baskets.cap_weight import CapWeight
from strategies.baskets.equal_weight import EqualWeight
from strategies.baskets.inverse_volatility import InverseVolatility
from strategies.baskets.minimum_variance import MinimumVariance
from strategies.baskets.momentum import Momentum
from strategies.baskets.risk_parity import RiskParity
from strategies.baskets.single import Single
from strategies.baskets.weighted import Weighted

__all__ = [
    "CapWeight",
    "EqualWeight",
    "InverseVolatility",
    "MinimumVariance",
    "Momentum",
    "RiskParity",
    "Single",
    "Weighted",
]
