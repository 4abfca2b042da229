"""The border to a user's own classes: whatever they raise becomes a message with a place."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from pathlib import Path

from feeds.errors import BacktestError, EngineError


class Collected(io.StringIO):
    """What a command prints as its result: in place of stdout, what user code prints is not."""


@contextmanager
def blame(who: str, *ours: type[Exception]) -> Iterator[None]:
    """Turn an error raised inside the block into an `EngineError` that names `who` and where.

    Our own errors pass unchanged, and those of the types `ours`: they already say it. What is
    printed inside the block goes to stderr where stdout is `Collected`.
    """
    collected = isinstance(sys.stdout, Collected)
    try:
        with redirect_stdout(sys.stderr) if collected else nullcontext():
            yield
    except (Exception, SystemExit) as error:
        if isinstance(error, (BacktestError, *ours)):
            raise
        raise EngineError(
            f"{who} raised {type(error).__name__}: {error} ({_place(error)})"
        ) from error


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "no place known"
    return f"{Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}"
