"""Which versions of a series are kept when another comes, or when some are given up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from feeds.store.manifests import Revision, Source, Version


def continued(
    versions: tuple[Version, ...], version: Version, revision: Callable[[Version], Revision]
) -> tuple[Version, ...]:
    """The versions of a series when one more has come.

    Parameters
    ----------
    versions : tuple of Version
        Those before; only the last may be incomplete, and then the new one takes its place.
    version : Version
        The new one, with its own sources.
    revision : callable
        How the rows of the new version differ from those of an older one.

    Notes
    -----
    A version is a state of history. One that says all that the last complete one says, and more
    rows at either end, takes its place; one that says something otherwise comes after it.
    """
    if versions and not versions[-1].complete:
        *kept, unfinished = versions
        versions = tuple(kept)
        if version.builds_on:
            version = replace(version, sources=_joined(unfinished.sources, version.sources))
    if not versions:
        return (replace(version, builds_on=False),)
    *kept, base = versions
    if version.content == base.content:
        named = set(base.raw)
        new = tuple(source for source in version.sources if not set(source.raw) <= named)
        return (*kept, replace(base, object=version.object, sources=_joined(base.sources, new)))
    version = replace(version, revision=revision(base))
    if version.revision or not version.complete:
        return (*versions, version)
    sources = _joined(base.sources if version.builds_on else (), version.sources)
    builds_on = base.builds_on and version.builds_on
    return (
        *kept,
        replace(version, sources=sources, builds_on=builds_on, revision=base.revision),
    )


def without(versions: Iterable[Version], objects: set[str]) -> tuple[Version, ...]:
    """The versions whose rows are not in `objects`, with the sources that they still need."""
    out: list[Version] = []
    gone: Version | None = None
    for version in versions:
        if gone is not None and version.builds_on:
            sources = _joined(gone.sources, version.sources)
            version = replace(version, sources=sources, builds_on=gone.builds_on)
        gone = version if version.object in objects else None
        if gone is None:
            out.append(version)
    return tuple(out)


def _joined(before: tuple[Source, ...], more: tuple[Source, ...]) -> tuple[Source, ...]:
    """All sources in order; the pages of one request are one source."""
    out = list(before)
    for source in more:
        if out and out[-1].origin == source.origin:
            out[-1] = replace(source, raw=tuple(dict.fromkeys(out[-1].raw + source.raw)))
        else:
            out.append(source)
    return tuple(out)
