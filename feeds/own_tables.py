"""Tables that come with the package, and tables of the user that extend them."""

from __future__ import annotations

from pathlib import Path

from feeds.errors import ConfigError
from feeds.files import file_bytes
from feeds.panel_spec import inside_root

BUILT_IN = "builtin"


def table_bytes(kind: str, source: str, root: Path | None) -> bytes:
    """The bytes of a table of `coins` or `events`.

    Parameters
    ----------
    kind : str
        The key of the config below `data`, and the name of the built-in table.
    source : str
        `builtin`, or a path relative to `root`.
    root : Path or None

    Raises
    ------
    ConfigError
        For a path without a root, or one that leads out of it.
    DataError
        For a file that is missing or cannot be read.
    """
    if source == BUILT_IN:
        return file_bytes(Path(__file__).with_name(f"{kind}.csv"), source)
    if root is None:
        raise ConfigError(f"{kind} file {source}: data.root is not set; use `--set data.root=DIR`")
    try:
        inside_root(source)
    except ValueError as error:
        raise ConfigError(f"data.{kind}: {error}") from None
    return file_bytes(root / source, source)
