"""A program that dies: run with a folder, it kills writers of a store at every step they take.

Each writer is a process of its own that gets a real SIGKILL as it is about to open, rename, remove
or make its n-th file or folder, for n = 0, 1, ... until one comes to its end.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

from feeds.store import Store
from feeds.store.upkeep import Status
from tests.feeds.store.made import KEY, bars, origin

STEPS = {"open", "os.rename", "os.remove", "os.mkdir"}
BEFORE = [1.0, 2.0, 3.0]
AFTER = [1.0, 2.5, 3.0, 4.0, 5.0]
OTHER = "yahoo/^RUT/1d"


def prepare(root: Path) -> None:
    """A series with one version, and rubbish that can be swept up."""
    store = Store(root)
    store.extend(bars(BEFORE), b"one", origin())
    rubbish = store.root / "objects" / "00" / "rubbish.parquet"
    rubbish.parent.mkdir(exist_ok=True)
    rubbish.write_bytes(b"rubbish")


def work(root: Path) -> None:
    """A fetch in two pages that rewrites history, a new series, and sweeping up."""
    store = Store(root)
    fetch = origin(request={"page": "all"})
    store.extend(bars([2.5, 3.0, 4.0], "2020-01-02"), b"two", fetch, complete=False)
    store.extend(bars([5.0], "2020-01-05"), b"three", fetch)
    store.add(bars([7.0], key=OTHER), b"four", origin())
    store.gc(keep_versions=1)


def killed_at(step: int, root: Path, job: Callable[[Path], None]) -> bool:
    """Whether a process that does the job was killed at a step before its end."""
    child = os.fork()
    if child == 0:
        steps = count()

        def die(event: str, arguments: tuple[object, ...]) -> None:
            inside = event in STEPS and str(arguments[0]).startswith(str(root))
            if inside and next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(die)
        job(root)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.waitstatus_to_exitcode(status) == 0, f"the job failed at step {step}"
    return False


def check(root: Path, step: int) -> None:
    """Nothing is damaged or lost, and the same job comes to the same end."""
    store = Store(root)
    assert list(store.verify()) == [], step
    assert store.read(KEY).fields["close"].tolist() in (BEFORE, AFTER), step
    if OTHER in store:
        assert store.read(OTHER).fields["close"].tolist() == [7.0], step
    work(root)
    assert list(store.verify()) == [], step
    assert store.read(KEY).fields["close"].tolist() == AFTER, step
    named = {v.object for k in sorted(store.keys()) for v in store.manifest(k).versions}
    found = {p.name for p in (store.root / "objects").rglob("*") if p.is_file()}
    assert found == named, step
    assert not list(store.root.rglob(".tmp-*")), step
    assert all(isinstance(row, Status) and row.complete for row in store.status()), step


def main(folder: Path) -> None:
    """Kill writers at one step after the other, and say how many steps there were."""
    fresh = folder / "fresh"
    prepare(fresh)
    for step in count():
        root = folder / f"at-{step}"
        shutil.copytree(fresh, root)
        if not killed_at(step, root, work):
            print(step)
            return
        check(root, step)
        shutil.rmtree(root)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
