"""Options that several verbs have."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path

_FEWEST_RESAMPLES = 100
_PRECEDENCE = "VALUE is read as YAML; precedence: defaults < extends < file < --set"


def file_name(text: str) -> Path:
    """The file of an option; nothing is no file."""
    if not text:
        raise ArgumentTypeError("name a file")
    return Path(text)


def whole(text: str) -> int:
    """A count: a whole number of at least 0."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is no count; give a whole number such as 39")
    return int(text)


def resamples(text: str) -> int:
    """A count of resamples, enough for a 95 % interval to have ends."""
    found = whole(text)
    if found < _FEWEST_RESAMPLES:
        raise ArgumentTypeError(f"{found} draws make no interval; take {_FEWEST_RESAMPLES} or more")
    return found


def add_set(verb: ArgumentParser) -> None:
    """`--set`, which changes values of configs."""
    verb.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        dest="overrides",
        help=f"change a value, repeatable; {_PRECEDENCE}",
    )


def add_plugins(verb: ArgumentParser) -> None:
    """`--plugins`, which makes a user's own kinds known before anything is read."""
    verb.add_argument(
        "--plugins",
        metavar="FILE",
        action="append",
        default=[],
        type=Path,
        help="Python file with kinds of your own, repeatable; see docs/authoring.md",
    )


def add_output(verb: ArgumentParser, what: str = "results are kept") -> None:
    """`--output`, the directory of results."""
    verb.add_argument(
        "-o", "--output", metavar="DIR", type=Path, default=Path("results"),
        help=f"where {what} (results)",
    )  # fmt: skip


def add_making(verb: ArgumentParser) -> None:
    """How a run is made, and what of it is printed."""
    verb.add_argument("--force", action="store_true", help="build results that exist again")
    verb.add_argument("--no-tearsheet", action="store_true", help="leave tearsheet.html out")
    verb.add_argument(
        "--stock", action="store_true", help="replay on stock backtrader: same results, slower"
    )
    verb.add_argument(
        "--inference",
        action="store_true",
        help="how much may be luck: bootstraps, shifts, random rotations",
    )
    add_seed(verb, "seed of all draws of --inference (1)")
    verb.add_argument(
        "--markets",
        metavar="N",
        type=whole,
        default=0,
        help="with --inference: run it again on N markets whose bars are permuted in blocks (0)",
    )
    add_json(verb)


def add_seed(verb: ArgumentParser, what: str = "seed of all draws (1)") -> None:
    """`--seed`, that of everything drawn."""
    verb.add_argument("--seed", metavar="N", type=whole, default=1, help=what)


def add_json(verb: ArgumentParser) -> None:
    """`--json`, for programs that read the results."""
    verb.add_argument("--json", action="store_true", help="print JSON instead of text")
