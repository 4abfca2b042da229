"""Statistics as rows of a table: the number, marked where its sample is short, and its basis."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from engine.statistics import SHORT
from engine.tearsheet.markup import Html, esc, figure_text
from engine.wording import NOT_AVAILABLE

if TYPE_CHECKING:
    from engine.result import Result

Written = Callable[[float], str]
SHORT_MARK = "\N{DAGGER}"
_BETWEEN = "; "


class Row(NamedTuple):
    """A statistic of a table: what it is called there, its name, how its value is written."""

    title: str
    key: str
    write: Written


def written(result: Result, name: str, write: Written) -> str:
    """The value of a statistic; a dagger follows one that is a year's of less than a year."""
    shown = write(result.value(name))
    short = shown != NOT_AVAILABLE and SHORT in result.statistics[name].basis
    return f"{shown}\N{THIN SPACE}{SHORT_MARK}" if short else shown


def own_basis(result: Result, name: str, common: str) -> str:
    """What a statistic rests on beyond what is common, or why it is undefined."""
    each = result.statistics[name]
    if each.value is None:
        return f"{NOT_AVAILABLE}: {each.reason}"
    said = common.split(_BETWEEN)
    return _BETWEEN.join(part for part in each.basis.split(_BETWEEN) if part not in said)


def basis_cell(text: str) -> Html:
    """A quiet cell beside a number."""
    return Html(f'<td class="basis">{figure_text(esc(text))}</td>')
