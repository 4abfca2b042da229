from __future__ import annotations

import time
from email.utils import formatdate

import numpy as np
import pytest

from feeds.errors import ProviderError
from feeds.providers.answers import Answers, check_answer, retry_after
from feeds.providers.failures import PassingError
from feeds.providers.patience import Patience
from tests.feeds.providers.conftest import Waits


@pytest.fixture
def patience(waits: Waits) -> Patience:
    return Patience("vendor", wait=waits, clock=waits.clock, random=np.random.default_rng(1))


def failing(times: int, retry_after: float | None = None) -> list[object]:
    return [PassingError("busy", retry_after)] * times


def ask(patience: Patience, outcomes: list[object]) -> object:
    """Put a question that fails and answers as told."""
    left = iter(outcomes)

    def question() -> object:
        outcome = next(left)
        if isinstance(outcome, PassingError):
            raise outcome
        return outcome

    return patience.ask(question)


def test_waits_double_and_are_drawn_between_half_and_all(patience: Patience, waits: Waits) -> None:
    assert ask(patience, [*failing(4), "answer"]) == "answer"
    for waited, most in zip(waits, [1.0, 2.0, 4.0, 8.0], strict=True):
        assert most / 2 <= waited <= most
    assert len({waited / most for waited, most in zip(waits, [1, 2, 4, 8], strict=True)}) == 4


def test_waits_have_a_ceiling(waits: Waits) -> None:
    patient = Patience("vendor", attempts=20, wait=waits, clock=waits.clock)
    ask(patient, [*failing(15), "answer"])
    assert max(waits) <= 60.0


def test_the_seconds_a_vendor_asks_for_are_waited_in_full(patience: Patience, waits: Waits) -> None:
    ask(patience, [*failing(1, retry_after=42.0), "answer"])
    assert waits == [42.0]


def test_the_last_attempt_gives_up_without_another_wait(patience: Patience, waits: Waits) -> None:
    with pytest.raises(ProviderError, match="vendor: busy; asked 6 times"):
        ask(patience, failing(6))
    assert len(waits) == 5


def test_a_cool_down_holds_for_the_next_question_too(waits: Waits) -> None:
    patient = Patience("vendor", attempts=1, wait=waits, clock=waits.clock, pause_seconds=3.0)
    ask(patient, ["first"])
    ask(patient, ["second"])
    assert waits == [3.0]


def test_what_will_not_pass_is_raised_at_once(patience: Patience, waits: Waits) -> None:
    def question() -> None:
        raise ProviderError("no")

    with pytest.raises(ProviderError, match="no"):
        patience.ask(question)
    assert waits == []


def test_retry_after_is_seconds_or_a_date() -> None:
    assert retry_after({"retry-after": "17"}) == 17.0
    assert retry_after({"Retry-After": "soon"}) is None
    assert retry_after({}) is None
    ahead = retry_after({"Retry-After": formatdate(time.time() + 100, usegmt=True)})
    assert ahead is not None
    assert 90 <= ahead <= 100


@pytest.mark.parametrize("status", [408, 418, 429, 500, 503])
def test_statuses_that_pass(status: int) -> None:
    with pytest.raises(PassingError, match=f"status {status}: later"):
        check_answer(status, {}, b"later")


def test_a_refusal_in_json_is_left_to_the_client_and_a_page_is_not() -> None:
    check_answer(404, {}, b'{"error": "not found"}')
    with pytest.raises(PassingError, match="status 403: <html>checking your browser"):
        check_answer(403, {}, b"<html>checking your browser</html>")


def test_bodies_are_taken_once() -> None:
    answers = Answers([b"1", b"2"])
    assert (answers.take(), answers.take()) == (b"1\n2", b"")
    answers.bodies += [b"3", b"4"]
    assert (answers.newest(), answers.take()) == (b"4", b"")
