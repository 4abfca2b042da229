"""Any number of portfolios, each with the signal that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from strategies.base import Parameters, Shares, SignalName, Strategy
from strategies.registry import register


class Case(Parameters):
    """A portfolio and the signal that asks for it."""

    signal: SignalName = Field(description="the case holds while this signal is above 0")
    hold: Shares = Field(description="share of NAV by sleeve in this case; {} is cash")


@register("cases")
class Cases(Strategy):
    """The shares of the first case whose signal is above 0, else `otherwise`.

    The order of the cases is their rank: where several signals are on, the earlier case wins. An
    unknown signal anywhere means no decision, as for every rule.
    """

    cases: tuple[Case, ...] = Field(
        strict=False,
        min_length=1,
        description="each `{signal: NAME, hold: {SLEEVE: SHARE}}`; the one that wins comes first",
    )
    otherwise: Shares = Field(description="share of NAV by sleeve in no case; {} is cash")

    example: ClassVar[dict[str, Any]] = {
        "cases": [
            {"signal": "risk_on", "hold": {"alts": 1.0}},
            {"signal": "dominance", "hold": {"alts": 0.5, "btc": 0.5}},
        ],
        "otherwise": {"btc": 1.0},
    }

    @property
    def signals(self) -> tuple[str, ...]:
        """The signals of the cases, each once, in their order."""
        return tuple(dict.fromkeys(case.signal for case in self.cases))

    @property
    def sleeves(self) -> tuple[str, ...]:
        """The sleeves of all cases, sorted."""
        held = (*(case.hold for case in self.cases), self.otherwise)
        return tuple(sorted({sleeve for shares in held for sleeve in shares}))

    def rule(self, x: Mapping[str, float]) -> Mapping[str, float]:
        """Shares of NAV by sleeve."""
        return next((case.hold for case in self.cases if x[case.signal] > 0), self.otherwise)
