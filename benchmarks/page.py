"""The page of the documentation that shows what was measured."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


def put(section: str, text: str) -> None:
    """Write a section of the page, which stands between two markers, anew."""
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), section, text), encoding="utf-8")


def replaced(page: str, section: str, text: str) -> str:
    """The page with another text in a section."""
    begin, end = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{PAGE.name} lacks {begin} or {end}")
    return f"{before}{begin}\n\n{text.rstrip()}\n\n{end}{after}"
