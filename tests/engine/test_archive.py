from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from engine import archive
from engine.archive import read_manifest, verify_result, write_directory
from feeds.errors import DataError, OutputError

FILES = {"manifest.json": '{"id": "a1", "simulated": true}', "equity.csv": "time,nav\n"}


def write(root: Path, force: bool = False, log: str = "") -> Path:
    target = root / "name" / "a1"
    write_directory(root, target, FILES, {"run.log": log}, force)
    return target


def entries(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir())


def test_any_change_of_the_manifest_is_damage(tmp_path: Path) -> None:
    path = write(tmp_path) / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    assert manifest["simulated"] is True
    manifest["simulated"] = False
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(DataError, match=r"manifest.json is damaged: its own digest.*--force"):
        read_manifest(path.parent)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{}", "it lists no files"),
        ("[" * 100_000, "it is not JSON text"),
        ('{"files": {}, "digest": 3}', "its own digest"),
        ('{"files": {}}', "its own digest"),
        ('{"files": {}, "x": "\\ud800"}', "its own digest"),
    ],
)
def test_a_manifest_of_any_other_shape_is_damage(tmp_path: Path, text: str, why: str) -> None:
    path = write(tmp_path)
    (path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=f"manifest.json is damaged: {why}"):
        read_manifest(path)


def test_a_directory_without_a_manifest_says_how_to_mend_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no results.*Run the experiment again with --force"):
        read_manifest(tmp_path)


def test_a_second_writer_of_the_same_id_keeps_what_is_there(tmp_path: Path) -> None:
    first = (write(tmp_path) / "equity.csv").stat().st_ino
    assert (write(tmp_path) / "equity.csv").stat().st_ino == first
    assert entries(tmp_path) == ["name"]


def test_a_second_writer_does_not_keep_what_is_damaged(tmp_path: Path) -> None:
    (write(tmp_path) / "equity.csv").write_text("broken")
    with pytest.raises(DataError, match=r"equity.csv is damaged"):
        write(tmp_path)


@pytest.mark.parametrize("kind", ["file", "empty directory", "dangling link", "link"])
def test_force_puts_results_in_the_place_of_anything(tmp_path: Path, kind: str) -> None:
    target, elsewhere = tmp_path / "name" / "a1", tmp_path / "elsewhere"
    target.parent.mkdir()
    elsewhere.mkdir()
    (elsewhere / "mine.txt").write_text("kept")
    if kind == "file":
        target.write_text("in the way")
    elif kind == "empty directory":
        target.mkdir()
    else:
        target.symlink_to(elsewhere if kind == "link" else tmp_path / "nowhere")
    write(tmp_path, force=True)
    assert not target.is_symlink()
    assert verify_result(target)["id"] == "a1"
    assert (elsewhere / "mine.txt").read_text() == "kept"
    assert entries(tmp_path) == ["elsewhere", "name"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_results_that_cannot_be_replaced_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    target, replace = write(tmp_path), os.replace

    def stop_at_the_second_step(source: Path, to: Path) -> None:
        if to == target and (source / "fresh").exists():
            raise error
        replace(source, to)

    monkeypatch.setattr(archive.os, "replace", stop_at_the_second_step)
    files = {**FILES, "fresh": ""}
    with pytest.raises((OutputError, KeyboardInterrupt)):
        write_directory(tmp_path, target, files, {}, True)
    assert set(verify_result(target)["files"]) == {"equity.csv"}
    assert entries(tmp_path) == ["name"]


def test_a_log_may_hold_bytes_that_are_no_text(tmp_path: Path) -> None:
    # How Python shows the byte 0xff of a path: as a lone surrogate.
    path = write(tmp_path, log="command run -o /elsewhere/\udcff\n") / "run.log"
    assert path.read_text(encoding="utf-8") == "command run -o /elsewhere/\\udcff\n"


def test_a_file_in_the_place_of_a_name_is_found_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("not a directory")
    with pytest.raises(OutputError, match="demo"):
        archive.check_writable(tmp_path, "demo")
    archive.check_writable(tmp_path, "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo"]
