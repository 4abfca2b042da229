"""How often a vendor is asked again, and how long it is left in peace in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from feeds.providers.failures import PassingError, UnreachableError

Answer = TypeVar("Answer")


@dataclass
class Patience:
    """Asks one vendor, in turn, and waits: between requests, and longer after each failure.

    Attributes
    ----------
    vendor : str
    pause_seconds : float
        Least time between two requests; what the vendor's terms ask for.
    attempts : int
        Times that one question is put before giving up.
    first_seconds, ceiling_seconds : float
        The wait after the first failure, doubled after each further one up to the ceiling; half
        to all of it is waited, drawn at random, so that many users do not come back at once.
    longest_seconds : float
        A vendor that wants to be left alone for longer than this is not waited for.
    wait : callable
        Waits for a number of seconds.
    clock : callable
        Seconds from any origin.
    """

    vendor: str
    pause_seconds: float = 0.0
    attempts: int = 6
    first_seconds: float = 1.0
    ceiling_seconds: float = 60.0
    longest_seconds: float = 300.0
    wait: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    random: np.random.Generator = field(default_factory=np.random.default_rng)
    _free_at: float = field(default=-np.inf, init=False)

    def ask(self, question: Callable[[], Answer]) -> Answer:
        """The answer to a question, put again while what fails is `PassingError`.

        Raises
        ------
        UnreachableError
            When the last attempt failed too, or the vendor wants a longer rest than we have.
        """
        for attempt in range(1, self.attempts + 1):
            self._rest()
            try:
                return question()
            except PassingError as trouble:
                self._note(trouble, attempt)
            finally:
                self._free_at = max(self._free_at, self.clock() + self.pause_seconds)
        raise AssertionError("the last attempt raises")

    def _rest(self) -> None:
        seconds = self._free_at - self.clock()
        if seconds > 0:
            self.wait(seconds)

    def _note(self, trouble: PassingError, attempt: int) -> None:
        """Set when to ask again, or give up."""
        asked_for = trouble.retry_after or 0.0
        if asked_for > self.longest_seconds:
            raise UnreachableError(
                f"{self.vendor}: {trouble}, and wants {asked_for:.0f} s of rest; go on after that"
            ) from trouble
        if attempt == self.attempts:
            raise UnreachableError(
                f"{self.vendor}: {trouble}; asked {self.attempts} times. Check the connection, "
                "or go on later: what was fetched so far is kept"
            ) from trouble
        step = min(self.first_seconds * 2.0 ** (attempt - 1), self.ceiling_seconds)
        seconds = max(asked_for, step * self.random.uniform(0.5, 1.0))
        self._free_at = self.clock() + seconds
