"""Bytes of a vendor's file to text: packed or not, and refused where they are no data at all."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from pathlib import PurePosixPath

from feeds.errors import DataError

LARGEST = 2**30
"""Bytes that a packed file may unfold to: a vendor's file is a thousandth of that."""

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_ARROW, _PARQUET = b"ARROW1", b"PAR1"
_BINARY_ENDINGS = (".feather", ".parquet", ".arrow")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def unpacked(content: bytes, name: str) -> tuple[bytes, str]:
    """The bytes inside gzip and zip, and the name of the file that they are.

    Raises
    ------
    DataError
        For an empty or damaged file, for a zip file of several files, for one that unfolds to
        more than `LARGEST` bytes.
    """
    for _ in range(3):  # a .csv.gz inside a .zip is as deep as vendors go
        if content[:2] == _GZIP:
            content, name = _gunzipped(content, name), name.removesuffix(".gz")
        elif content[:4] == _ZIP:
            content, name = _unzipped(content, name)
        else:
            break
    if name.endswith((".gz", ".zip")) and content:
        raise DataError(f"{name}: is no {name.rpartition('.')[2]} file; get it again, or rename it")
    if not content.strip():
        raise DataError(f"{name}: is empty; get it again")
    return content, name


def _gunzipped(content: bytes, name: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            out = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{name}: is no whole gzip file ({error}); get it again") from None
    return _not_too_large(out, name)


def _unzipped(content: bytes, name: str) -> tuple[bytes, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [info for info in archive.infolist() if not info.is_dir()]
            if len(files) != 1:
                held = ", ".join(info.filename for info in files[:3]) or "nothing"
                raise DataError(
                    f"{name}: holds {len(files)} files ({held[:120]}); a vendor's zip file holds "
                    "one. Unpack it and import what is in it"
                )
            with archive.open(files[0]) as file:
                out = file.read(LARGEST + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
        raise DataError(f"{name}: is no whole zip file ({error}); get it again") from None
    except (RuntimeError, NotImplementedError) as error:  # a password, a rare compression
        raise DataError(f"{name}: cannot be unpacked ({error}); unpack it yourself") from None
    inner = PurePosixPath(name).parent / PurePosixPath(files[0].filename).name
    return _not_too_large(out, name), str(inner)


def _not_too_large(out: bytes, name: str) -> bytes:
    if len(out) > LARGEST:
        raise DataError(
            f"{name}: unfolds to more than {LARGEST:,} bytes; no vendor's file does. "
            "Cut it into smaller files if it is data"
        )
    return out


def is_arrow(content: bytes) -> bool:
    """Whether the bytes are an Arrow (feather) or a Parquet file."""
    return content.startswith((_ARROW, _PARQUET))


def decoded(content: bytes, name: str) -> str:
    """The text of a file of text, without its byte order mark.

    Raises
    ------
    DataError
        For text that is not UTF-8, for what is binary, and for a web page or a JSON answer in
        the place of data.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{name}: is UTF-16 text; save it as UTF-8")
    if b"\0" in content or name.endswith(_BINARY_ENDINGS):
        raise DataError(
            f"{name}: is neither text nor a whole feather or Parquet file; get it again"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: byte {error.start} is not UTF-8; save it as UTF-8 text") from None
    if not text.strip():
        raise DataError(f"{name}: is empty; get it again")
    start = text[:2000].lstrip()
    if start.startswith("<"):
        title = _TITLE.search(text[:20_000])
        said = f" titled '{' '.join(title[1].split())[:100]}'" if title else ""
        raise DataError(f"{name}: is a web page{said}, no data; get the file again")
    if start.startswith(("{", "[")):
        raise DataError(
            f"{name}: is JSON, no table: {' '.join(start[:100].split())}. "
            "If it is a vendor's error, get the file again"
        )
    return text
