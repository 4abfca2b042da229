"""Series on disk: content-addressed Parquet beside the raw bytes, with a manifest a series.

`root/store/objects` holds rows and `root/store/raw` what vendors gave, each file named by the
SHA-256 of its bytes; `root/store/series/<vendor>/<id>/<frequency>.json` says which of them make up
a series, and how they were got.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feeds.store.comparing import Cells, Changes, Difference, Overlap
    from feeds.store.manifests import FILE, Manifest, Origin, Revision, Source, Summary, Version
    from feeds.store.packing import Packed, pack
    from feeds.store.store import Store
    from feeds.store.upkeep import Freed, Problem, Status

_MODULES = {
    "Cells": "comparing",
    "Changes": "comparing",
    "Difference": "comparing",
    "FILE": "manifests",
    "Freed": "upkeep",
    "Manifest": "manifests",
    "Origin": "manifests",
    "Overlap": "comparing",
    "Packed": "packing",
    "Problem": "upkeep",
    "Revision": "manifests",
    "Source": "manifests",
    "Status": "upkeep",
    "Store": "store",
    "Summary": "manifests",
    "Version": "manifests",
    "pack": "packing",
}


def __getattr__(name: str) -> Any:
    """The name from its module, which is loaded when it is needed: most runs need none."""
    if name not in _MODULES:
        raise AttributeError(f"module 'feeds.store' has no attribute '{name}'")
    return getattr(import_module(f"feeds.store.{_MODULES[name]}"), name)


__all__ = [
    "FILE",
    "Cells",
    "Changes",
    "Difference",
    "Freed",
    "Manifest",
    "Origin",
    "Overlap",
    "Packed",
    "Problem",
    "Revision",
    "Source",
    "Status",
    "Store",
    "Summary",
    "Version",
    "pack",
]
