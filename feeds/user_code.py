"""The border to a user's own classes: whatever they raise becomes a message with a place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feeds.errors import BacktestError, EngineError


@contextmanager
def blame(who: str) -> Iterator[None]:
    """Turn an error raised inside the block into an `EngineError` that names `who` and where.

    Our own errors pass unchanged: they already say it.
    """
    try:
        yield
    except BacktestError:
        raise
    except Exception as error:
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
