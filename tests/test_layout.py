"""The layout that keeps the project readable: who may import whom, and how large a file gets."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("feeds", "strategies", "engine", "run_backtest")
MODULES = sorted(
    path.relative_to(ROOT)
    for package in ("feeds", "strategies", "engine")
    for path in (ROOT / package).rglob("*.py")
)
ADAPTERS = {
    "engine/cerebro/batch.py",
    "engine/cerebro/broker.py",
    "engine/cerebro/cerebros.py",
    "engine/cerebro/feed.py",
    "engine/cerebro/notices.py",
    "engine/cerebro/recorder.py",
    "engine/cerebro/strategy.py",
    "strategies/raw/sma_cross.py",
}
LONGEST_MODULE = 320
MOST_ADAPTER_LINES = 900
LONGEST_FUNCTION = 60


def imported(path: Path) -> set[str]:
    """Dotted names that a module imports, anywhere in it."""
    tree = ast.parse((ROOT / path).read_text())
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_go_one_way(path: Path) -> None:
    layer = LAYERS.index(path.parts[0])
    used = {name.split(".")[0] for name in imported(path)}
    assert not used & set(LAYERS[layer + 1 :])


def test_only_adapters_import_backtrader() -> None:
    users = {
        path.as_posix()
        for path in MODULES
        if any(name.split(".")[0] == "backtrader" for name in imported(path))
    }
    assert users == ADAPTERS


def test_the_adapters_together_stay_small() -> None:
    lines = sum((ROOT / path).read_text().count("\n") for path in ADAPTERS)
    assert lines < MOST_ADAPTER_LINES


def test_there_is_no_import_cycle() -> None:
    def module_of(name: str) -> Path | None:
        for end in (name, name.rpartition(".")[0]):
            stem = end.replace(".", "/")
            for path in (Path(f"{stem}.py"), Path(f"{stem}/__init__.py")):
                if path in MODULES:
                    return path
        return None

    graph = {
        path: {module_of(name) for name in _at_import(path)} - {None, path} for path in MODULES
    }
    done: set[Path] = set()
    while ready := {path for path, needs in graph.items() if path not in done and needs <= done}:
        done |= ready
    assert sorted(set(graph) - done) == []


def _at_import(path: Path) -> set[str]:
    """Names imported when the module is imported: not inside functions or TYPE_CHECKING."""
    tree = ast.parse((ROOT / path).read_text())
    nodes = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        else:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = (ROOT / path).read_text()
    assert text.count("\n") <= LONGEST_MODULE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            documentation = len((ast.get_docstring(node) or "").splitlines())
            assert lines - documentation <= LONGEST_FUNCTION, f"{node.name} is {lines} lines"
