from __future__ import annotations

import io

from engine.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_drawn_in_the_first_two_seconds() -> None:
    clock, stream = Clock(), Terminal()
    progress = Progress(stream=stream, clock=clock)
    for done in range(10):
        clock.now += 0.19
        progress.step("reading", done, 10)
    progress.clear()
    assert stream.getvalue() == ""


def test_a_terminal_has_one_line_that_is_drawn_over_and_taken_away() -> None:
    clock, stream = Clock(), Terminal()
    progress = Progress(stream=stream, clock=clock)
    clock.now += 2
    progress.step("reading panels", 3, 10)
    clock.now += 0.05
    progress.step("reading panels", 4, 10)  # too soon after the last
    clock.now += 0.05
    progress.step("replay", 1, 9)
    progress.clear()
    progress.clear()
    assert stream.getvalue() == (
        "\rreading panels 3/10"
        "\rreplay 1/9         "  # blanks over the rest of the longer line: 19 characters
        "\r          \r"
    )


def test_elsewhere_there_is_a_plain_line_every_five_seconds() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = Progress(stream=stream, clock=clock)
    for done in range(1, 13):
        clock.now += 1
        progress.step("replay", done, 12)
    progress.clear()
    assert stream.getvalue() == "replay 2/12\nreplay 7/12\nreplay 12/12\n"


def test_quiet_draws_nothing_ever() -> None:
    clock, stream = Clock(), Terminal()
    progress = Progress(quiet=True, stream=stream, clock=clock)
    clock.now += 60
    progress.step("replay", 1, 2)
    progress.clear()
    assert stream.getvalue() == ""


def test_progress_that_nobody_reads_does_not_stop_the_work() -> None:
    class Gone(Terminal):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    clock = Clock()
    progress = Progress(stream=Gone(), clock=clock)
    clock.now += 60
    progress.step("replay", 1, 2)
    progress.step("replay", 2, 2)
    progress.clear()


def test_a_long_work_tells_how_long_the_rest_takes() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = Progress(stream=stream, clock=clock)
    for done in range(4):
        progress.step("fetching", done, 100)
        clock.now += 10
    # One of 100 in 10 s: 99 more take 990 s, 16 min; and so on.
    assert stream.getvalue() == (
        "fetching 1/100, about 16 min left\n"
        "fetching 2/100, about 16 min left\n"
        "fetching 3/100, about 16 min left\n"
    )
