"""Which releases of other libraries are installed, without importing them."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution


def version_of(library: str) -> str:
    """The release of a library, "" if it is not installed."""
    try:
        found = distribution(library)
    except PackageNotFoundError:
        return ""
    # `found.version` parses the whole text, licences and all, as an e-mail: 3 ms a library.
    line = re.search(r"^Version: (\S+)", found.read_text("METADATA") or "", re.MULTILINE)
    return line[1] if line else found.version
