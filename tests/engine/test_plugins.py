"""Files of a user's own kinds: registered by name, part of the run's id, told with a line."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import plugins
from engine.cli import main
from engine.config.explain import explain
from engine.fingerprint import plugin_digests, plugin_files
from engine.plugins import load_plugins
from feeds.errors import ConfigError
from strategies import registry
from tests.engine.test_cli import DEMO, SHORT

HEAD = """\
import numpy as np
from pydantic import Field
from strategies.base import Signal
from strategies.registry import register
"""
SIGNAL = """
@register("{name}")
class {title}(Signal):
    \"\"\"{value} in every row.\"\"\"

    unused: int = Field(3, ge=1, description="nothing")
    example = {{"panel": "equities", "unused": 4}}

    def values(self, seen):
        return np.full(len(seen), {value})
"""

Write = Callable[..., Path]


def source(name: str = "always", value: str = "1.0") -> str:
    return HEAD + SIGNAL.format(name=name, title=name.title(), value=value)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test registers and imports is gone after it."""
    for family in registry.FAMILIES:
        monkeypatch.setitem(registry._KINDS, family, dict(registry.kinds(family)))
    monkeypatch.setattr(plugins, "_LOADED", {})
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("plugin_") or name in ("beside", "deeper"):
            del sys.modules[name]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str, name: str = "mine.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refusal(path: Path) -> str:
    before = {family: registry.kinds(family) for family in registry.FAMILIES}
    with pytest.raises(ConfigError) as caught:
        load_plugins(path)
    assert {family: registry.kinds(family) for family in registry.FAMILIES} == before
    return str(caught.value)


def test_a_plugin_registers_kinds_of_every_family(write: Write) -> None:
    text = source() + (
        "from strategies.base import Basket, Strategy\n"
        "import backtrader as bt\n"
        "@register('none')\nclass Nothing(Basket):\n"
        "    def weights(self, seen, eligible): return np.zeros(len(seen.ids))\n"
        "@register('idle')\nclass Idle(Strategy):\n    def rule(self, x): return {}\n"
        "@register('sleeper')\nclass Sleeper(bt.Strategy):\n    pass\n"
    )
    (plugin,) = load_plugins(write(text))
    assert plugin.kinds == (
        ("signal", "always"), ("basket", "none"), ("strategy", "idle"), ("raw", "sleeper"),
    )  # fmt: skip
    assert plugin.module == "plugin_mine"
    assert registry.find("signal", "always").__module__ == "plugin_mine"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = (\n", "mine.py, line 1: SyntaxError: '(' was never closed"),
        ("import numpy\n\nimport not_there\n", "mine.py, line 3: ModuleNotFoundError: No module"),
        ("a = 1\nraise SystemExit\n", "mine.py, line 2: SystemExit: no message"),
        ("a = 1\n", "registers nothing; put `@register(\"name\")` before its classes"),
        (
            source("trend", "1.0"),
            "mine.py, line 6: the signal 'trend' is already registered; choose another name",
        ),
        (source("Bad Name".lower()), "mine.py, line 6: cannot register 'bad name'"),
        ("\0", "mine.py: "),
        ("x = " + "-" * 200_000 + "1\n", "mine.py: MemoryError: nested too deeply"),
        (
            source().replace("def values", "def valves"),
            "mine.py: the signal 'always' has no `values`; write it in its class Always",
        ),
        (
            source().replace("unused: int =", "rows ="),
            "mine.py, line 10: parameter 'rows' needs a type: rows: int = Field(...)",
        ),
        (
            source().replace("unused: int = Field(3,", "rows = 3 #"),
            "mine.py, line 10: parameter 'rows' needs a type: rows: int = Field(...)",
        ),
    ],
    ids=[
        *("syntax", "import", "exit", "nothing", "taken", "no name", "no text", "deep"),
        *("abstract", "field without type", "value without type"),
    ],
)  # fmt: skip
def test_a_plugin_that_fails_is_told_with_file_and_line(
    write: Write, text: str, words: str
) -> None:
    told = refusal(write(text.replace("class Bad Name", "class BadName")))
    assert words in told
    assert "\n" not in told


def test_a_plugin_that_is_not_there_or_is_no_python_file_is_told(tmp_path: Path) -> None:
    assert "nothing.py is not there" in refusal(tmp_path / "nothing.py")
    assert "is no Python file" in refusal(tmp_path)


def test_a_plugin_that_fails_half_way_registers_nothing(write: Write) -> None:
    assert "ZeroDivisionError" in refusal(write(source() + "1 / 0\n"))


