"""A user's own signals, baskets, strategies and raw strategies, from files named on the way in."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from feeds.errors import BacktestError, ConfigError
from strategies import registry

_PREFIX = "plugin_"
_OURS = ("engine", "feeds", "strategies")
_UNTYPED = "model-field-missing-annotation"
"""The code of pydantic's error for a field without a type."""
_LOADED: dict[str, Plugin] = {}


@dataclass(frozen=True)
class Plugin:
    """A file that was loaded, and what it registered.

    Attributes
    ----------
    path : Path
    module : str
        The name it is imported under, which follows from the file's name alone.
    kinds : tuple of (family, name)
    sources : tuple of Path
        The file, then whatever it imports from its own folder.
    digest : str
        SHA-256 over the sources, by name and content.
    """

    path: Path
    module: str
    kinds: tuple[tuple[str, str], ...]
    sources: tuple[Path, ...]
    digest: str


def load_plugins(*paths: Path | str) -> tuple[Plugin, ...]:
    """Import Python files, so that configs can name the kinds that they register.

    A file that is loaded already is left alone; one that was edited since replaces its earlier
    version. What a file imports from its own folder is part of it. Whatever it prints goes to
    stderr.

    Raises
    ------
    ConfigError
        For a file that is not there, cannot be imported, registers nothing or a name that is
        taken, with file and line; nothing of that file is registered then.
    """
    return tuple(_load(Path(path)) for path in paths)


def plugin_of(file: Path) -> Plugin | None:
    """The plugin that was loaded from `file`."""
    return next((each for each in _LOADED.values() if each.path == file), None)


def _load(given: Path) -> Plugin:
    path = given.absolute()
    if path.suffix != ".py" or not path.is_file():
        why = "is not there" if not path.exists() else "is no Python file (name.py)"
        raise ConfigError(
            f"the plugin {given} {why}; name the file with your kinds: --plugins FILE"
        )
    module = _PREFIX + re.sub(r"\W", "_", path.stem)
    earlier = _LOADED.get(module)
    if earlier is not None and earlier.path != path:
        raise ConfigError(
            f"the plugin {given} has the name of {earlier.path}, which is loaded; rename one of "
            "them, since results tell plugins by name"
        )
    try:
        sources = _sources(path)
        digest = _digest(sources)
    except OSError as error:
        raise ConfigError(f"the plugin {given} cannot be read: {error}") from None
    if earlier is not None and earlier.digest == digest:
        return earlier
    with registry.registering(module) as kinds:
        _import(path, module, earlier)
        _check_beside(path, sources)
        _check_whole(path, module)
    if not kinds:
        raise ConfigError(
            f'the plugin {given} registers nothing; put `@register("name")` before its classes '
            "(docs/authoring.md)"
        )
    _LOADED[module] = Plugin(path, module, tuple(kinds), sources, digest)
    return _LOADED[module]


def _import(path: Path, module: str, earlier: Plugin | None) -> None:
    """Run the file as a module of this name; its folder is looked at after all others."""
    for old in earlier.sources[1:] if earlier else ():
        sys.modules.pop(_name_of(old, path.parent), None)
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    spec = importlib.util.spec_from_file_location(module, path)
    assert spec is not None
    made = importlib.util.module_from_spec(spec)
    before = sys.modules.get(module)
    sys.modules[module] = made
    with ExitStack() as undo, redirect_stdout(sys.stderr):
        undo.callback(_put_back, module, before)
        try:
            # Not by the loader: its compiled files may be stale where an edit was quick.
            exec(compile(path.read_bytes(), str(path), "exec"), vars(made))
        except (Exception, SystemExit) as error:  # a user's own file: whatever it raises
            raise ConfigError(_told(path, error)) from error
        undo.pop_all()


def _check_whole(path: Path, module: str) -> None:
    """Stop at a kind that lacks what its family needs: no config could use it."""
    for family in registry.FAMILIES:
        for name, cls in registry.kinds(family).items():
            missing = sorted(getattr(cls, "__abstractmethods__", ()))
            if missing and cls.__module__ == module:
                raise ConfigError(
                    f"plugin {path}: the {family} '{name}' has no `{missing[0]}`; write it in its "
                    f"class {cls.__name__} (docs/authoring.md)"
                )


