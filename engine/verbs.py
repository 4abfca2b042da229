"""What each verb of the command line does."""

from __future__ import annotations

import shlex
import sys
import textwrap
from argparse import Namespace
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.printed import print_json, print_table
from feeds.errors import BacktestError

if TYPE_CHECKING:
    from engine.result import Result
    from engine.weighing import Weighed

DEMO = Path(__file__).resolve().parent.parent / "configs" / "demo.yaml"
_OUTPUT = Path("results")


class UsageError(BacktestError):
    """A command that names something that is not there, or too many things at once."""

    exit_code = 2


def run(options: Namespace) -> None:
    """Run a config and print its summary."""
    again = [str(options.config)]
    for plugin in options.plugins:
        again += ["--plugins", str(plugin)]
    for override in options.overrides:
        again += ["--set", override]
    # What comes next is no new trial.
    after = ["trials", "show"] if options.inference else ["run", *again, "--inference"]
    _run(options, options.config, options.overrides, shlex.join([*after, *_where(options)]))


def demo(options: Namespace) -> None:
    """Run the example on simulated data; it is no trial of anything."""
    _run(options, DEMO, (), "config init my.yaml", trial=False)


def report(options: Namespace) -> None:
    """Write the tear sheet of a run again."""
    from engine.tearsheet import report as write_report

    path = write_report(_open(options))
    print_json({"tearsheet": str(path)}) if options.json else print(path)


def show(options: Namespace) -> None:
    """Print the summary of a run."""
    from engine.listing import short
    from engine.weighing import weighed

    result = _open(options)
    # The ledger beside the result, wherever the path to it led.
    found = weighed(result, result.path.parent.parent)
    if found.note and not options.quiet:
        print(f"note: {found.note}", file=sys.stderr)
    after = shlex.join(["report", short(found.result.path), *_where(options)])
    _print_result(found, options.json, after, after)


def list_(options: Namespace) -> None:
    """List the runs under the output directory, or the registered kinds of a family."""
    from engine.listing import run_rows

    if options.what != "runs":
        _list_kinds(options)
        return
    if options.markdown:
        raise UsageError("--markdown goes with signals, baskets, strategies or raw")
    rows = run_rows(options.output)
    if options.json:
        print_json(rows)
        return
    if not rows:
        print(f"no runs in {options.output}; `run_backtest.py demo` makes one", file=sys.stderr)
    _print_rows(rows)


def _list_kinds(options: Namespace) -> None:
    from engine.catalogue import markdown
    from engine.kind_list import FAMILIES, kind_entries, kind_rows

    if options.markdown:
        print(markdown((FAMILIES[options.what],)), end="")
    elif options.json:
        print_json(kind_entries(options.what), sort=False)
    else:
        _print_rows(kind_rows(options.what))


def _print_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        header = list(rows[0])
        print_table([header, *([_shown(key, row[key]) for key in header] for row in rows)])


def _run(
    options: Namespace,
    source: Path | str,
    overrides: Sequence[str],
    after: str,
    *,
    trial: bool = True,
) -> None:
    from engine.config import load_config
    from engine.gates import check_gates
    from engine.listing import short
    from engine.progress import Progress
    from engine.result import find_results
    from engine.runs import run as run_experiment
    from engine.weighing import weighed_run, write_verdict

    if options.markets and not options.inference:
        raise UsageError("--markets goes with --inference")
    experiment = load_config(source, overrides)
    earlier = find_results(options.output)
    progress = Progress(quiet=options.quiet)
    try:
        result = run_experiment(
            experiment,
            output=options.output,
            force=options.force,
            tearsheet=not options.no_tearsheet,
            stock=options.stock,
            trial=trial,
            progress=progress,
        )
        found = weighed_run(
            experiment,
            result,
            options.output,
            progress,
            inference=options.inference,
            seed=options.seed,
            markets=options.markets,
        )
        if options.inference:
            write_verdict(found)
    finally:
        progress.clear()
    if result.path in earlier and not options.force and not options.quiet:
        same = "an earlier run of equal inputs; its files were verified, --force builds them again"
        print(f"note: {same}", file=sys.stderr)
    if found.trials is not None and not options.quiet:
        for note in found.trials.notes:
            print(f"note: {note}", file=sys.stderr)
    drawn = shlex.join(["report", short(result.path), *_where(options)])
    _print_result(found, options.json, after, drawn)
    check_gates(found.outcomes)


