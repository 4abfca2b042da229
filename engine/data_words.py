"""Words and dates that the verbs of `data` share."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feeds.arrays import Instant

SAID = ("vendor", "id", "frequency", "zone", "stamp", "calendar", "lag_days", "duplicates")
"""What a user may say about a file: options of `data import`, and fields of `Facts`."""

_MOST = 10
"""Reasons that are told one by one."""


def some(reasons: Mapping[str, str]) -> list[str]:
    """The first reasons, a line each, and how many there are besides."""
    lines = [f"  {reason}" for reason in list(reasons.values())[:_MOST]]
    return lines + ([f"  and {len(reasons) - _MOST} more"] if len(reasons) > _MOST else [])


def again(verb: str, what: Iterable[str], options: Namespace) -> str:
    """The command that was typed, which does what is left."""
    typed = ["data", verb, *what]
    for override in getattr(options, "overrides", ()):
        typed += ["--set", override]
    for option in ("root", "layout", "since", *SAID):
        if getattr(options, option, None) is not None:
            typed += [f"--{option.replace('_', '-')}", str(getattr(options, option))]
    if getattr(options, "replace", False):
        typed.append("--replace")
    return f"run_backtest.py {shlex.join(typed)}"


def now(until: str | None) -> Instant:
    """The instant that counts as now: the clock's, unless another is given."""
    import numpy as np

    given = instant(until, "--until")
    return np.datetime64("now", "ns") if given is None else given


def instant(said: str | None, option: str) -> Instant | None:
    """The instant that an option says, if it is given."""
    import numpy as np

    from feeds.times import parse_time

    return None if said is None else np.datetime64(parse_time(said, option), "ns")
