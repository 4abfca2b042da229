"""What a drawn case ends with, where two outcomes differ, and the smallest case that does so."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from engine.arithmetic import WHY_INTERPRETED
from engine.cerebro.replay import replay, replay_targets
from engine.execution import ExecutionSpec
from engine.ledger import Ledger
from feeds.errors import DataError, EngineError
from feeds.panel import OHLC
from tests.engine.drawn import NO_LIMIT, Case, case_of, with_fields

_FIGURES = ("ordered", "shares", "price", "fee", "slippage")
_TABLES = ("nav", "cash", "shares", "marks", "stale")


class Stop(NamedTuple):
    """The error that a replay ended with."""

    kind: str
    message: str


class Difference(NamedTuple):
    """Where two outcomes differ, and by how much: infinity where it is not a matter of size."""

    what: str
    left: object
    right: object
    relative: float


def outcome(case: Case, **how: Any) -> Ledger | Stop:
    """What a replay of the case ends with; `how` goes to the replay."""
    beside: dict[str, Any] = {"events": case.events, "others": case.others, **how}
    try:
        if not case.reads_held:
            return replay(case.panel, case.rows, case.weights, case.spec, **beside)
        return replay_targets(case.panel, decider(case), case.spec, **beside)
    except (DataError, EngineError) as error:
        return Stop(type(error).__name__, str(error))


def decider(case: Case) -> Callable[[int, Mapping[str, float]], list[float] | None]:
    """The decisions of a case, asked for close by close; what is held may change them."""
    table = dict(zip(case.rows.tolist(), case.weights.tolist(), strict=True))

    def weights_at(row: int, held: Mapping[str, float]) -> list[float] | None:
        weights = table.get(row)
        if weights is None or held["cash"] > 0.3:
            return weights
        if held["cash"] < 0.01 and len(held) == 2:
            return None
        kept = (held.get(name, 0.0) for name in case.panel.ids)
        return [(weight + max(0.0, now)) / 2 for weight, now in zip(weights, kept, strict=True)]

    return weights_at


def compare(left: Ledger | Stop, right: Ledger | Stop) -> Difference | None:
    """The largest difference of two outcomes, None if they are equal to the last bit."""
    if isinstance(left, Stop) or isinstance(right, Stop):
        return None if left == right else Difference("outcome", left, right, math.inf)
    first = _first_other_order(left, right)
    if first is not None:
        return first
    found = [
        _difference(f"order {name}", getattr(left.log, name), getattr(right.log, name))
        for name in _FIGURES
    ]
    found += [_difference(name, getattr(left, name), getattr(right, name)) for name in _TABLES]
    return max((each for each in found if each), key=lambda each: each.relative, default=None)


def _first_other_order(left: Ledger, right: Ledger) -> Difference | None:
    ours, theirs = _words(left), _words(right)
    for number, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            return Difference(f"order {number}", one, other, math.inf)
    if len(ours) != len(theirs):
        return Difference("orders", len(ours), len(theirs), math.inf)
    for name in ("start", "start_cash", "ids", "time"):
        mine, yours = np.asarray(getattr(left, name)), np.asarray(getattr(right, name))
        if not np.array_equal(mine, yours):
            return Difference(name, mine, yours, math.inf)
    return None


def _words(ledger: Ledger) -> list[tuple[str, str, str, str, str]]:
    log = ledger.log
    times = zip(log.decided_at.astype(str), log.filled_at.astype(str), strict=True)
    names = (ledger.ids[column] for column in log.column.tolist())
    states = [[log.words[code] for code in codes.tolist()] for codes in (log.status, log.reason)]
    return [(*at, name, *state) for at, name, *state in zip(times, names, *states, strict=True)]


def _difference(what: str, left: Any, right: Any) -> Difference | None:
    """Where two tables differ most; 0.0 and -0.0 differ, by nothing."""
    if left.shape != right.shape:
        return Difference(what, left.shape, right.shape, math.inf)
    if left.tobytes() == right.tobytes():
        return None
    a, b = (table.astype(np.float64) for table in (left, right))
    blank = np.isnan(a) & np.isnan(b)
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.abs(a - b) / np.maximum(np.abs(a), np.abs(b))
    relative = np.where(blank | (a == b), 0.0, np.where(np.isnan(relative), np.inf, relative))
    at = np.unravel_index(int(np.argmax(relative)), relative.shape)
    where = f"{what}[{', '.join(str(int(place)) for place in at)}]"
    return Difference(where, a[at].item(), b[at].item(), float(relative[at]))


def tally(found: Ledger | Stop) -> Counter[str]:
    """How many orders ended in each way; a stop counts once, by its first words."""
    if isinstance(found, Stop):
        words = "ledger law" if "ledger law" in found.message else found.kind
        return Counter([f"stopped: {words}"])
    states = zip(found.log.status.tolist(), found.log.reason.tolist(), strict=True)
    named = found.log.words
    return Counter(" ".join(filter(None, (named[code] for code in state))) for state in states)


def digest(found: Ledger | Stop) -> str:
    """SHA-256 of all that `compare` looks at, to compare across processes."""
    out = hashlib.sha256()
    if isinstance(found, Stop):
        out.update(repr(tuple(found)).encode())
        return out.hexdigest()
    out.update(repr((str(found.start), found.start_cash, found.ids, _words(found))).encode())
    for name in _FIGURES:
        out.update(getattr(found.log, name).tobytes())
    for name in ("time", *_TABLES):
        out.update(getattr(found, name).tobytes())
    return out.hexdigest()


def digests(seeds: Iterable[int]) -> list[str]:
    """The digests of the cases of seeds, on the path that a replay chooses."""
    return [digest(outcome(case_of(seed))) for seed in seeds]


def print_digests(first: int, stop: int) -> None:
    """For a process with other settings: the form of its arithmetic, then a digest a line."""
    print(WHY_INTERPRETED or "compiled", *digests(range(first, stop)), sep="\n")


def shrink(case: Case, differs: Callable[[Case], bool]) -> Case:
    """The smallest case that is found by leaving things out for which `differs` is still true."""
    going = True
    while going:
        going = False
        for smaller in _smaller(case):
            if differs(smaller):
                case, going = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    rows, ids = len(case.panel), len(case.panel.ids)
    for cut in (rows // 2, rows // 4, rows // 8, 1):
        if 0 < cut < rows:
            yield _of_rows(case, 0, rows - cut)
            yield _of_rows(case, cut, rows)
    for column in range(ids if ids > 1 else 0):
        yield _of_ids(case, [other for other in range(ids) if other != column])
    for start, stop in _chunks(len(case.rows)):
        keep = np.r_[0:start, stop : len(case.rows)]
        yield replace(case, rows=case.rows[keep], weights=case.weights[keep])
    for number in range(len(case.events)):
        yield replace(case, events=(*case.events[:number], *case.events[number + 1 :]))
    for number in range(len(case.others)):
        yield replace(case, others=(*case.others[:number], *case.others[number + 1 :]))
    if case.reads_held:
        yield replace(case, reads_held=False)
    for key in ExecutionSpec.model_fields:
        default = NO_LIMIT if key == "max_stale_days" else ExecutionSpec.model_fields[key].default
        for value in (default, 0.0):
            if getattr(case.spec, key) not in (default, 0.0) and key != "on_shortfall":
                yield replace(case, spec=case.spec.model_copy(update={key: value}))
    if np.any(case.weights != np.round(case.weights, 2)):
        yield replace(case, weights=np.round(case.weights, 2))
    yield from _plainer_bars(case)


def _chunks(count: int) -> Iterator[tuple[int, int]]:
    for size in sorted({max(1, count // 2), max(1, count // 4), 1}, reverse=True):
        for start in range(0, count, size):
            yield start, min(start + size, count)


def _of_rows(case: Case, start: int, stop: int) -> Case:
    inside = (case.rows >= start) & (case.rows < stop)
    panel = case.panel.rows(start, stop)
    return replace(case, panel=panel, rows=case.rows[inside] - start, weights=case.weights[inside])


def _of_ids(case: Case, columns: list[int]) -> Case:
    panel = case.panel.pick(tuple(case.panel.ids[column] for column in columns))
    return replace(case, panel=panel, weights=case.weights[:, columns])


def _plainer_bars(case: Case) -> Iterator[Case]:
    fields, has = case.panel.fields, case.panel.has_bar
    if "volume" in fields:
        yield replace(case, panel=with_fields(case.panel, {k: fields[k] for k in OHLC}))
    for digits in (1, 3):
        plainer = {key: np.maximum(np.round(fields[key], digits), 10.0**-digits) for key in OHLC}
        if any(np.any(plainer[key][has] != fields[key][has]) for key in OHLC):
            yield replace(case, panel=with_fields(case.panel, {**fields, **plainer}))
    same = {key: np.where(has, fields["close"], np.nan) for key in OHLC}
    if any(np.any(same[key][has] != fields[key][has]) for key in OHLC):
        yield replace(case, panel=with_fields(case.panel, {**fields, **same}))
