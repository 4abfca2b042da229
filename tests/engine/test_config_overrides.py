from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.config.overrides import read_document
from feeds.errors import ConfigError


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def values(path: Path, *overrides: str) -> dict[str, Any]:
    return read_document(path, overrides).values


def test_a_child_wins_maps_merge_and_lists_replace(tmp_path: Path) -> None:
    write(
        tmp_path,
        base="name: base\nexecution: {fee_bps: 1, band: 2}\nuniverse: {ids: [A, B, C]}\n",
        child="extends: base.yaml\nname: child\nexecution: {band: 3}\nuniverse: {ids: [D]}\n",
    )
    assert values(tmp_path / "child.yaml") == {
        "name": "child",
        "execution": {"fee_bps": 1, "band": 3},
        "universe": {"ids": ["D"]},
    }


def test_the_later_of_two_bases_wins(tmp_path: Path) -> None:
    write(tmp_path, a="k: a\nm: a\n", b="k: b\n", child="extends: [a.yaml, b.yaml]\n")
    assert values(tmp_path / "child.yaml") == {"k": "b", "m": "a"}


def test_precedence_is_base_then_file_then_set(tmp_path: Path) -> None:
    write(tmp_path, a="e: {x: 1, y: 1, z: 1}\n", b="extends: a.yaml\ne: {y: 2, z: 2}\n")
    assert values(tmp_path / "b.yaml", "e.z=3") == {"e": {"x": 1, "y": 2, "z": 3}}


def test_bases_are_found_beside_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write(tmp_path, base="k: 1\n")
    write(tmp_path / "sub", middle="extends: ../base.yaml\nm: 2\n")
    write(tmp_path, child="extends: sub/middle.yaml\n")
    assert values(tmp_path / "child.yaml") == {"k": 1, "m": 2}


def test_a_map_of_another_kind_replaces_and_of_the_same_kind_merges(tmp_path: Path) -> None:
    write(
        tmp_path,
        base="a: {kind: weekly, weekday: monday}\nb: {kind: weekly, weekday: monday}\n",
        child="extends: base.yaml\na: {kind: monthly, day: 3}\nb: {kind: weekly, or: true}\n",
    )
    assert values(tmp_path / "child.yaml") == {
        "a": {"kind": "monthly", "day": 3},
        "b": {"kind": "weekly", "weekday": "monday", "or": True},
    }


def test_a_circle_of_bases_is_refused_with_the_chain(tmp_path: Path) -> None:
    write(tmp_path, a="extends: b.yaml\n", b="extends: c.yaml\n", c="extends: a.yaml\n")
    with pytest.raises(ConfigError, match=r"a\.yaml -> b\.yaml -> c\.yaml -> a\.yaml"):
        values(tmp_path / "a.yaml")


def test_bases_named_twice_on_every_level_are_read_once_each(tmp_path: Path) -> None:
    """Thirty levels of two bases each would be 2 ** 30 files."""
    write(tmp_path, f0="k: 1\n", **{f"f{i}": f"extends: [f{i - 1}.yaml, f{i - 1}.yaml]\n"
                                    for i in range(1, 31)})  # fmt: skip
    assert values(tmp_path / "f30.yaml") == {"k": 1}


def test_a_missing_base_names_who_asked_for_it(tmp_path: Path) -> None:
    write(tmp_path, child="name: x\nextends: none.yaml\n")
    with pytest.raises(ConfigError, match=r"none\.yaml.*extended by .*child\.yaml:2"):
        values(tmp_path / "child.yaml")


@pytest.mark.parametrize("text", ["5", "{a: b}", "[1]", "null"])
def test_extends_takes_paths_only(tmp_path: Path, text: str) -> None:
    write(tmp_path, child=f"extends: {text}\n")
    with pytest.raises(ConfigError, match=r"child\.yaml:1: `extends` is a path or a list"):
        values(tmp_path / "child.yaml")


