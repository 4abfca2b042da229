"""The command line: arguments in, exit code out, results to stdout and all else to stderr."""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any

from engine.cli_data import add_data, add_universe
from engine.cli_runs import add_config, add_runs
from engine.printed import printable
from feeds.errors import BacktestError, OutputError
from feeds.user_code import Collected

PROGRAM = "run_backtest.py"
EXIT_CODES = """exit codes:
  0 ok   1 a bug, or a run that had to stop   2 wrong usage, or results cannot be written
  3 config invalid   4 data missing or refused   5 a gate of the config was missed
  6 a check found bias   8 a vendor failed   130 interrupted"""
_NEW_OBJECTS = 200_000
"""Half as many again as a start makes."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; the arguments are those of the process by default."""
    _prepare_streams()
    try:
        options = parser().parse_args(arguments)
    except SystemExit as stop:  # argparse has printed the help or the error
        return int(stop.code or 0)
    except KeyboardInterrupt:
        _tell("interrupted")
        return 130
    if arguments is None:
        sys.excepthook = partial(_crashed, options)
        _collect_seldom()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not options.quiet:
            warnings.simplefilter("always", UserWarning)
        warnings.showwarning = _note
        return _run(options)


def _collect_seldom() -> None:
    """Spare a short run the search for garbage in what it imports, which is a third of a start."""
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
    atexit.register(gc.freeze)  # at exit Python would search everything three times more


def _prepare_streams() -> None:
    """Open what the caller has closed, and make any text printable on any terminal."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # Left closed, its number would go to the next file that is opened.
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # text of a config is shown on any terminal
            stream.reconfigure(errors="backslashreplace")


def _run(options: argparse.Namespace) -> int:
    results = Collected()
    try:
        _check_working_directory()
        # Printed when all is well, so that no reader of stdout takes half of it for the whole.
        with redirect_stdout(results):
            _load_plugins(options)
            code = getattr(import_module(options.module), options.verb)(options)
        _print(results.getvalue())
    except BacktestError as error:
        if error.after_results:  # such as a gate that was missed: the results are there
            _print(results.getvalue())
        if options.verbose >= 2:
            traceback.print_exc()
        _tell(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt as stop:
        _tell(": ".join(("interrupted", *map(str, stop.args))))
        return 130
    return int(code or 0)


def _load_plugins(options: argparse.Namespace) -> None:
    paths = getattr(options, "plugins", ())
    if paths:
        from engine.plugins import load_plugins

        load_plugins(*paths)


def _check_working_directory() -> None:
    try:
        os.getcwd()
    except OSError:
        message = "the working directory is gone; change to one that exists and run again"
        raise OutputError(message) from None


def _print(text: str) -> None:
    """Write the results to stdout; a reader that has gone, as `head` does, has seen enough."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # Nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OutputError(
                f"cannot write to stdout: {error.strerror}; free some space, or send it elsewhere"
            ) from None


def _tell(message: str) -> None:
    """Write to stderr, with what could steer a terminal written out; nobody may be reading."""
    with suppress(OSError):
        print(printable(message), file=sys.stderr, flush=True)


def _note(message: Warning | str, *_: Any, **__: Any) -> None:
    _tell(f"note: {message}")


def _crashed(
    options: argparse.Namespace,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
) -> None:
    """Write the traceback of a bug to a file and tell where it is."""
    text = "".join(traceback.format_exception(kind, error, trace))
    if options.verbose >= 2:
        _tell(text)
    try:
        details = f"details: {_crash_file(getattr(options, 'output', None), text)}"
    except OSError as problem:
        details = f"no file could be written ({problem.strerror}); -vv shows the details"
    message = " ".join(str(error).split())[:200]
    _tell(f"error: this is a bug: {kind.__name__}: {message}\n  {details}")


def _crash_file(output: Path | None, text: str) -> str:
    folder = output if output and os.access(output, os.W_OK) and output.is_dir() else None
    handle, path = tempfile.mkstemp(prefix="crash-", suffix=".txt", dir=folder, text=True)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return path


def parser() -> argparse.ArgumentParser:
    """The parser of all verbs; `options.verb` is the function of `options.module` to call.

    A verb that returns a number ends with it as exit code.
    """
    top = _Parser(
        prog=PROGRAM,
        description="Backtests that say how far to believe them.",
        epilog=_examples(
            "demo",
            "run configs/rotation.yaml",
            "list signals",
            "study configs/rotation.yaml",
            "compare configs/*.yaml",
        )
        + EXIT_CODES,
    )
    verbs = top.add_subparsers(metavar="VERB", required=True)
    add_runs(verbs, _verb)
    config = _group(verbs, "config", "show, explain, or begin a config", "config init my.yaml",
                    "config show my.yaml --origin", "config explain")  # fmt: skip
    add_config(config, _verb)
    data = _group(verbs, "data", "fetch, import and look after market data",
                  "data fetch configs/rotation.yaml", "data status", "data verify")  # fmt: skip
    add_data(data, _verb)
    universe = _group(verbs, "universe", "show who could be held when, and what hindsight earns",
                      "universe show 2021-06-01 my.yaml", "universe audit my.yaml")  # fmt: skip
    add_universe(universe, _verb)
    return top


class _Parser(argparse.ArgumentParser):
    """Keeps the line breaks of examples, and refuses abbreviated options."""

    def __init__(self, **settings: Any) -> None:
        settings |= {
            "formatter_class": argparse.RawDescriptionHelpFormatter,
            "allow_abbrev": False,
        }
        super().__init__(**settings)


def _group(verbs: Any, name: str, summary: str, *examples: str) -> Any:
    group = verbs.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=_examples(*examples) + EXIT_CODES,
    )
    return group.add_subparsers(metavar="VERB", required=True)


def _verb(
    verbs: Any, name: str, summary: str, *examples: str, module: str = "verbs"
) -> argparse.ArgumentParser:
    verb: argparse.ArgumentParser = verbs.add_parser(
        name.rsplit(" ", 1)[-1],
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=_examples(*examples) + EXIT_CODES,
    )
    verb.set_defaults(module=f"engine.{module}", verb=name.replace(" ", "_"))
    verb.add_argument("-q", "--quiet", action="store_true", help="no progress and notes on stderr")
    verb.add_argument("-v", "--verbose", action="count", default=0, help="-vv: show tracebacks")
    return verb


def _examples(*lines: str) -> str:
    return "examples:\n" + "\n".join(f"  {PROGRAM} {line}" for line in lines) + "\n\n"
