"""The proof that a signal reads nothing but what was known: every row against its prefix."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from engine.archive import replace_file
from engine.fingerprint import digest_of, package_digest, plugin_digests, source_file
from feeds.arrays import Float, read_only, text
from feeds.errors import CheckError, EngineError, OutputError
from feeds.panel import Panel
from feeds.user_code import blame
from strategies.base import Signal

RECHECKED_ROWS, RECHECKED_CELLS = 32, 8_000_000
"""A proven signal is rechecked on so many rows, or on fewer where a panel is so wide that the
prefixes together would hold more numbers than this; never on fewer than four."""
LOOKBACK_TOLERANCE = 1e-9

Step = Callable[[int, int], None]


def checked_values(name: str, signal: Signal, seen: Panel) -> Float:
    """The values of `signal` for every row of `seen`, float64 (T,), checked and read-only.

    Raises
    ------
    EngineError
        For a signal that raises, writes to its input, or gives anything but finite numbers and
        NaN, one per row.
    """
    with blame(f"signal '{name}'"):
        values = signal.values(seen)
    want = f"one float64 per row, shape ({len(seen)},)"
    if not isinstance(values, np.ndarray) or values.dtype != np.float64:
        found = getattr(values, "dtype", type(values).__name__)
        raise EngineError(f"signal '{name}' gives {found}; it must give {want}")
    if values.shape != (len(seen),):
        raise EngineError(f"signal '{name}' gives shape {values.shape}; it must give {want}")
    endless = np.flatnonzero(np.isinf(values))
    if len(endless):
        raise EngineError(
            f"signal '{name}' is infinite at {text(seen.label[endless[0]])}; "
            "give NaN where the value is unknown"
        )
    return read_only(values.view())


def prove_prefix(
    name: str,
    signal: Signal,
    seen: Panel,
    first_row: int,
    values: Float,
    cache: Path | None = None,
    step: Step = lambda done, total: None,
) -> None:
    """Prove that every value from `first_row` on is the last one of the prefix that ends there.

    Rows are recomputed from copies of the panel that end at them, and must be equal to the last
    bit. A signal with a `lookback` is recomputed from its trailing windows instead, to a relative
    1e-9, which proves the lookback too.

    Parameters
    ----------
    name : str
        Name of the signal in the config, for messages.
    signal : Signal
    seen : Panel
        The panel whose rows `values` belong to.
    first_row : int
        First row whose value can reach a decision.
    values : float64 (T,)
        What the signal gave for the whole panel.
    cache : Path or None
        Folder of verdicts. A signal proven before, with the same source, parameters, panel and
        values, is only rechecked on 32 rows, fewer on wide panels.
    step : callable
        Called with the rows done and all of them.

    Raises
    ------
    CheckError
        For a value that changes when later rows are removed.
    EngineError
        For values that are no function of the rows: random ones, wrong shapes, a false lookback.
    """
    if signal.lookback is not None and signal.lookback < 1:
        raise EngineError(f"signal '{name}' has a lookback of {signal.lookback}; give at least 1")
    rows: Sequence[int] = range(first_row, len(seen))
    verdict = None if cache is None else _verdict_file(cache, signal, seen, first_row, values)
    if verdict is None or not _is_proven(verdict, len(rows)):
        _prove_repeatable(name, signal, seen, values)
        _prove_unlisted_do_not_count(name, signal, seen, values)
    else:  # proven for these very values, so they were repeated just now
        seeded = random.Random(verdict.stem)
        rows = sorted(seeded.sample(rows, min(_rechecked(seen), len(rows))))
        verdict = None
    # Counts of repairs cover later rows too, and whatever a signal keeps under the panel's name
    # was computed from them: prefixes have neither.
    blind = replace(seen, name=f"{seen.name} (prefix)", quality={})
    tolerance = None if signal.lookback is None else _tolerance(values)
    for done, (row, prefix) in enumerate(_prefixes(blind, rows)):
        step(done, len(rows))
        _prove_row(name, signal, prefix, float(values[row]), tolerance)
    step(len(rows), len(rows))
    if verdict is not None:
        _write(verdict, {"rows": len(rows)})


def _rechecked(seen: Panel) -> int:
    """How many rows of a proven signal are computed again."""
    cells = max(len(seen) * len(seen.ids), 1)
    return max(4, min(RECHECKED_ROWS, RECHECKED_CELLS // cells))


def _prove_repeatable(name: str, signal: Signal, seen: Panel, values: Float) -> None:
    again = checked_values(name, signal, seen)
    changed = np.flatnonzero(~((again == values) | (np.isnan(again) & np.isnan(values))))
    if len(changed):
        row = changed[0]
        raise EngineError(
            f"signal '{name}' gives {float(values[row])!r}, then {float(again[row])!r} for the "
            f"same rows at {text(seen.label[row])}; it must depend on its parameters and on "
            "`seen` only, so keep no state and seed every random generator"
        )


def _prove_unlisted_do_not_count(name: str, signal: Signal, seen: Panel, values: Float) -> None:
    """Prove that an id without a bar changes nothing: prefixes have columns of later listings."""
    if len(seen.ids) < 2:
        return
    blank = np.full((len(seen), 1), np.nan)
    fields = {key: read_only(np.hstack((table, blank))) for key, table in seen.fields.items()}
    wide = replace(seen, ids=(*seen.ids, "~"), fields=fields)
    found, tolerance = checked_values(name, signal, wide), _tolerance(values)
    for row, (one, other) in enumerate(zip(values.tolist(), found.tolist(), strict=True)):
        if not _close(one, other, tolerance):
            raise CheckError(
                f"signal '{name}' counts ids that nobody knew yet: with one more id that has no "
                f"bar its value at {text(seen.label[row])} is {other!r}, without it {one!r}; count "
                "those with a bar in the row (`seen.has_bar`), not `seen.ids`"
            )


def _tolerance(values: Float) -> float:
    """Where a value is next to 0 its relative rounding has no bound: allow for the usual size."""
    known = np.abs(values[~np.isnan(values)]).tolist()
    return LOOKBACK_TOLERANCE / 1000 * median(known) if known else 0.0


def _prefixes(seen: Panel, rows: Sequence[int]) -> Iterator[tuple[int, Panel]]:
    """The panels that end at each of `rows`, ascending, in memory that holds nothing later.

    Rows are copied in one after the other, so that even a window with wrong strides, which reads
    past the end of an array, finds blanks there.
    """
    times = [np.full(len(seen), np.datetime64("NaT", "ns")) for _ in range(3)]
    fields = {key: np.full(table.shape, np.nan) for key, table in seen.fields.items()}
    shown = 0
    for row in rows:
        new, shown = slice(shown, row + 1), row + 1
        for into, time in zip(times, (seen.label, seen.opened_at, seen.known_at), strict=True):
            into[new] = time[new]
        for key, table in seen.fields.items():
            fields[key][new] = table[new]
        label, opened_at, known_at = (read_only(time[:shown]) for time in times)
        tables = {key: read_only(table[:shown]) for key, table in fields.items()}
        yield row, replace(seen, label=label, opened_at=opened_at, known_at=known_at, fields=tables)


def _prove_row(
    name: str, signal: Signal, prefix: Panel, whole: float, tolerance: float | None
) -> None:
    lookback = signal.lookback
    if lookback is None or tolerance is None:
        alone = float(checked_values(name, signal, prefix)[-1])
        if not (whole == alone or (whole != whole and alone != alone)):
            raise _reads_the_future(name, prefix, whole, alone)
        return
    window = prefix.rows(max(len(prefix) - lookback, 0), len(prefix))
    alone = float(checked_values(name, signal, window)[-1])
    if _close(whole, alone, tolerance):
        return
    by_prefix = float(checked_values(name, signal, prefix)[-1])
    if not _close(whole, by_prefix, tolerance):
        raise _reads_the_future(name, prefix, whole, by_prefix)
    raise EngineError(
        f"signal '{name}' reads more than its lookback of {lookback} rows at "
        f"{text(prefix.label[-1])} ({whole!r} from all rows, {alone!r} from the last {lookback}); "
        "raise `lookback`, or leave it out"
    )


def _close(one: float, other: float, tolerance: float = 0.0) -> bool:
    if one == other or (one != one and other != other):
        return True
    return abs(one - other) <= max(LOOKBACK_TOLERANCE * max(abs(one), abs(other)), tolerance)


def _reads_the_future(name: str, prefix: Panel, whole: float, alone: float) -> CheckError:
    advice = (
        "the two differ in rounding only: accumulate in row order (np.cumsum, not np.convolve or "
        "sums over the whole array), or declare a `lookback`"
        if _close(whole, alone)
        else "a value may use its own row and earlier ones only: no negative shift, no centred "
        "window, no filling backwards, no mean or rank over the whole sample"
    )
    return CheckError(
        f"signal '{name}' reads the future at {text(prefix.label[-1])} "
        f"({whole!r} with, {alone!r} without later rows); {advice}"
    )


def _verdict_file(
    cache: Path, signal: Signal, seen: Panel, first_row: int, values: Float
) -> Path | None:
    """Where the verdict is kept; None for a class without a source file to tell it by."""
    source = _source_digest(type(signal))
    if source is None:
        return None
    key = hashlib.sha256()
    parts = (source, np.__version__, signal.model_dump_json(), seen.digest, str(first_row))
    key.update("\n".join(parts).encode())
    # The values stand for all code that was imported: other values are proven anew.
    key.update(values.astype("<f8").tobytes())
    return cache / f"{key.hexdigest()}.json"


def _source_digest(kind: type[Signal]) -> str | None:
    """The digest of the sources that a signal class is made of."""
    bases = [base for base in kind.__mro__ if issubclass(base, Signal)]
    # A class made inside a function may differ by what surrounds it.
    if "<locals>" in kind.__qualname__ or any(source_file(base) is None for base in bases):
        return None
    return digest_of([kind.__qualname__, package_digest(), plugin_digests(bases)])


def _is_proven(verdict: Path, rows: int) -> bool:
    try:
        said = json.loads(verdict.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("rows") == rows


def _write(verdict: Path, said: dict[str, int]) -> None:
    """Keep the verdict; a folder that cannot be written costs the next run a proof, no more."""
    with suppress(OSError, OutputError):
        verdict.parent.mkdir(parents=True, exist_ok=True)
        replace_file(verdict, json.dumps(said))
