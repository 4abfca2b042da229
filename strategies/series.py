"""The base of signals of one series, and the numbers that a config can name."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from feeds.arrays import Float
from feeds.errors import ConfigError
from feeds.panel import Panel
from strategies.base import Signal
from strategies.expression import Expression


def _is_number(text: str) -> str:
    try:
        number = Expression(text)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    if number.is_claim or not number.names:
        raise ValueError(f"'{text}' must be a number made of fields of the panel")
    return text


NumberOfFields = Annotated[str, AfterValidator(_is_number), "number"]
"""An expression over the fields of a panel that gives a number, such as `high / low`."""


def number_of(text: str, seen: Panel) -> Float:
    """The expression `text` over the fields of a panel of one id, float64 (T,); NaN is unknown."""
    expression = Expression(text)
    return expression.evaluate({name: seen.column(name) for name in expression.names})


class SeriesSignal(Signal):
    """A signal of one series: the number `value` of a panel of one id (or of the one named)."""

    value: NumberOfFields = Field(
        "close", description="the number looked at: an expression over the panel's fields"
    )

    def series(self, seen: Panel) -> Float:
        """The number looked at, float64 (T,); NaN where a field of it is blank."""
        return number_of(self.value, seen)
