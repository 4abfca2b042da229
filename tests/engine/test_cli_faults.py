"""What surrounds the program goes wrong: streams, arguments, the terminal, the working folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli import main
from tests.engine.test_cli import DEMO, REPOSITORY, SHORT

PROGRAM = f"{sys.executable} {REPOSITORY / 'run_backtest.py'}"

posix = pytest.mark.skipif(os.name != "posix", reason="shells and pipes differ elsewhere")


def shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A line of shell, in which PROGRAM stands for the program."""
    return subprocess.run(
        ["bash", "-c", line.replace("PROGRAM", PROGRAM)], capture_output=True, text=True, cwd=cwd
    )


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_behind_stdout_is_exit_2(tmp_path: Path) -> None:
    done = shell("PROGRAM list signals > /dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "error: cannot write to stdout: No space left on device; "
        "free some space, or send it elsewhere\n"
    )


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(tmp_path: Path, closed: str) -> None:
    assert shell(f"PROGRAM list signals {closed}", tmp_path).returncode == 0


@posix
def test_an_error_never_goes_to_stdout(tmp_path: Path) -> None:
    done = shell("PROGRAM run nothing.yaml 2>&-", tmp_path)
    assert (done.returncode, done.stdout) == (3, "")


@posix
def test_a_run_goes_on_when_the_reader_of_its_progress_goes_away(tmp_path: Path) -> None:
    options = " ".join(f"'{option}'" for option in SHORT)
    line = f"PROGRAM run {DEMO} {options} --no-tearsheet -o out 2> >(exec 0<&-)"
    done = shell(line, tmp_path)
    assert done.returncode == 0
    assert "results     out/demo/" in done.stdout


@posix
def test_a_working_directory_that_is_gone_is_exit_2(tmp_path: Path) -> None:
    done = shell("mkdir gone && cd gone && rmdir ../gone && PROGRAM demo", tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "error: the working directory is gone; change to one that exists and run again\n"
    )


@pytest.mark.parametrize("override", ["name=\udcff", "\udcff=1", "hypothesis.claim=\udcff"])
def test_bytes_that_are_no_text_are_refused(
    override: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "show", str(DEMO), "--set", override]) == 3
    assert "holds a character that is not Unicode text" in capsys.readouterr().err


def test_a_message_cannot_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.yaml").write_text('"\\e[2J": 1\n"\\u202eabc": 2\n')
    assert main(["config", "show", str(tmp_path / "c.yaml")]) == 3
    told = capsys.readouterr().err
    assert "\\x1b[2J" in told
    assert "\\u202eabc" in told
    assert all(letter.isprintable() or letter == "\n" for letter in told)


def test_a_run_with_an_endless_name_is_not_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "a" * 5000, "--output", str(tmp_path)]) == 2
    assert main(["show", "", "--output", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert len(told) < 1000


def test_a_config_is_always_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show", "version: 1\nname: x"]) == 3
    assert "there is no config version: 1" in capsys.readouterr().err


@pytest.mark.parametrize("stem", ["2024", "null", "true", "1e3", "con"])
def test_config_init_under_any_name_gives_a_config_that_loads(
    stem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"{stem}.yaml"
    assert main(["config", "init", str(file)]) == 0
    assert main(["config", "show", str(file)]) == 0


def test_config_init_that_fails_half_way_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "two\nlines.yaml"
    assert main(["config", "init", str(file)]) == 2
    assert "holds a character that cannot be printed" in capsys.readouterr().err
    assert not file.exists()


def test_list_tells_every_kind_of_damage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["run", str(DEMO), *SHORT, "-o", str(tmp_path), "-q", "--no-tearsheet"]
    assert main(arguments) == 0
    (equity,) = tmp_path.glob("demo/*/equity.csv")
    equity.write_text("time\n")
    capsys.readouterr()
    assert main(["list", "-o", str(tmp_path)]) == 0
    assert "damaged" in capsys.readouterr().out


def _python(code: str) -> subprocess.CompletedProcess[str]:
    typed = [sys.executable, "-c", code]
    return subprocess.run(typed, cwd=REPOSITORY, capture_output=True, text=True)


@posix
def test_ctrl_c_while_modules_are_loaded_is_exit_130(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'engine.verbs': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stop())\n"
        "sys.argv[1:] = ['list']\n"
        "from engine.cli import main\nraise SystemExit(main())\n"
    )
    done = _python(code)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


def test_a_bug_is_told_even_where_no_file_can_be_written(tmp_path: Path) -> None:
    code = (
        "import sys, engine.verbs, tempfile\n"
        "def boom(options): raise RuntimeError('not expected')\n"
        "def full(*a, **k): raise OSError(28, 'No space left on device')\n"
        "engine.verbs.list_ = boom\n"
        "tempfile.mkstemp = full\n"
        "sys.argv[1:] = ['list']\n"
        "from engine.cli import main\nraise SystemExit(main())\n"
    )
    done = _python(code)
    assert done.returncode == 1
    assert done.stderr.startswith("error: this is a bug: RuntimeError: not expected\n")
    assert "-vv" in done.stderr