def test_a_name_that_another_plugin_has_taken_is_refused(write: Write) -> None:
    load_plugins(write(source(), "one.py"))
    # The same class name too: the two are still two classes.
    assert "'always' is already registered" in refusal(write(source(value="0.0"), "two.py"))


def test_two_plugins_of_one_file_name_are_refused(write: Write) -> None:
    load_plugins(write(source("one"), "a/mine.py"))
    assert "which is loaded; rename one of them" in refusal(write(source("two"), "b/mine.py"))


def test_the_same_file_twice_is_loaded_once(write: Write) -> None:
    path = write(source())
    assert load_plugins(path, path)[0] is load_plugins(path)[0]


def test_an_edited_file_takes_the_place_of_its_earlier_version(write: Write) -> None:
    path = write(source("always"))
    load_plugins(path)
    (plugin,) = load_plugins(write(source("never", "0.0")))
    assert plugin.kinds == (("signal", "never"),)
    assert "always" not in registry.kinds("signal")
    write("1 / 0\n")
    with pytest.raises(ConfigError):
        load_plugins(path)
    assert "never" in registry.kinds("signal")


def test_the_schema_follows_an_edited_file(write: Write) -> None:
    path = write(source())
    load_plugins(path)
    assert "unused: whole number" in explain("signals.always.unused")
    load_plugins(
        write(source().replace("unused: int", "other: int").replace('"unused"', '"other"'))
    )
    assert "other: whole number" in explain("signals.always.other")


