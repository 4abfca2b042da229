"""`Store`: series and the raw bytes they came from, each version kept, each file checked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from fnmatch import fnmatchcase
from pathlib import Path

from feeds.errors import AbsentError, ConfigError, DataError
from feeds.series import Series
from feeds.store import places
from feeds.store.comparing import Difference, Overlap, compare, together
from feeds.store.disk import keep, sha256, write_durably, writing_to
from feeds.store.history import continued
from feeds.store.manifests import (
    Manifest,
    Origin,
    Revision,
    Source,
    Version,
    from_bytes,
    to_bytes,
)
from feeds.store.packing import Packed, pack, unpack
from feeds.store.upkeep import Freed, Problem, Status, status, sweep, verify


class Store:
    """Series under `root/store`, for any number of processes at once.

    A file is either named by its content and never changed (rows, raw bytes), or it is a manifest
    that is replaced whole after all that it names has reached the disk. Whatever kills a writer,
    the last manifest holds. Reading takes no lock.

    There is one lock for the whole store and not one a series: a writer holds it for the
    milliseconds in which files are written, not while it asks a vendor or parses, and sweeping up
    is then safe while nobody else is half way between a file and the manifest that names it.

    Parameters
    ----------
    root : Path
        The folder of the data; `store` in it is made at the first write.
    """

    def __init__(self, root: Path) -> None:
        self.root = root / "store"

    def keys(self, pattern: str = "*/*/*") -> tuple[str, ...]:
        """Keys of the series kept, in order; `*` and `?` in the pattern as in file names."""
        vendor = pattern.partition("/")[0]
        paths = places.manifest_paths(self.root, None if set(vendor) & set("*?[") else vendor)
        keys = (places.key_of(path) for path in paths)
        return tuple(sorted(key for key in keys if fnmatchcase(key, pattern)))

    def __contains__(self, key: str) -> bool:
        return places.manifest_path(self.root, key).exists()

    def manifest(self, key: str) -> Manifest:
        """The versions of a series.

        Raises
        ------
        AbsentError
            For a series that is not kept.
        DataError
            For a manifest that is damaged.
        """
        path = places.manifest_path(self.root, key)
        try:
            manifest = from_bytes(path.read_bytes(), str(path))
        except FileNotFoundError:
            raise AbsentError(
                f"{key} is not in the store {self.root.absolute()}; get it with "
                f"`data fetch {key}`, or import a file that holds it"
            ) from None
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}") from None
        if manifest.key != key:
            raise DataError(f"{path} is the manifest of {manifest.key}; remove it, it was copied")
        return manifest

    def read(self, key: str, version: int | None = None) -> Series:
        """The rows of a series; its last complete version unless another is named.

        Parameters
        ----------
        key : str
        version : int or None
            The place of a version among the complete ones, -1 for the last.

        Raises
        ------
        DataError
            For a series or version that is not kept, and for a damaged file, naming it.
        """
        while True:
            chosen = self._version(key, version)
            try:
                return self._rows(chosen)
            except DataError:
                # Another process may have replaced the version and swept up meanwhile.
                if self._version(key, version).object == chosen.object:
                    raise

    def add(
        self, series: Series | Packed, raw: bytes | None, origin: Origin, complete: bool = True
    ) -> Version:
        """Keep all that a vendor knows of a series, instead of what was known before.

        Parameters
        ----------
        series : Series or Packed
        raw : bytes or None
            What the vendor gave.
        origin : Origin
        complete : bool
            False if more of it is to come.

        Returns
        -------
        Version
            The newest version: the one before if nothing has changed.

        Raises
        ------
        DataError
            For a series without rows, or with rows out of order.
        OutputError
            When it cannot be written; what was kept before is untouched.

        Notes
        -----
        A version that is continued takes the place of the one before; one that tells history
        otherwise comes after it, and both stay.
        """
        packed = series if isinstance(series, Packed) else pack(series)
        with self.writing():
            before = self.manifest(packed.key) if packed.key in self else None
            return self._commit(before, packed, self._source(raw, origin), complete, False)

    def extend(
        self,
        series: Series | Packed,
        raw: bytes | None,
        origin: Origin,
        complete: bool = True,
        overlap: Overlap = "replaces",
    ) -> Version:
        """Keep more rows of a series.

        Parameters
        ----------
        series : Series or Packed
            May be without rows if the series is kept already, to say that it is complete.
        raw, origin, complete
            As for `add`.
        overlap : str
            What the rows are where there are older ones: all that the vendor has between the first
            and the last of them, so that others in between are withdrawn (`replaces`), better
            ones (`corrects`), or the same ones but for rounding (`agrees`; the older stay).

        Returns
        -------
        Version
            The newest version, with the revision of history if there was one.

        Raises
        ------
        DataError, OutputError
            As `add`, and for rows that are of another kind than those kept, or do not agree with
            them as they should.
        """
        key = series.key
        with self.writing():
            before = self.manifest(key) if key in self else None
            if before is not None:
                old = self._rows(before.newest)
                more = unpack(series.block, key) if isinstance(series, Packed) else series
                series = together(old, more, overlap)
            packed = series if isinstance(series, Packed) else pack(series)
            source = self._source(raw, origin)
            return self._commit(before, packed, source, complete, before is not None)

    def diff(self, key: str, old: int = -2, new: int = -1) -> Difference:
        """What one complete version of a series says otherwise than another."""
        return compare(self.read(key, old), self.read(key, new))

    def verify(self, repair: bool = False) -> Iterator[Problem]:
        """Check every file that a manifest names, and go on to the next.

        Parameters
        ----------
        repair : bool
            Whether to rename damaged files to `.corrupt` and to forget versions whose rows are
            lost, so that fetching or importing brings them again.
        """
        return verify(self, repair)

    def gc(self, keep_versions: int | None = None) -> Freed:
        """Throw away files that no manifest names, and what killed writers left behind.

        Parameters
        ----------
        keep_versions : int or None
            How many complete versions of each series to keep, at least 1; all unless given.

        Raises
        ------
        DataError
            For a damaged manifest: what it names would be lost.
        """
        if keep_versions is not None and keep_versions < 1:
            raise ConfigError(f"cannot keep {keep_versions} versions; keep at least 1")
        return sweep(self, keep_versions)

    def status(self, pattern: str = "*/*/*") -> Iterator[Status | Problem]:
        """Each series in short, or what is wrong with its manifest, in order of the keys."""
        return status(self, pattern)

    def writing(self) -> AbstractContextManager[None]:
        """Hold the lock, so that nobody else writes or sweeps up.

        Raises
        ------
        OutputError
            When the store cannot be written, or is being written by others all the time.
        """
        return writing_to(self.root)

    def _version(self, key: str, version: int | None) -> Version:
        manifest = self.manifest(key)
        if version is None:
            return manifest.current
        try:
            return manifest.complete[version]
        except IndexError:
            count = len(manifest.complete)
            raise DataError(
                f"{key} has {count} complete version{'s' * (count != 1)}, so there is no {version}"
            ) from None

    def _rows(self, version: Version) -> Series:
        path = places.object_path(self.root, version.object)
        try:
            block = path.read_bytes()
        except OSError as error:
            what = f"cannot be read: {error.strerror}"
        else:
            if f"{sha256(block)}.parquet" == version.object:
                return unpack(block, str(path))
            what = "is damaged: its checksum does not fit"
        raise DataError(
            f"{path} {what}. `data verify --repair` sets it aside; then fetch or import the "
            "series again"
        )

    def _source(self, raw: bytes | None, origin: Origin) -> Source:
        if raw is None:
            return Source(origin, ())
        name = sha256(raw) + origin.suffix
        keep(places.raw_path(self.root, name), raw)
        return Source(origin, (name,))

    def _commit(
        self,
        before: Manifest | None,
        packed: Packed,
        source: Source,
        complete: bool,
        builds_on: bool,
    ) -> Version:
        """Write the rows, and then the manifest that names them."""
        version = Version(
            **vars(packed.summary),
            object=packed.name,
            sources=(source,),
            complete=complete,
            builds_on=builds_on,
        )

        def revision(base: Version) -> Revision:
            return compare(self._rows(base), unpack(packed.block, packed.key)).revision

        versions = continued(before.versions if before else (), version, revision)
        keep(places.object_path(self.root, packed.name), packed.block)
        manifest = Manifest(packed.key, versions)
        if manifest != before:
            write_durably(places.manifest_path(self.root, packed.key), to_bytes(manifest))
        return manifest.newest
