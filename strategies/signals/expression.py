"""A signal written in the config as an expression over other signals."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import AfterValidator, Field

from feeds.arrays import Float
from feeds.errors import ConfigError
from feeds.panel import Panel
from strategies.base import Combination
from strategies.expression import Expression
from strategies.registry import register


def _is_expression(text: str) -> str:
    try:
        Expression(text)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    return text


@register("expression")
class When(Combination):
    """The value of the expression `when` at every close of the clock.

    A comparison or a logical expression is 1 or 0, arithmetic is its number. In logic a number is
    true when it is above 0. Unknown stays unknown unless the other operand decides (Kleene).

    Range: 1, 0, or any number; NaN where unknown, a division by zero included.
    """

    when: Annotated[str, AfterValidator(_is_expression)] = Field(
        description="expression over the names of other signals"
    )

    example: ClassVar[dict[str, Any]] = {"when": "breakout and dominance > 0"}

    @property
    def inputs(self) -> tuple[str, ...]:
        """The signals that the expression names."""
        return Expression(self.when).names

    @property
    def lookback(self) -> int:
        """One row: the expression reads nothing but the row itself."""
        return 1

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        result = Expression(self.when).evaluate({name: seen.column(name) for name in self.inputs})
        return np.array(np.broadcast_to(result, len(seen)))
