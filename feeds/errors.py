"""The three families of errors a user can meet, each with its exit code.

Every message says what is wrong, where, why, and what to do about it.
"""

from __future__ import annotations


class BacktestError(Exception):
    """An error with a message meant for the user; `exit_code` is what the command line returns.

    One that comes after the results (`after_results`) lets them be printed first.
    """

    exit_code = 1
    after_results = False


class ConfigError(BacktestError):
    """A config that cannot be run: unknown key, wrong type, impossible combination."""

    exit_code = 3


class DataError(BacktestError):
    """Data that is missing or that fails a check at the border."""

    exit_code = 4


class AbsentError(DataError):
    """Data that is not there at all, as that of an id which a vendor does not know."""


class ProviderError(BacktestError):
    """A vendor that cannot be reached, refuses, or answers with what is no data."""

    exit_code = 8


class EngineError(BacktestError):
    """A run that had to stop: a signal that reads the future, a ruined account, a broken law."""

    exit_code = 1


class CheckError(EngineError):
    """A check that found bias: a value that changes when later rows are removed."""

    exit_code = 6


class OutputError(EngineError):
    """Results that cannot be written where the user asked for them."""

    exit_code = 2


class DataWarning(UserWarning):
    """Something about the data that the engine could mend by itself and that is worth a word."""
