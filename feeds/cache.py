"""Panels kept as one checked block each, found again by the content they were built from.

A file is: 8 bytes of magic, the header's length (8 bytes, little endian), the SHA-256 of all that
follows (32 bytes), the header in JSON, then the arrays, each on a multiple of 64 bytes.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from feeds.arrays import Instant, instants, read_only
from feeds.atomic import replace_whole
from feeds.errors import DataWarning
from feeds.libraries import version_of
from feeds.panel import Panel
from feeds.panel_spec import PanelSpec
from feeds.quality import QualitySpec
from feeds.readers import build_panel
from feeds.sources import Sources, find_sources

READER_VERSION = 4
"""Raise it whenever the same bytes would be read into another panel."""

_BLOCK = 2
"""Raise it whenever a block is laid out otherwise; older ones are then left alone."""
_MAGIC = b"PANEL001"
_PRELUDE = len(_MAGIC) + 8 + hashlib.sha256().digest_size
_ALIGNMENT = 64
_TIMES = ("label", "opened_at", "known_at")


class _DamagedError(Exception):
    """A cache file that is not what was written."""


def load_panel(
    name: str,
    spec: PanelSpec,
    root: Path | None,
    ids: Sequence[str],
    cache: Path | None,
    policy: QualitySpec | None = None,
    until: Instant | None = None,
) -> Panel:
    """The panel described by `spec`, from the cache where its files have not changed.

    Parameters
    ----------
    name : str
        The name of the panel in the config.
    spec : PanelSpec
    root : Path or None
        The folder that the files are relative to, and of the store.
    ids : sequence of str
        The ids of the universe, read where there is an `{id}` and the panel names no ids.
    cache : Path or None
        Folder of the cache; it is made at need, and may be deleted at any time.
    policy : QualitySpec
        What is done about faults; the default policies if left out.
    until : datetime64
        Rows labelled later are not looked at, whatever is wrong with them.

    Raises
    ------
    ConfigError, DataError
        As `feeds.readers` does.
    """
    policy = policy or QualitySpec()
    sources = find_sources(name, spec, root, ids, policy.absent_ids)
    key = content_key(spec, sources, policy, until)
    return remember(name, key, lambda: build_panel(name, spec, sources, policy, until), cache)


def content_key(
    spec: PanelSpec, sources: Sources, policy: QualitySpec, until: Instant | None
) -> str:
    """A digest of all that decides what a panel will hold."""
    described = {
        "reader": READER_VERSION,
        "spec": spec.model_dump(mode="json"),
        "policy": policy.model_dump(mode="json"),
        "until": str(until),
        "sources": {id: [source.name, source.digest] for id, source in sources.found.items()},
        "left_out": dict(sources.left_out),
        "calendars": calendars_version() if spec.stamp == "session_close" else "",
    }
    return digest_of(described)


def digest_of(described: Mapping[str, Any]) -> str:
    """SHA-256 of a JSON-able description."""
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def calendars_version() -> str:
    """The release of the library that knows the sessions; a new one may correct some."""
    return version_of("exchange_calendars")


def remember(name: str, key: str, build: Callable[[], Panel], cache: Path | None) -> Panel:
    """The panel kept under `key`, else the one that `build` makes, which is then kept.

    A damaged block is announced and built anew; a cache that cannot be written is announced, and
    the run goes on without it.
    """
    if cache is None:
        return build()
    path = cache / f"{key}-{_BLOCK}.panel"
    try:
        return unpack(name, path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, _DamagedError) as error:
        warnings.warn(f"cache: {path} is damaged ({error}); rebuilt", DataWarning, stacklevel=2)
    panel = build()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(path, pack(panel))
    except OSError as error:
        warnings.warn(
            f"cache: cannot write to {cache} ({error.strerror}); going on without",
            DataWarning,
            stacklevel=2,
        )
    return panel


def pack(panel: Panel) -> bytes:
    """The bytes of a panel; equal panels give equal bytes."""
    arrays: dict[str, np.ndarray[Any, Any]] = {
        key: getattr(panel, key).astype("<i8") for key in _TIMES
    }
    arrays |= {f"field:{key}": values.astype("<f8") for key, values in panel.fields.items()}
    block, table = bytearray(), {}
    for key, values in arrays.items():
        block += bytes(-len(block) % _ALIGNMENT)
        table[key] = {"dtype": values.dtype.str, "shape": values.shape, "offset": len(block)}
        block += values.tobytes()
    header = json.dumps(
        {
            "name": panel.name,
            "calendar": panel.calendar,
            "ids": panel.ids,
            "quality": {
                kind: {name: times.astype(np.int64).tolist() for name, times in found.items()}
                for kind, found in panel.quality.items()
            },
            "left_out": dict(panel.left_out),
            "arrays": table,
        }
    ).encode()
    header += b" " * (-(_PRELUDE + len(header)) % _ALIGNMENT)
    rest = header + bytes(block)
    length = len(header).to_bytes(8, "little")
    return _MAGIC + length + hashlib.sha256(length + rest).digest() + rest


def unpack(name: str, content: bytes) -> Panel:
    """The panel in the bytes that `pack` made, under another name if need be.

    Its arrays are read-only views of `content`.
    """
    length, checksum = content[len(_MAGIC) : len(_MAGIC) + 8], content[_PRELUDE - 32 : _PRELUDE]
    if content[: len(_MAGIC)] != _MAGIC or len(content) < _PRELUDE:
        raise _DamagedError("not a panel")
    found = hashlib.sha256(length)
    found.update(memoryview(content)[_PRELUDE:])
    if found.digest() != checksum:
        raise _DamagedError("its checksum does not fit")
    start = _PRELUDE + int.from_bytes(length, "little")
    header = json.loads(content[_PRELUDE:start])
    arrays = {}
    for key, entry in header["arrays"].items():
        shape = tuple(entry["shape"])
        arrays[key] = np.frombuffer(
            content, entry["dtype"], int(np.prod(shape)), start + entry["offset"]
        ).reshape(shape)
    label, opened_at, known_at = (
        read_only(instants(arrays[key].view("<M8[ns]"))) for key in _TIMES
    )
    return Panel(
        name,
        header["calendar"],
        label,
        opened_at,
        known_at,
        tuple(header["ids"]),
        MappingProxyType(
            {key[6:]: values for key, values in arrays.items() if key.startswith("field:")}
        ),
        MappingProxyType(
            {
                kind: {
                    name: np.array(times, dtype="datetime64[ns]") for name, times in found.items()
                }
                for kind, found in header["quality"].items()
            }
        ),
        MappingProxyType(header["left_out"]),
    )
