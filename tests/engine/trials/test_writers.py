"""Two processes write to one ledger, one is killed while it does: lines never mix."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from engine.trials import check_trials, read_chain, record, trials_of
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


def test_a_ledger_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / ".trials").write_text("in the way")
    with pytest.raises(OutputError, match=r"cannot write to the trials ledger .*--output"):
        record(tmp_path, made(drawn(1)))


def test_a_lock_that_nobody_gives_back_is_an_output_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    record(tmp_path, made(drawn(1)))
    monkeypatch.setattr("engine.trials.ledger._PATIENCE", 0.0)
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
