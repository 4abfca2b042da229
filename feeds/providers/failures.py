"""The ways in which asking a vendor can fail."""

from __future__ import annotations

from feeds.errors import ProviderError


class NotOfferedError(ProviderError):
    """A series that the vendor does not have: asking again will not help."""


class UnreachableError(ProviderError):
    """A vendor that answers to nothing for now: its other series need not be asked for."""


class PassingError(Exception):
    """A failure that may pass: too many requests, a server error, a line that broke.

    It never reaches a user: `Patience` asks again, or makes an `UnreachableError` of it.

    Attributes
    ----------
    retry_after : float or None
        Seconds until the vendor wants to be asked again, where it says so.
    """

    def __init__(self, what: str, retry_after: float | None = None) -> None:
        super().__init__(what)
        self.retry_after = retry_after
