"""Two processes write to one ledger, one is killed while it does: lines never mix."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from engine.trials import LEDGER, check_trials, read_chain, record, trials_of
from feeds.errors import OutputError
from tests.engine.trials.made import drawn, made

REPOSITORY = Path(__file__).parents[3]
WRITE = """
import sys
from pathlib import Path
from engine.trials import record
from tests.engine.trials.made import drawn, made
print("ready", flush=True)
sys.stdin.readline()
for seed in range(int(sys.argv[2]), int(sys.argv[3])):
    record(Path(sys.argv[1]), made(drawn(seed)))
"""


def writer(output: Path, first: int, last: int) -> subprocess.Popen[str]:
    """A process that is ready to write the trials of these seeds."""
    command = [sys.executable, "-c", WRITE, str(output), str(first), str(last)]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def start(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_two_processes_take_turns(tmp_path: Path) -> None:
    two = [writer(tmp_path, 0, 30), writer(tmp_path, 20, 50)]  # ten trials are the same
    for process in two:
        start(process)
    assert [process.wait() for process in two] == [0, 0]
    for process in two:
        process.communicate()
    chain = check_trials(tmp_path)
    assert len(chain.lines) == 50
    assert chain.trials == {"alts": 50}
    assert trials_of(tmp_path, "alts").common().apart == {}


def test_a_process_that_is_killed_leaves_a_ledger_that_goes_on(tmp_path: Path) -> None:
    process = writer(tmp_path, 0, 10_000)
    start(process)
    while len(read_chain(tmp_path).lines) < 5:
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert read_chain(tmp_path).faults == ()
    before = read_chain(tmp_path).trials["alts"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether a line was half written is chance
        assert record(tmp_path, made(drawn(-1 % 2**32)))
    assert check_trials(tmp_path).trials["alts"] == before + 1


KILLED = """
import os, signal, sys
from pathlib import Path
from engine.trials import ledger, series, record
from tests.engine.trials.made import drawn, made
output, where, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
def kill(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
if where == "after the first line":
    # The note before the first line is written, the one after it is not.
    write_head = ledger.write_head
    ledger.write_head = lambda output, chain: (kill if chain.data else write_head)(output, chain)
else:
    from feeds import atomic
    atomic.os.replace = kill
record(output, made(drawn(seed)))
"""


def killed(output: Path, where: str, seed: int) -> None:
    """A process that is killed at this place while it writes a trial."""
    command = [sys.executable, "-c", KILLED, str(output), where, str(seed)]
    assert subprocess.run(command, cwd=REPOSITORY).returncode == -signal.SIGKILL


def test_a_process_that_is_killed_after_the_first_line_stops_nobody(tmp_path: Path) -> None:
    killed(tmp_path, "after the first line", 1)
    assert check_trials(tmp_path).trials == {"alts": 1}
    assert not record(tmp_path, made(drawn(1)))
    assert record(tmp_path, made(drawn(2)))
    assert check_trials(tmp_path).trials == {"alts": 2}


def test_what_a_killed_process_wrote_aside_is_taken_away_by_the_next(tmp_path: Path) -> None:
    for seed in (1, 2):
        killed(tmp_path, "before a file has its name", seed)
    assert len(list((tmp_path / ".trials").glob(".tmp-*"))) == 1
    record(tmp_path, made(drawn(1)))
    assert list((tmp_path / ".trials").glob(".tmp-*")) == []


@pytest.mark.parametrize("room", [0, 1, 300, 600])
def test_a_disk_that_is_full_again_and_again_leaves_the_ledger_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    record(tmp_path, made(drawn(1)))
    before = (tmp_path / LEDGER).read_bytes()
    write, left = os.write, [0]

    def full(handle: int, content: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = write(handle, bytes(content)[: left[0]])
        left[0] -= done
        return done

    for each in (room, room // 2):
        left[0] = each
        with monkeypatch.context() as patch:
            patch.setattr("engine.trials.ledger.os.write", full)
            with pytest.raises(OutputError, match="No space left"):
                record(tmp_path, made(drawn(2)))
        assert (tmp_path / LEDGER).read_bytes() == before
    assert record(tmp_path, made(drawn(2)))
    assert check_trials(tmp_path).trials == {"alts": 2}


def test_a_folder_in_the_place_of_returns_is_told_and_not_read(tmp_path: Path) -> None:
    trial = made(drawn(1))
    record(tmp_path, trial)
    record(tmp_path, made(drawn(2)))
    path = tmp_path / ".trials" / trial.series["returns"]
    path.unlink()
    path.mkdir()
    assert trials_of(tmp_path, "alts").common().apart == {"whose returns are gone": 1}
    with pytest.raises(OutputError, match="cannot write to the trials ledger"):
        record(tmp_path, trial)


def test_a_reader_that_may_not_open_the_lock_reads_without_it(tmp_path: Path) -> None:
    record(tmp_path, made(drawn(1)))
    (tmp_path / ".trials" / "lock").unlink()
    (tmp_path / ".trials" / "head.json").unlink()
    assert len(read_chain(tmp_path).faults) == 1
    assert not (tmp_path / ".trials" / "lock").exists()


def test_a_ledger_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / ".trials").write_text("in the way")
    with pytest.raises(OutputError, match=r"cannot write to the trials ledger .*--output"):
        record(tmp_path, made(drawn(1)))


def test_a_lock_that_nobody_gives_back_is_an_output_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    record(tmp_path, made(drawn(1)))
    monkeypatch.setattr("engine.trials.lock.PATIENCE", 0.0)
    handle = os.open(tmp_path / ".trials" / "lock", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with pytest.raises(OutputError, match="another process has been writing"):
            record(tmp_path, made(drawn(2)))
    finally:
        os.close(handle)
    assert record(tmp_path, made(drawn(2)))


def test_a_trial_is_written_and_deflated_without_heavy_imports(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from pathlib import Path\n"
        "from engine.trials import deflated, record, trials_of\n"
        "from tests.engine.trials.made import Shown, drawn, made\n"
        f"output = Path({str(tmp_path)!r})\n"
        "for seed in range(3): record(output, made(drawn(seed)))\n"
        "deflated(Shown(1 + np.cumsum(drawn(1))), trials_of(output, 'alts'))\n"
        "heavy = ('scipy', 'pandas', 'statsmodels', 'arch', 'filelock', 'matplotlib')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True
    )
    assert out.stdout.strip() == "[]"
