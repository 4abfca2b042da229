"""Who listens to a replay hears the same on every path, and whoever does more gets stock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.cerebro.replay import FAST, STOCK
from engine.ledger import Ledger
from tests.engine.compared import compare, outcome
from tests.engine.drawn import case_of
from tests.engine.intruders import DEEDS, READS, SOMETIMES
from tests.engine.listeners import AT_FIRST_FEED, BACKTRADERS, LISTENERS, plain

ROWS = 60
# A seed is not simpler for being smaller.
OURS = settings(deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
seeds = st.integers(0, 2**32 - 1)


@settings(OURS, max_examples=60)
@given(seed=seeds, names=st.sets(st.sampled_from(sorted(LISTENERS)), min_size=1))
def test_listeners_are_told_the_same_on_the_fast_path(seed: int, names: set[str]) -> None:
    path = _same_on_both(seed, {name: LISTENERS[name] for name in sorted(names)})
    assert path in (FAST, None)


@settings(OURS, max_examples=25)
@given(seed=seeds)
def test_the_analyzers_of_backtrader_find_the_same_on_the_fast_path(seed: int) -> None:
    path = _same_on_both(seed, BACKTRADERS)
    assert path in (FAST, None)


@pytest.mark.parametrize("name", AT_FIRST_FEED)
def test_stock_backtrader_runs_those_that_read_a_time_before_there_is_one(name: str) -> None:
    paths = {_same_on_both(seed, {name: AT_FIRST_FEED[name]}) for seed in range(8)}
    assert paths - {None} == {FAST, f"{STOCK}: a bar that is not there yet was read"}


@pytest.mark.parametrize("name", READS)
def test_what_a_listener_may_read_is_the_same_on_the_fast_path(name: str) -> None:
    paths = [_same_on_both(seed, {name: READS[name]}) for seed in range(6)]
    assert set(paths) <= {FAST, None}


@pytest.mark.parametrize("name", DEEDS)
def test_who_does_more_than_listen_gets_stock_backtrader_and_is_told_why(name: str) -> None:
    paths = [_same_on_both(seed, {name: DEEDS[name]}) for seed in range(6)]
    assert name in SOMETIMES or FAST not in paths
    fell_back = [path for path in paths if path is not None and path != FAST]
    assert all(path.startswith(f"{STOCK}: ") for path in fell_back)
    # An error of our own would end up on stock as well; only a reason is a reason.
    assert not [path for path in fell_back if " raised " in path]


def test_the_analyzers_hear_something() -> None:
    found = outcome(case_of(10, ROWS), analyzers={**LISTENERS, **BACKTRADERS})
    assert isinstance(found, Ledger)
    assert set(found.analyses) == {*LISTENERS, *BACKTRADERS}
    assert all(len(found.analyses[name]) > 10 for name in LISTENERS)
    assert all(found.analyses[name] for name in BACKTRADERS)


def test_an_analyzer_that_raises_is_named_on_every_path() -> None:
    class Broken(LISTENERS["Money"]):  # type: ignore[misc]
        def notify_order(self, order: Any) -> None:
            raise ValueError("no")

    case = case_of(1, ROWS)
    fast = outcome(case, analyzers={"broken": Broken})
    assert not isinstance(fast, Ledger)
    assert "an analyzer raised ValueError: no (test_listening.py, line " in fast.message
    assert fast == outcome(case, analyzers={"broken": Broken}, stock=True)


def _same_on_both(seed: int, analyzers: Mapping[str, Any]) -> str | None:
    """Replay a case on both paths and compare; the path of the first, None if it was stopped."""
    case = case_of(seed, ROWS)
    ours = outcome(case, analyzers=analyzers)
    stock = outcome(case, analyzers=analyzers, stock=True)
    assert (seed, compare(ours, stock)) == (seed, None)
    if not isinstance(ours, Ledger) or not isinstance(stock, Ledger):
        return None
    assert (seed, _difference(plain(ours.analyses), plain(stock.analyses))) == (seed, None)
    return ours.path


def _difference(left: Any, right: Any, at: str = "") -> str | None:
    """The first place at which two analyses differ, in few words."""
    if repr(left) == repr(right):
        return None
    pairs: list[tuple[Any, Any, Any]] = []
    if isinstance(left, dict) and isinstance(right, dict) and list(left) == list(right):
        pairs = [(key, left[key], right[key]) for key in left]
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = [(place, *pair) for place, pair in enumerate(zip(left, right, strict=True))]
    inside = (_difference(one, other, f"{at}[{place!r}]") for place, one, other in pairs)
    return next(filter(None, inside), f"{at}: {left!r:.200} against {right!r:.200}")
