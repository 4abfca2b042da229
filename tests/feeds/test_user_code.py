"""The border to a user's own classes."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout

import pytest

from feeds.errors import ConfigError, EngineError
from feeds.user_code import Collected, blame


@pytest.mark.parametrize("stop", [SystemExit(0), SystemExit("enough"), ValueError("no")])
def test_whatever_user_code_raises_names_it_and_the_place(stop: BaseException) -> None:
    with (
        pytest.raises(EngineError, match=r"signal 'x' raised \w+: .*test_user_code.py, line \d+"),
        blame("signal 'x'"),
    ):
        raise stop


@pytest.mark.parametrize(
    "error", [ConfigError("ours"), LookupError("of ours"), KeyboardInterrupt()]
)
def test_our_own_errors_and_ctrl_c_pass(error: BaseException) -> None:
    with pytest.raises(type(error)), blame("signal 'x'", LookupError):
        raise error


def test_what_user_code_prints_is_no_result_of_a_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with redirect_stdout(Collected()) as results:
        print("result")
        with blame("signal 'x'"):
            print("aside")
    assert results.getvalue() == "result\n"
    assert capsys.readouterr() == ("", "aside\n")
    with blame("signal 'x'"):  # from Python nothing is collected, and nothing moved
        print("aside", file=sys.stdout)
    assert capsys.readouterr() == ("aside\n", "")
