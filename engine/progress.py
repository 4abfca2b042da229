"""`Progress`: one line on stderr for what takes longer than two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

_PATIENCE = 2.0
_REDRAW = {True: 0.1, False: 5.0}
"""Seconds between lines, on a terminal and elsewhere."""


class Progress:
    """Draws nothing for two seconds, then one line that is redrawn; nothing at all if quiet.

    Parameters
    ----------
    quiet : bool
    stream : text stream, stderr unless given
        On a terminal the line is drawn over; elsewhere there is a line every five seconds.
    clock : callable
        Seconds from any origin.
    """

    def __init__(
        self,
        quiet: bool = False,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._quiet = quiet or self._stream is None
        self._clock = clock
        self._terminal = not self._quiet and self._stream.isatty()
        self._due = clock() + _PATIENCE
        self._drawn = 0

    def step(self, label: str, done: int, total: int) -> None:
        """Note that `done` of `total` pieces of the work called `label` are finished."""
        if self._quiet or self._clock() < self._due:
            return
        self._due = self._clock() + _REDRAW[self._terminal]
        line = f"{label} {done}/{total}"
        if self._terminal:
            self._write(f"\r{line:<{self._drawn}}")
            self._drawn = len(line)
        else:
            self._write(f"{line}\n")

    def clear(self) -> None:
        """Take the line off the terminal."""
        if self._drawn:
            self._write(f"\r{'':<{self._drawn}}\r")
            self._drawn = 0

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # nobody is reading any more, which is no reason to stop the work
            self._quiet = True
