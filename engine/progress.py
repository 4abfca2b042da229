"""`Progress`: one line on stderr for what takes longer than two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

_PATIENCE = 2.0
_REDRAW = {True: 0.1, False: 5.0}
"""Seconds between lines, on a terminal and elsewhere."""


_TELLING = 10.0
"""Seconds of work from which on its pace tells how long the rest takes."""


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
        self._begun: tuple[str, int, float] | None = None
        self._drawn = 0

    def step(self, label: str, done: int, total: int) -> None:
        """Note that `done` of `total` pieces of the work called `label` are finished.

        How long the rest takes is told from what is done, when that is enough to tell by.
        """
        if self._quiet:
            return
        now = self._clock()
        if self._begun is None or self._begun[:2] != (label, total):
            self._begun = label, total, now
        if now < self._due:
            return
        self._due = now + _REDRAW[self._terminal]
        line = f"{label} {done}/{total}{_left(now - self._begun[2], done, total)}"
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


def _left(elapsed: float, done: int, total: int) -> str:
    """How long the rest takes at the pace so far."""
    if elapsed < _TELLING or not 0 < done < total:
        return ""
    seconds = elapsed / done * (total - done)
    if seconds >= 90:
        return f", about {seconds / 60:.0f} min left"
    return f", about {max(seconds, 1):.0f} s left"
