"""What one measured process prints: a single JSON line. Standard library only."""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any


def peak_megabytes(most: int | None = None) -> float:
    """Peak resident memory, of this process unless `most` is another's `ru_maxrss`."""
    if most is None:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024.0 * 1024.0 if sys.platform == "darwin" else 1024.0)


def timed(call: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    """Seconds (processor, wall) of one call, and what it returned.

    Garbage of what ran before is collected outside the clock; the collector stays on inside.
    """
    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    out = call()
    return (time.process_time() - processor, time.perf_counter() - wall), out


def measured(call: Callable[[], Any], calls: int) -> tuple[dict[str, Any], Any]:
    """Seconds of the first call and of `calls` more, peak memory, and what the last one returned.

    Without more calls the first one stands for both, as for an engine that takes seconds.
    """
    first, out = timed(call)
    warm = []
    for _ in range(calls):
        # Nobody keeps the result before: peak memory is that of one run.
        del out
        seconds, out = timed(call)
        warm.append(seconds)
    return {"first": first, "warm": warm or [first], "peak_mb": peak_megabytes()}, out


def print_line(**figures: Any) -> None:
    """Print the one line that the parent reads."""
    print(json.dumps(figures), flush=True)
