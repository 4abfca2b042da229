"""What came back over the line: failures that may pass, and the bytes that are kept."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

from feeds.providers.failures import PassingError

_PASSING = frozenset({408, 418, 420, 425, 429})
"""Statuses below 500 that say "not now"; 418 is how Binance bans for a while."""


@dataclass
class Answers:
    """The bodies received since they were last taken."""

    bodies: list[bytes] = field(default_factory=list)

    def take(self) -> bytes:
        """All bodies, one after the other, each on lines of its own; none are left."""
        bodies, self.bodies = self.bodies, []
        return b"\n".join(bodies)

    def newest(self) -> bytes:
        """The last body alone; none are left."""
        bodies, self.bodies = self.bodies, []
        return bodies[-1]


def check_answer(status: int, headers: Mapping[str, str], body: bytes, form: str = "json") -> None:
    """Check that a body is what it should be, whatever its status says.

    Parameters
    ----------
    status : int
    headers : mapping, with names in any case
    body : bytes
    form : str
        `json` or `xml`.

    Raises
    ------
    PassingError
        For a status that may pass, a body that is cut off, an error page with status 200.
    """
    if status in _PASSING or status >= 500:
        raise PassingError(f"answered with status {status}{_excerpt(body)}", retry_after(headers))
    try:
        json.loads(body) if form == "json" else ElementTree.fromstring(body)
    except (ValueError, ElementTree.ParseError) as error:
        if status >= 400:
            raise PassingError(f"answered with status {status}{_excerpt(body)}") from None
        kind = "a page" if body.lstrip()[:1] == b"<" and form == "json" else "text"
        raise PassingError(
            f"answered with {kind} that is no {form.upper()} ({error}){_excerpt(body)}"
        ) from None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the header `Retry-After` asks for, given as seconds or as a date."""
    text = {name.lower(): value for name, value in headers.items()}.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    moment = email.utils.parsedate_tz(text)
    if moment is None:
        return None
    return max(0.0, email.utils.mktime_tz(moment) - time.time())


def _excerpt(body: bytes) -> str:
    words = " ".join(body[:300].decode("utf-8", "replace").split())
    return f": {words[:120]}" if words else ""
