"""Directories that are whole or not there: built aside, renamed when done, checked by digest."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from feeds.atomic import replace_whole, sync_folder, write_synced
from feeds.errors import DataError, OutputError

MANIFEST = "manifest.json"
_SAFE = re.compile(r"(?!\.+$)[A-Za-z0-9._-]{1,80}")


def place(root: Path, name: str, run_id: str) -> Path:
    """`<root>/<name>/<id>`, never outside `root`.

    Raises
    ------
    OutputError
        For a name or id that is no plain file name.
    """
    for part in (name, run_id):
        if not _SAFE.fullmatch(part):
            raise OutputError(
                f"{part!r} cannot name a directory; use 1 to 80 letters, digits, '.', '_' or '-'"
            )
    return root / name / run_id


def check_writable(root: Path, name: str = "") -> None:
    """Stop before a run whose results could not be written.

    Raises
    ------
    OutputError
        When `root`, or `name` in it, is no directory, cannot be made, or cannot be written to.
    """
    place = root / name
    # The directory of a name is made with the first result, not by a run that may stop.
    where = place if name and (place.exists() or place.is_symlink()) else root
    probe = where / f".tmp-{secrets.token_hex(8)}"
    try:
        where.mkdir(parents=True, exist_ok=True)
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise OutputError(_cannot(where, error)) from error


def write_directory(
    root: Path, target: Path, files: Mapping[str, str], unlisted: Mapping[str, str], force: bool
) -> None:
    """Write the files to a new directory aside and rename it to `target`.

    The digests of `files` go into its `manifest.json`, which must be among them; `unlisted` files
    have no digest because they differ from machine to machine.

    Raises
    ------
    OutputError
        When something cannot be written; what was there stays, and nothing else is left behind.
    DataError
        When `force` is false and there is a `target` that is damaged; a whole one is kept.
    """
    aside = root / f".tmp-{secrets.token_hex(8)}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.mkdir()
        for name, text in {**_with_digests(files), **unlisted}.items():
            write_synced(aside / name, _encoded(text))
        sync_folder(aside)
        _swap(aside, target, root, force)
        sync_folder(target.parent)
    except OSError as error:
        raise OutputError(_cannot(target, error)) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def replace_file(path: Path, text: str) -> None:
    """Write `text` aside and rename it to `path`, so that no reader sees half of it."""
    try:
        replace_whole(path, _encoded(text))
    except OSError as error:
        raise OutputError(_cannot(path, error)) from error


def _encoded(text: str) -> bytes:
    # A log names paths, and those may hold bytes that are no text.
    return text.encode(errors="backslashreplace")


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a result directory.

    Raises
    ------
    DataError
        When there is none, or it is no manifest.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(
            f"{path} holds no results: {MANIFEST} cannot be read ({error.strerror}). "
            "Run the experiment again with --force"
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError(_damaged(path / MANIFEST, "it is not JSON text")) from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise DataError(_damaged(path / MANIFEST, "it lists no files"))
    if manifest.pop("digest", None) != _digest_of(manifest):
        raise DataError(_damaged(path / MANIFEST, "its own digest does not fit"))
    return manifest


def verify_result(path: Path) -> dict[str, Any]:
    """Check every file against its digest in the manifest, which is returned.

    Raises
    ------
    DataError
        Naming the file that is missing or differs.
    """
    manifest = read_manifest(path)
    for name, digest in manifest["files"].items():
        try:
            content = (path / name).read_bytes()
        except OSError as error:
            raise DataError(_damaged(path / name, f"{error.strerror}")) from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise DataError(_damaged(path / name, "its SHA-256 is not the one in the manifest"))
    return manifest


def _with_digests(files: Mapping[str, str]) -> dict[str, str]:
    """The files, with the digests of all others added to the manifest."""
    listed = {name: text for name, text in sorted(files.items()) if name != MANIFEST}
    manifest = json.loads(files[MANIFEST])
    manifest["files"] = {
        name: hashlib.sha256(text.encode()).hexdigest() for name, text in listed.items()
    }
    manifest["digest"] = _digest_of(manifest)
    return {**listed, MANIFEST: json_text(manifest)}


def _digest_of(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of all that a manifest says, so that a changed word in it shows."""
    text = json_text({key: value for key, value in manifest.items() if key != "digest"})
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


def json_text(value: object) -> str:
    """Canonical JSON text: sorted keys, LF, no NaN."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _swap(aside: Path, target: Path, root: Path, force: bool) -> None:
    """Rename `aside` to `target`; with `force` whatever is there makes room, or comes back."""
    old = root / f".tmp-{secrets.token_hex(8)}"
    try:
        if force:
            with suppress(FileNotFoundError):
                os.replace(target, old)
        os.replace(aside, target)
    except OSError:
        if not target.is_dir():
            raise
        # Another process finished the same id first: equal inputs give equal bytes, so its
        # directory serves as well, provided that it is whole.
        verify_result(target)
    finally:
        if not os.path.lexists(target):
            with suppress(FileNotFoundError):
                os.replace(old, target)
        _remove(old)


def _remove(path: Path) -> None:
    """Take away a directory with all that is in it, a file, or a link but not what it leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _cannot(path: Path, error: OSError) -> str:
    return (
        f"cannot write results to {path.absolute()}: {error.strerror or error}; "
        "choose another directory with --output"
    )


def _damaged(path: Path, why: str) -> str:
    return f"{path} is damaged: {why}. Run the experiment again with --force"
