from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from engine.cli import main
from engine.config import load_config
from feeds.errors import CheckError, ConfigError, DataError, DataWarning, EngineError, OutputError

REPOSITORY = Path(__file__).parents[2]
DEMO = REPOSITORY / "configs" / "demo.yaml"
SHORT = ("--set", "data.simulated={days: 500, coins: 8}", "--set", "period.end=2016-12-31")


def command(*arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own."""
    line = [sys.executable, str(REPOSITORY / "run_backtest.py"), *arguments]
    return subprocess.run(line, capture_output=True, text=True, cwd=REPOSITORY, **settings)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with two small runs, `small` and `dear`."""
    output = tmp_path_factory.mktemp("results")
    for name, slippage in (("small", "5"), ("dear", "50")):
        options = [*SHORT, "--set", f"name={name}", "--set", f"execution.slippage_bps={slippage}"]
        code = main(["run", str(DEMO), *options, "-o", str(output), "-q", "--no-tearsheet"])
        assert code == 0
    return output


def fails_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("engine.runs.run", stop)


def test_help_is_printed_for_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    verbs = ["run", "study", "compare", "report", "list", "show", "demo", "config"]
    nested = [["config", verb] for verb in ("show", "explain", "schema", "init")]
    for verb in [[verb] for verb in verbs] + nested:
        assert main([*verb, "--help"]) == 0
        text = capsys.readouterr().out
        assert "examples:\n  run_backtest.py " in text
        assert "exit codes:" in text
        assert "130 interrupted" in text


@pytest.mark.parametrize(
    "arguments",
    [[], ["nothing"], ["run"], ["run", "a", "b"], ["run", "a", "--out", "x"], ["config"],
     ["list", "things"], ["run", "a", "--set"]],
)  # fmt: skip
def test_wrong_usage_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "usage: run_backtest.py" in told.err


def test_a_run_prints_its_summary_in_25_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(DEMO), *SHORT, "-o", str(tmp_path)]) == 0
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert len(lines) <= 25
    assert lines[-4].startswith("trials      1 of 'simulated-rotation', 1 in all; ledger ")
    assert lines[-3].startswith("results     ")
    assert Path(lines[-3].split()[1]).is_dir()
    assert Path(lines[-2].split()[-1]).read_text(encoding="utf-8").startswith("<!")
    assert lines[-1].startswith("next        run_backtest.py run ")
    assert "SIMULATED" in told.out
    assert main(["run", str(DEMO), *SHORT, "-o", str(tmp_path)]) == 0
    again = capsys.readouterr()
    assert again.out == told.out
    assert "note: an earlier run of equal inputs" in again.err