def _where(options: Namespace) -> list[str]:
    """The option that names the directory of results, where it is not the usual one."""
    return [] if options.output == _OUTPUT else ["-o", str(options.output)]


def _print_result(found: Weighed, as_json: bool, after: str, drawn: str) -> None:
    """Print a result; `drawn` draws its tear sheet, and comes next where there is none."""
    result = found.result
    page = result.path / "tearsheet.html"
    tearsheet = str(page) if page.exists() else None
    if as_json:
        from engine.notices import notices

        values = {name: found.value for name, found in sorted(result.statistics.items())}
        print_json(
            {
                "id": result.id,
                "name": result.name,
                "path": str(result.path),
                "simulated": result.simulated,
                "statistics": values,
                "tearsheet": tearsheet,
                "verdict_page": _verdict_page(found),
                "warnings": [notice.text for notice in notices(result)],
                **found.as_json(),
            }
        )
        return
    from engine.luck import counted_in
    from engine.screen import summary

    print(summary(result, found.deflations, words=found.inference is None), end="")
    if found.inference is not None:
        print(f"\n{textwrap.fill(found.verdict.text, 79)}")
    for outcome in found.outcomes:
        print(f"gate        {'kept' if outcome.kept else 'MISSED'}: {outcome}")
    print()
    if found.deflations is not None and found.deflations.listed:
        print(f"trials      {counted_in(found.deflations)}")
    print(f"results     {result.path}")
    print(f"tear sheet  {tearsheet or 'not written'}")
    if found.inference is not None:
        print(f"verdict     {_verdict_page(found)}")
    print(f"next        run_backtest.py {after if tearsheet else drawn}")


def _verdict_page(found: Weighed) -> str | None:
    from engine.weighing import PAGE

    return None if found.inference is None else str(found.result.path / PAGE)


def _open(options: Namespace) -> Result:
    from engine.result import open_result

    return open_result(find_run(options.result, options.output))


def find_run(text: str, output: Path) -> Path:
    """The result directory that a path, an id, the start of one, or a name stands for."""
    from engine.archive import MANIFEST
    from engine.listing import short
    from engine.result import find_results

    with suppress(OSError):  # a text may be too long for a path
        if (Path(text) / MANIFEST).is_file():
            return Path(text)
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    every = find_results(output)
    found = [
        path
        for path in every
        if path.parent.name == text
        or path.name.startswith(text)
        or f"{path.parent.name}/{path.name}".startswith(text)
    ]
    exact = [path for path in found if path.name == text]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        names = "\n".join(f"  {short(path)}" for path in found[:20])
        more = f"\n  and {len(found) - 20} more" if len(found) > 20 else ""
        raise UsageError(f"`{shown}` fits {len(found)} runs; name one of them\n{names}{more}")
    if not every:
        raise UsageError(f"there are no runs in {output.absolute()}; point to them with --output")
    known = ", ".join(short(path) for path in every[:5]) + (", ..." if len(every) > 5 else "")
    raise UsageError(f"no run `{shown}` in {output.absolute()}; it has {known}")


def _shown(key: str, value: Any) -> str:
    """A cell of a list: returns in percent, as on every other screen."""
    from engine.wording import percent, ratio, signed_percent

    if not isinstance(value, float):
        return cell(value)
    write = {"sharpe": ratio, "max_drawdown": percent}.get(key, signed_percent)
    return write(value)


def cell(value: Any) -> str:
    """A plain value as YAML writes it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:.6g}" if isinstance(value, float) else str(value)
