from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.config.document import Origin
from engine.config.loader import MAX_BYTES, parse, read_text, scalar
from feeds.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("1e-3", 0.001),
        ("1e5", 100_000.0),
        ("-.5", -0.5),
        ("5.", 5.0),
        ("1.5e+3", 1500.0),
        ("100_000", 100_000),
        ("-7", -7),
        ("0", 0),
    ],
)
def test_numbers_booleans_and_null_are_read_as_such(text: str, value: Any) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    ["ON", "NO", "yes", "True", "off", "2020-01-01", "12:30", "010", "0x1F", "1__0", "10%", "1e",
     "2020-01-01T00:00:00Z", ".inf", ".nan", "=", "1.2.3", "_1", "1_", "+", "e5"],
)  # fmt: skip
def test_what_other_readers_turn_into_something_else_stays_text(text: str) -> None:
    assert scalar(text) == text


def test_quotes_make_text_of_anything() -> None:
    assert parse("a: '5'\nb: \"true\"\n", "t").values == {"a": "5", "b": "true"}


def test_keys_are_text_as_written() -> None:
    assert parse("{1: a, ON: b, 2020-01-01: c}", "t").values == {
        "1": "a",
        "ON": "b",
        "2020-01-01": "c",
    }


def test_the_line_of_every_value_is_kept() -> None:
    document = parse("name: x\nuniverse:\n  ids:\n    - A\n    - B\n", "f.yaml")
    assert document.origins[("name",)] == Origin("f.yaml", 1)
    assert document.origins[("universe", "ids", 1)] == Origin("f.yaml", 5)
    assert str(document.origin(("universe", "missing"))) == "f.yaml:2"


def test_a_merged_map_yields_to_what_is_written_and_keeps_its_own_lines() -> None:
    document = parse("x-base: &b {k: 1, n: 2}\na:\n  <<: *b\n  k: 5\n", "f.yaml")
    assert document.values["a"] == {"k": 5, "n": 2}
    assert document.origins[("a", "k")].line == 4
    assert document.origins[("a", "n")].line == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml line 3: the key `a` is already on line 1"),
        ("e:\n  fee: 1\n  fee: 2\n", "f.yaml line 3: the key `e.fee` is already on line 2"),
        ("a:\n\tb: 1\n", "f.yaml line 2: indented with a tab; YAML takes spaces only"),
        ("a: {f: {id}.csv}\n", 'put a text with {id} in quotes, such as files: "coins/{id}.csv"'),
        ("a: b: c\n", "put text that holds `: ` in quotes"),
        ("a: @x\n", "put text that begins with a special character in quotes"),
        ("a: [1, 2\n", "check indentation, brackets and quotes"),
        ("a: !!python/object/apply:os.system [ls]\n", "is refused; write plain values"),
        ("a: !include x\n", "the tag `!include` is refused"),
        ("a: !!int 5\n", "is refused"),
        ("a: *b\n", "`*b` has no complete `&b` above"),
        ("a: &a [*a]\n", "`*a` has no complete `&a` above"),
        ("a: 1\n---\nb: 2\n", "a second document follows"),
        ("- 1\n", "f.yaml holds a list; a config is a map"),
        ("", "f.yaml holds nothing"),
        ("# only a comment\n", "f.yaml holds nothing"),
        ("just text\n", "f.yaml holds a text"),
        ("? [a, b]\n: 1\n", "line 1: a key is a list; keys are text"),
        ("a: 1e999\n", "line 1: the number 1e999 is too large"),
        ("a: " + "9" * 30 + "\n", "is too large"),
        ("a: {<<: 5}\n", "`<<` merges maps only"),
        ("a: \0\n", "not YAML"),
        ('a: "x\\0y"\n', "line 1: the text holds a NUL character"),
        ("[" * 40 + "]" * 40, "nested deeper than 32 levels"),
        ("a: " + "[" * 400_000, "nested deeper than 32 levels"),
        ("a: " + "x" * (MAX_BYTES + 1), "larger than 1 MB"),
    ],
)
def test_bad_yaml_is_refused_with_its_line_and_a_hint(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as stopped:
        parse(text, "f.yaml")
    assert message in str(stopped.value)


@pytest.mark.parametrize("entry", ["[{}]", "{{a: 1, {}}}"])
def test_aliases_that_multiply_are_stopped_by_count(entry: str) -> None:
    """Nine levels of nine aliases each stand for 9 ** 9 values."""
    if entry.startswith("["):
        bomb = "a0: &a0 [1]\n" + "".join(
            f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
        )
    else:
        bomb = "a0: &a0 {k: 1}\n" + "".join(
            f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 10)
        )
    with pytest.raises(ConfigError, match="once the aliases are written out"):
        parse(bomb, "f.yaml")


def test_many_values_are_stopped_by_count() -> None:
    with pytest.raises(ConfigError, match="more than 20000 values"):
        parse("a: [" + "1," * 100_001 + "]", "f.yaml")
    with pytest.raises(ConfigError, match="more than 20000 values"):
        parse("a: [" + "1," * 400_000 + "]", "f.yaml")


def test_a_long_chain_of_merges_is_stopped() -> None:
    chain = "a0: &a0 {k: 1}\n" + "".join(f"a{i}: &a{i} {{<<: *a{i - 1}}}\n" for i in range(1, 2000))
    with pytest.raises(ConfigError, match="levels"):
        parse(chain, "f.yaml")


def test_files_that_are_no_text_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"name: x\nclaim: caf\xe9\n")
    (tmp_path / "big.yaml").write_bytes(b"#" * (MAX_BYTES + 1))
    for name, message in (
        ("latin.yaml", "line 2: not UTF-8 text"),
        ("big.yaml", "larger than 1 MB"),
        ("none.yaml", "there is no config"),
        (".", "is a directory"),
        ("a\0b", "cannot read"),
    ):
        with pytest.raises(ConfigError, match=message):
            read_text(tmp_path / name)


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes(b"\xef\xbb\xbfname: x\r\nperiod: {start: 2020-01-01}\r\n")
    values = parse(read_text(tmp_path / "c.yaml"), "c.yaml").values
    assert values == {"name": "x", "period": {"start": "2020-01-01"}}


def test_both_yaml_parsers_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """libyaml may be absent from an installation of PyYAML."""
    text = (Path(__file__).parents[2] / "configs" / "rotation.yaml").read_text(encoding="utf-8")
    fast = parse(text, "f.yaml")
    monkeypatch.setattr("engine.config.loader._PARSER", yaml.SafeLoader)
    assert parse(text, "f.yaml") == fast


@given(st.integers(-(10**17), 10**17))
def test_every_integer_is_read_exactly(number: int) -> None:
    assert scalar(str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_written_by_repr_is_read_exactly(number: float) -> None:
    found = scalar(repr(number))
    assert found == number
    assert math.copysign(1, found) == math.copysign(1, number)