def test_json_of_a_run_is_json_alone(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "small", "-o", str(results), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {
        "gates",
        "id",
        "name",
        "note",
        "path",
        "simulated",
        "statistics",
        "tearsheet",
        "verdict",
        "warnings",
        "verdict_page",
    }
    assert found["verdict"]["text"].startswith("100,000 became ")
    assert found["simulated"] is True
    assert found["tearsheet"] is None
    assert isinstance(found["statistics"]["total_return"], float)


def test_a_run_is_found_by_path_id_start_of_id_and_name(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = (results / "small").iterdir()
    for text in (str(path), path.name, path.name[:8], "small", f"small/{path.name[:6]}"):
        assert main(["show", text, "-o", str(results)]) == 0
        assert capsys.readouterr().out.startswith(f"small {path.name[:12]}")


def test_a_run_that_is_not_there_or_not_one_is_exit_2(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, message in (
        (["show", "zz", "-o", str(results)], "no run `zz`"),
        (["show", "", "-o", str(results)], "`` fits 2 runs; name one of them\n  dear/"),
        (["show", "x", "-o", str(tmp_path)], "there are no runs in"),
        (["report", "zz", "-o", str(results)], "no run `zz`"),
    ):
        assert main(arguments) == 2
        assert f"error: {message}" in capsys.readouterr().err


def test_report_writes_the_tear_sheet(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "dear", "-o", str(results)]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.name == "tearsheet.html"
    assert path.is_file()


def test_list_shows_runs_and_damage(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "-o", str(results)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["run", "total_return", "cagr", "sharpe", "max_drawdown", "state"]
    assert [line.split("/")[0] for line in lines[1:]] == ["dear", "small"]
    figure = r"[-+]?[0-9,.]+"
    for line in lines[1:]:
        assert re.fullmatch(rf"\S+( +{figure} %){{2}} +{figure} +{figure} % +ok", line)
    assert main(["list", "-o", str(results), "--json"]) == 0
    assert [row["state"] for row in json.loads(capsys.readouterr().out)] == ["ok", "ok"]
    (tmp_path / "bad" / "1").mkdir(parents=True)
    (tmp_path / "bad" / "1" / "manifest.json").write_text("{}", encoding="utf-8")
    assert main(["list", "-o", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[-1] == "damaged"


def test_list_of_nothing_says_how_to_make_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "-o", str(tmp_path / "none")]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "run_backtest.py demo" in told.err


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("signals", "equity_breakout"),
        ("baskets", "single"),
        ("strategies", "rotation"),
        ("raw", "sma_cross"),
    ],
)
def test_list_names_the_kinds(what: str, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", what, "--json"]) == 0
    rows = {row["kind"]: row["meaning"] for row in json.loads(capsys.readouterr().out)}
    assert rows[kind]


def test_config_show_prints_yaml_that_shows_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "show", str(DEMO), "--set", "name=other"]) == 0
    text = capsys.readouterr().out
    (tmp_path / "again.yaml").write_text(text, encoding="utf-8")
    assert main(["config", "show", str(tmp_path / "again.yaml")]) == 0
    assert capsys.readouterr().out == text
    assert "name: other" in text


def test_config_show_tells_where_each_value_comes_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = REPOSITORY / "configs" / "breakout_only.yaml"
    options = ["--origin", "--json", "--set", "execution.band=0.5"]
    assert main(["config", "show", str(path), *options]) == 0
    origins = {row["key"]: row["origin"] for row in json.loads(capsys.readouterr().out)}
    assert origins["execution.band"] == "--set"
    assert origins["execution.delay_bars"] == "default"
    assert origins["report.periods_per_year"] == "derived"
    assert origins["strategy.signal"].startswith(f"{path}:")
    assert "rotation.yaml:" in origins["signals.breakout.kind"]
    assert "coins.yaml:" in origins["universe.ids"]
    assert "coins.yaml:" in origins["data.root"]


def test_config_init_writes_a_config_that_loads_and_never_overwrites(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments, name in (([], "experiment"), (["my idea.yaml"], "my-idea")):
        assert main(["config", "init", *arguments]) == 0
        file = tmp_path / (arguments[0] if arguments else "experiment.yaml")
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 40
        capsys.readouterr()
        assert main(["config", "show", str(file)]) == 0
        assert f"name: {name}\n" in capsys.readouterr().out
        assert main(["config", "init", *arguments]) == 2
        assert "exists; name another file" in capsys.readouterr().err
    assert main(["config", "init", "no/such/folder.yaml"]) == 2


@pytest.mark.parametrize("kind", ["demo", "rotation", "raw"])
def test_every_start_is_one_file_that_says_where_to_go_next(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    assert main(["config", "init", str(file), "--kind", kind]) == 0
    text = file.read_text(encoding="utf-8")
    assert "extends:" not in text
    assert "FILE" not in text
    for verb in ("list signals", f"run {file}", f"compare {file} ", f"run {file} --plugins"):
        assert f"#   run_backtest.py {verb}" in text
    assert (f"#   run_backtest.py study {file}" in text) == (kind != "raw")
    written = load_config(file)
    original = load_config(REPOSITORY / "configs" / f"{kind}.yaml", ["name=mine"])
    assert written.resolved() == original.resolved()
    if kind == "rotation":
        assert written.data.root == tmp_path / "data"
        assert f"data fetch {file}" in capsys.readouterr().out


@pytest.mark.parametrize("what", ["signals", "baskets", "strategies", "raw"])
def test_list_tells_every_parameter_of_every_kind(
    what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", what, "--json"]) == 0
    for entry in json.loads(capsys.readouterr().out):
        assert entry["meaning"]
        assert entry["documentation"].startswith(entry["meaning"].split()[0])
        for parameter in entry["parameters"]:
            assert parameter["type"]
            assert parameter["required"] != ("default" in parameter)
            assert what == "raw" or parameter["meaning"]
        if what == "signals" and entry.get("example"):
            assert entry["warm_up_rows"] >= 0
    assert main(["list", what]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["kind", "meaning"]
    assert all(re.match(r"[a-z][a-z0-9_]* +\S", line) for line in lines[1:])


def test_list_prints_the_reference_of_the_documentation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["list", "signals", "--markdown"]) == 0
    assert "### `equity_breakout`" in capsys.readouterr().out
    assert main(["list", "--markdown"]) == 2
    assert "goes with signals, baskets, strategies or raw" in capsys.readouterr().err


def test_config_schema_and_explain_print_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Experiment"
    assert main(["config", "explain", "execution.band"]) == 0
    assert capsys.readouterr().out.startswith("execution.band: number")
    assert main(["config", "explain", "execution.bandd"]) == 3
    assert "Did you mean `band`?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("c"), 3),
        (DataError("d"), 4),
        (EngineError("e"), 1),
        (CheckError("b"), 6),
        (OutputError("o"), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_error_has_its_exit_code_and_no_traceback(
    error: BaseException,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    fails_with(monkeypatch, error)
    assert main(["run", str(DEMO), "-o", str(tmp_path)]) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    assert told.err == ("interrupted\n" if code == 130 else f"error: {error}\n")


def test_vv_shows_the_traceback_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fails_with(monkeypatch, DataError("no rows"))
    assert main(["run", str(DEMO), "-o", str(tmp_path), "-vv"]) == 4
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert told.endswith("error: no rows\n")


def test_warnings_about_data_are_notes_and_others_are_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def warn(*_: Any, **__: Any) -> None:
        warnings.warn("the cache was rebuilt", DataWarning, stacklevel=1)
        warnings.warn("old function", DeprecationWarning, stacklevel=1)
        raise DataError("stop")

    monkeypatch.setattr("engine.runs.run", warn)
    assert main(["run", str(DEMO), "-o", str(tmp_path)]) == 4
    assert capsys.readouterr().err == "note: the cache was rebuilt\nerror: stop\n"
    assert main(["run", str(DEMO), "-o", str(tmp_path), "-q"]) == 4
    assert capsys.readouterr().err == "error: stop\n"


def test_a_config_error_stops_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "results"
    assert main(["run", str(DEMO), "--set", "execution.bandd=1", "-o", str(output)]) == 3
    told = capsys.readouterr().err
    assert told.startswith(f"error: 1 problem in {DEMO}\n  --set  execution.bandd  unknown key.")
    assert not output.exists()


def test_a_bug_leaves_its_traceback_in_a_file(tmp_path: Path) -> None:
    code = (
        "import sys, engine.verbs\n"
        "def boom(options): raise RuntimeError('not expected')\n"
        "engine.verbs.run = boom\n"
        f"sys.argv[1:] = ['run', 'x.yaml', '-o', {str(tmp_path)!r}]\n"
        "from engine.cli import main\nraise SystemExit(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "error: this is a bug: RuntimeError: not expected" in done.stderr
    (file,) = tmp_path.glob("crash-*.txt")
    assert str(file) in done.stderr
    assert "in boom" in file.read_text(encoding="utf-8")


def test_a_reader_that_goes_away_is_no_error() -> None:
    if os.name != "posix":
        pytest.skip("pipes close differently elsewhere")
    line = [sys.executable, "run_backtest.py", "config", "schema"]
    with subprocess.Popen(
        line, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_text_that_the_terminal_cannot_show_does_not_stop_a_command(tmp_path: Path) -> None:
    text = DEMO.read_text(encoding="utf-8").replace("small caps.", "small caps \u2014 \u4e2d.")
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    done = command(
        "config", "show", str(tmp_path / "c.yaml"),
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )  # fmt: skip
    assert done.returncode == 0
    assert "small caps \\u2014" in done.stdout


def test_ctrl_c_in_the_middle_is_exit_130(tmp_path: Path) -> None:
    if os.name != "posix":
        pytest.skip("signals differ elsewhere")
    code = (
        "import sys, os, signal, engine.runs\n"
        f"engine.runs.run = lambda *a, **k: os.kill(os.getpid(), {int(signal.SIGINT)})\n"
        f"sys.argv[1:] = ['run', {str(DEMO)!r}, '-o', {str(tmp_path)!r}]\n"
        "from engine.cli import main\nraise SystemExit(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 130
    assert done.stderr == "interrupted\n"