def _put_back(module: str, before: ModuleType | None) -> None:
    if before is None:
        del sys.modules[module]
    else:
        sys.modules[module] = before


def _told(path: Path, error: BaseException) -> str:
    """The error in one line, with the line of the plugin that led to it."""
    words = " ".join(str(error).split())
    if not words:
        words = "nested too deeply" if isinstance(error, MemoryError) else "no message"
    if isinstance(error, SyntaxError):
        name = Path(error.filename).name if error.filename else path.name
        where = f", {name}" if name != path.name else ""
        line = f", line {error.lineno}" if error.lineno else ""
        return f"plugin {path}{where}{line}: {type(error).__name__}: {error.msg}"
    lines: list[int | None] = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    kind = "" if isinstance(error, BacktestError) else f"{type(error).__name__}: "
    if getattr(error, "code", None) == _UNTYPED and (quoted := re.search(r"['`](\w+)", words)):
        name = quoted[1]
        kind, words = "", f"parameter '{name}' needs a type: {name}: int = Field(...)"
        lines += _lines_of(name, path, lines[-1] or 1)
    at = f", line {lines[-1]}" if lines else ""
    return f"plugin {path}{at}: {kind}{words}"


def _lines_of(name: str, path: Path, first: int) -> list[int]:
    """The first line from `first` on at which something is assigned to `name`."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines[first - 1 :], first):
        if re.match(rf"\s+{name}\s*=", line):
            return [number]
    return []


def _sources(path: Path) -> tuple[Path, ...]:
    """The file, then all that it imports from its folder, directly or not, sorted."""
    found: dict[Path, None] = {path: None}
    left = [path]
    while left:
        for each in _beside(left.pop(), path.parent):
            if each not in found:
                found[each] = None
                left.append(each)
    return (path, *sorted(set(found) - {path}))


def _beside(source: Path, folder: Path) -> Iterator[Path]:
    """The files of `folder` that a source imports, anywhere in it."""
    import ast

    try:
        tree = ast.parse(source.read_bytes())
    except (SyntaxError, ValueError, MemoryError, RecursionError):  # told when the file is run
        return
    package = source.parent.relative_to(folder).parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join(filter(None, (*above, node.module)))
            names = [base, *(f"{base}.{alias.name}".lstrip(".") for alias in node.names)]
        else:
            continue
        for name in filter(None, names):
            yield from _files_of(name, folder)


def _files_of(name: str, folder: Path) -> Iterator[Path]:
    """The files that are run when `name` is imported from `folder`."""
    parts = name.split(".")
    if parts[0] in _OURS:  # what is loaded already comes first, whatever stands beside
        return
    for length in range(1, len(parts) + 1):
        stem = folder.joinpath(*parts[:length])
        for file in (stem.with_suffix(".py"), stem / "__init__.py"):
            if file.is_file():
                yield file


def _digest(sources: tuple[Path, ...]) -> str:
    """Of a lone file, the SHA-256 of its content; else that of all names and contents."""
    folder, content = sources[0].parent, sources[0].read_bytes()
    out = hashlib.sha256(content)
    for source in sources[1:]:
        content = source.read_bytes()
        out.update(f"\0{source.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        out.update(content)
    return out.hexdigest()


def _check_beside(path: Path, sources: tuple[Path, ...]) -> None:
    """Stop where Python found another module of the name of a file beside the plugin."""
    for source in sources[1:]:
        name = _name_of(source, path.parent)
        file = getattr(sys.modules.get(name), "__file__", None)
        if file is not None and Path(file).absolute() != source:
            raise ConfigError(
                f"plugin {path}: `import {name}` gives {file}, not {source.name} beside it; "
                f"rename {source.name}"
            )


def _name_of(source: Path, folder: Path) -> str:
    parts = source.relative_to(folder).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