def test_keys_with_x_at_the_top_are_free_space() -> None:
    text = "x-notes: {anything: [1]}\nx-base: &b {k: 1}\nname: n\nm: {<<: *b}\n"
    assert read_document(text).values == {"name": "n", "m": {"k": 1}}


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ("e.fee=5", {"e": {"fee": 5, "ids": ["A", "B"]}}),
        ("e.fee=1e-3", {"e": {"fee": 0.001, "ids": ["A", "B"]}}),
        ("e.fee='5'", {"e": {"fee": "5", "ids": ["A", "B"]}}),
        ("e.fee=", {"e": {"fee": None, "ids": ["A", "B"]}}),
        ("e.fee=a=b", {"e": {"fee": "a=b", "ids": ["A", "B"]}}),
        ("e.ids=[C]", {"e": {"fee": 1, "ids": ["C"]}}),
        ("e.ids.1=ON", {"e": {"fee": 1, "ids": ["A", "ON"]}}),
        ("e.ids[0]=C", {"e": {"fee": 1, "ids": ["C", "B"]}}),
        ("new.deep.key=1", {"e": {"fee": 1, "ids": ["A", "B"]}, "new": {"deep": {"key": 1}}}),
        ("e={fee: 7}", {"e": {"fee": 7, "ids": ["A", "B"]}}),
    ],
)
def test_set_changes_one_value(override: str, changed: dict[str, Any]) -> None:
    assert read_document("e: {fee: 1, ids: [A, B]}\n", [override]).values == changed


def test_the_last_of_two_sets_wins() -> None:
    assert read_document("a: 1\n", ["a=2", "a=3"]).values == {"a": 3}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("e.fee", "write --set key=value"),
        ("=5", "write --set key=value"),
        ("e..fee=5", "write --set key=value"),
        (".".join("a" * 5000) + "=5", "write --set key=value"),
        ("e.ids[5]=C", r"`e.ids` has items 0 to 1"),
        ("e.fee[0]=C", "`e.fee` is a number, not a list"),
        ("e.fee=[1", r"--set e\.fee=\[1 line 2: did not find"),
        ("e.fee=!!python/name:os.system", "is refused"),
    ],
)
def test_an_override_that_cannot_be_read_is_refused(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_document("e: {fee: 1, ids: [A, B]}\n", [override])


def test_the_origin_of_each_value_is_the_layer_that_wrote_it(tmp_path: Path) -> None:
    write(tmp_path, a="e: {x: 1, y: 1, z: 1}\n", b="extends: a.yaml\n\ne: {y: 2}\n")
    origins = read_document(tmp_path / "b.yaml", ["e.z=3"]).origins
    assert [str(origins[("e", key)]).removeprefix(str(tmp_path)) for key in "xyz"] == [
        "/a.yaml:1",
        "/b.yaml:3",
        "--set",
    ]


def test_the_data_root_is_beside_its_file_or_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    write(tmp_path / "configs", base="data: {root: ../data}\n", child="extends: base.yaml\n")
    child = tmp_path / "configs" / "child.yaml"
    assert values(child)["data"]["root"] == str(tmp_path / "data")
    assert values(child, "data.root=../else")["data"]["root"] == str(tmp_path / "else")
    assert read_document({"data": {"root": "here"}}).values["data"]["root"] == str(
        tmp_path / "work" / "here"
    )


def test_a_mapping_may_hold_dates_tuples_and_paths_but_no_other_objects() -> None:
    import datetime

    given = {"d": datetime.date(2020, 1, 2), "t": ("a",), "p": Path("x")}
    assert read_document(given).values == {"d": "2020-01-02", "t": ["a"], "p": "x"}
    for bad in (float("nan"), float("inf"), object(), {1}, b"x", "a\0"):
        with pytest.raises(ConfigError, match="cannot stand in a config"):
            read_document({"a": bad})
