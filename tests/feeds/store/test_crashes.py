"""Writers that are killed, writers that meet, and disks that are full: nothing is lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from feeds.errors import OutputError
from feeds.store import Store
from tests.conftest import REPOSITORY
from tests.feeds.store.made import KEY, bars, origin

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs processes and signals of POSIX")


def python(program: str, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )


@POSIX
def test_a_writer_killed_at_any_step_loses_nothing_and_the_same_job_goes_on(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.feeds.store.crashes", tmp_path],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 40


APPEND = """
import sys
from itertools import count
from pathlib import Path
from feeds.store import Store
from tests.feeds.store.made import bars, origin
store = Store(Path(sys.argv[1]))
for day in count():
    store.extend(bars([float(day)] * 3000, "1990-01-01"), b"%d" % day, origin(request={"day": day}))
    print(day, flush=True)
"""


@POSIX
@pytest.mark.parametrize("seed", range(6))
def test_a_writer_killed_in_the_middle_of_it_leaves_a_whole_version(
    tmp_path: Path, seed: int
) -> None:
    writer = python(APPEND, tmp_path)
    assert writer.stdout is not None
    said = [int(writer.stdout.readline()) for _ in range(3 * seed + 1)]
    # It is at work on the next one, at a point that nobody chose.
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    store = Store(tmp_path)
    assert list(store.verify()) == []
    assert store.read(KEY).fields["close"][0] >= said[-1]
    store.extend(bars([0.5]), b"on", origin())
    store.gc()
    assert not list(store.root.rglob(".tmp-*"))


MANY = """
import sys
from pathlib import Path
from feeds.store import Store
from tests.feeds.store.made import bars, origin
store, name = Store(Path(sys.argv[1])), int(sys.argv[2])
for day in range(20):
    first = f"{2000 + day}-01-{1 + name:02}"
    raw = f"{name} {day}".encode()
    store.extend(bars([float(name)], first), raw, origin(request={"by": name}), overlap="corrects")
    store.extend(bars([float(day)], key=f"kraken/X{day}/1d"), raw, origin())
    store.gc()
"""


def test_processes_that_write_to_one_series_at_once_all_find_their_rows_in_it(
    tmp_path: Path,
) -> None:
    writers = [python(MANY, tmp_path, name) for name in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    for writer in writers:
        writer.communicate()
    store = Store(tmp_path)
    assert list(store.verify()) == []
    values = store.read(KEY).fields["close"].tolist()
    # Every year has three rows, of the three writers in turn.
    assert values == [0.0, 1.0, 2.0] * 20
    assert len(store.keys("kraken/*/*")) == 20


FILL = """
import resource, signal, sys
from pathlib import Path
from feeds.errors import OutputError
from feeds.store import Store
from tests.feeds.store.made import bars, origin
root, limit = Path(sys.argv[1]), int(sys.argv[2])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
store = Store(root)
try:
    for day in range(10_000):
        closes = [day + n / 7 for n in range(2000)]
        store.extend(bars(closes), b"%d" % day * 50, origin(request={"day": day}))
        print(day, flush=True)
except OutputError as error:
    print(error)
"""


def check_full(root: Path, said: list[str], reason: str) -> None:
    """The message, a whole store, and writing that goes on when there is room."""
    assert said[-1].startswith(f"cannot write to the store {root / 'store'}: {reason}")
    store = Store(root)
    assert list(store.verify()) == []
    assert store.read(KEY).fields["close"][0] == float(said[-2])
    assert not list(store.root.rglob(".tmp-*"))
    store.gc(keep_versions=1)
    assert store.extend(bars([1.5]), b"on", origin()).rows == 2000


@POSIX
def test_a_file_that_cannot_be_written_whole_leaves_the_version_before(tmp_path: Path) -> None:
    Store(tmp_path).extend(bars([-1.0]), b"first", origin())
    # The manifest grows by some hundred bytes a revision until it passes the limit.
    writer = python(FILL, tmp_path, 18_000)
    said = writer.communicate()[0].splitlines()
    assert len(said) > 2
    check_full(tmp_path, said, "File too large")


@POSIX
def test_a_full_disk_leaves_the_version_before(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare, to mount a small disk for one process only")
    inside = (
        'mount -t tmpfs -o size=400k small "$1" && cd "$4" && "$2" -c "$3" "$1" 0 '
        '&& cp -r "$1/store" "$5"'
    )
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    kept.mkdir()
    script = ["sh", "-c", inside, "sh", disk, sys.executable, FILL, REPOSITORY, kept]
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", *script], capture_output=True, text=True
    )
    if done.returncode and "unshare" in done.stderr + done.stdout:
        pytest.skip(f"cannot mount a disk here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    said = done.stdout.replace(str(disk), str(kept)).splitlines()
    check_full(kept, said, "No space left on device")


def test_a_store_that_cannot_be_made_is_said_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("no folder")
    with pytest.raises(OutputError, match=f"cannot write to the store {tmp_path / 'store'}: "):
        Store(tmp_path).add(bars([1.0]), None, origin())