def test_the_digest_of_a_lone_file_is_that_of_its_content(write: Write) -> None:
    path = write(source())
    load_plugins(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert plugin_digests([registry.find("signal", "always")]) == {"plugin_mine.Always": digest}
    assert plugin_files([registry.find("signal", "always")]) == ["mine.py"]
    assert plugin_files([registry.find("signal", "trend")]) == []


def test_the_digest_covers_what_a_plugin_imports_from_its_folder(write: Write) -> None:
    write("import deeper\nVALUE = deeper.VALUE\n", "beside.py")
    write("VALUE = 1.0\n", "deeper/__init__.py")
    write("VALUE = 5.0\n", "unrelated.py")
    path = write("from beside import VALUE\n" + source(value="VALUE"))
    (first,) = load_plugins(path)
    names = [each.relative_to(path.parent).as_posix() for each in first.sources]
    assert names == ["mine.py", "beside.py", "deeper/__init__.py"]
    write("VALUE = 6.0\n", "unrelated.py")
    assert load_plugins(path)[0] is first
    write("VALUE = 2.0\n", "deeper/__init__.py")
    (second,) = load_plugins(path)
    assert second.digest != first.digest
    assert sys.modules["beside"].VALUE == 2.0
    cls = registry.find("signal", "always")
    assert plugin_digests([cls]) == {"plugin_mine.Always": second.digest}


def test_a_file_beside_that_python_does_not_find_first_is_refused(write: Write) -> None:
    write("VALUE = 1.0\n", "json.py")
    told = refusal(write("import json\n" + source()))
    assert "rename json.py" in told


def test_what_a_plugin_prints_does_not_reach_stdout(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    load_plugins(write("print('hello')\n" + source()))
    assert capsys.readouterr() == ("", "hello\n")


def test_a_plugin_beside_our_packages_does_not_count_them_as_its_own() -> None:
    path = Path(plugins.__file__).parent.parent / "mine.py"
    assert list(plugins._files_of("engine.plugins", path.parent)) == []


def command(tmp_path: Path, plugin: Path, *more: str) -> list[str]:
    config = tmp_path / "mine.yaml"
    config.write_text(
        f"extends: {DEMO}\nname: mine\n"
        "signals: {own: {kind: always, panel: equities}}\nstrategy: {signal: own}\n"
    )
    options = [
        *SHORT,
        "--plugins",
        str(plugin),
        "-o",
        str(tmp_path / "out"),
        "-q",
        "--no-tearsheet",
    ]
    return ["run", str(config), *options, *more]


def test_a_run_with_a_plugin_names_it_and_has_its_digest_in_its_id(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = write(source())
    arguments = command(tmp_path, plugin, "--json")
    assert main(arguments) == 0
    first = json.loads(capsys.readouterr().out)
    manifest = json.loads((Path(first["path"]) / "manifest.json").read_text())
    assert manifest["plugins"] == ["mine.py"]
    assert list(manifest["digests"]["plugins"]) == ["plugin_mine.Always"]
    assert str(tmp_path) not in (Path(first["path"]) / "manifest.json").read_text()
    write(source() + "# edited\n")
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["id"] != first["id"]


def test_a_config_that_names_a_kind_of_a_plugin_fails_without_it(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = command(tmp_path, write(source()))
    at = arguments.index("--plugins")
    assert main(arguments[:at] + arguments[at + 2 :]) == 3
    assert "unknown signal kind `always`" in capsys.readouterr().err


def test_kinds_of_a_plugin_are_listed_explained_and_in_the_schema(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--plugins", str(write(source()))]
    assert main(["list", "signals", *options]) == 0
    assert "always " in capsys.readouterr().out
    assert main(["list", "signals", "--json", *options]) == 0
    entries = {entry["kind"]: entry for entry in json.loads(capsys.readouterr().out)}
    own = next(each for each in entries["always"]["parameters"] if each["name"] == "unused")
    assert own == {
        "name": "unused",
        "type": "whole number, at least 1",
        "required": False,
        "default": 3,
        "bounds": {"at_least": 1},
        "meaning": "nothing",
    }
    assert entries["always"]["meaning"] == "1.0 in every row."
    assert entries["always"]["example"] == {"panel": "equities", "unused": 4}
    assert entries["always"]["warm_up_rows"] == 0
    assert main(["config", "explain", "signals.always", *options]) == 0
    assert "unused" in capsys.readouterr().out
    assert main(["config", "schema", *options]) == 0
    assert '"always"' in capsys.readouterr().out


LOOKBACK = "    @property\n    def lookback(self): return {}\n"
STRATEGY = (
    "from strategies.base import Shares, Strategy\n"
    "@register('odd')\nclass Odd(Strategy):\n    hold: Shares\n"
    "    @property\n    def {}(self): return {}\n    def rule(self, x): return self.hold\n"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            LOOKBACK.format("2.5"),
            "line 3  signals.own  signal 'always' has a lookback of 2.5; give",
        ),
        (
            LOOKBACK.format("'5'"),
            "signals.own  signal 'always' has a lookback of '5'; give a whole",
        ),
        (
            LOOKBACK.format("1 / 0"),
            "signals.own  signal 'always' raised ZeroDivisionError: division by zero (mine.py, "
            "line 16)",
        ),
        (
            "    @property\n    def inputs(self): raise KeyError('x')\n",
            "signals.own  signal 'always' raised KeyError: 'x' (mine.py, line 16)",
        ),
        (
            "    @property\n    def inputs(self): return (5,)\n",
            "signals.own  signal 'always' gives (5,) as its `inputs`; give a tuple of names",
        ),
        (
            "    limit: float = float('inf')\n",
            "signals.own.limit  is inf, which no config can write; give a finite number",
        ),
        (
            STRATEGY.format("sleeves", "('nosuch',)"),
            "line 4  strategy  unknown sleeve `nosuch`. Known: ",
        ),
        (
            STRATEGY.format("signals", "('nosuch',)"),
            "line 4  strategy  unknown signal `nosuch`. Known: ",
        ),
    ],
    ids=["float", "text", "raising", "inputs", "numbers", "inf", "sleeve", "signal"],
)
def test_what_a_kind_tells_wrong_of_itself_is_told_with_its_place_in_the_config(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    arguments = command(tmp_path, write(source() + text))
    if "Strategy" in text:
        config = Path(arguments[1])
        config.write_text(
            config.read_text().replace("{signal: own}", "{kind: odd, hold: {btc: 1.0}}")
        )
    assert main(arguments) == 3
    told = " ".join(capsys.readouterr().err.split())
    assert " ".join(words.split()) in told
    assert not (tmp_path / "out").exists()


def test_a_default_that_json_does_not_have_is_listed_as_text(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = write(source() + "    limit: float = float('inf')\n")
    assert main(["list", "signals", "--json", "--plugins", str(plugin)]) == 0
    entries = {entry["kind"]: entry for entry in json.loads(capsys.readouterr().out)}
    (limit,) = (each for each in entries["always"]["parameters"] if each["name"] == "limit")
    assert limit["default"] == "inf"
    assert main(["config", "schema", "--plugins", str(plugin)]) == 0
    assert '"default": "inf"' in capsys.readouterr().out


def test_what_a_kind_prints_in_a_run_is_no_json(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = source().replace("        return", "        print('hello')\n        return")
    assert main(command(tmp_path, write(text), "--json")) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["name"] == "mine"
    assert "hello" in told.err


def test_a_kind_that_ends_the_process_is_told(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = source().replace("        return", "        raise SystemExit(0)\n        return")
    assert main(command(tmp_path, write(text))) == 1
    assert "signal 'own' raised SystemExit: 0 (mine.py, line 14)" in capsys.readouterr().err


def test_a_plugin_that_fails_is_exit_3_before_anything_is_written(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(tmp_path, write("1 / 0\n"))) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert "mine.py, line 1: ZeroDivisionError: division by zero" in told.err
    assert not (tmp_path / "out").exists()
