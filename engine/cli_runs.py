"""The verbs about runs, studies, comparisons, kinds and configs on the command line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from engine.cli_options import (
    add_json,
    add_making,
    add_output,
    add_plugins,
    add_seed,
    add_set,
    file_name,
    resamples,
)

FAMILIES = ("signals", "baskets", "strategies", "raw")
STARTS = ("demo", "rotation", "raw")


def add_runs(verbs: Any, verb: Callable[..., Any]) -> None:
    """Add the verbs about runs; `verb` makes a parser with what all verbs have."""
    run = verb(verbs, "run", "run an experiment and write its results and tear sheet",
               "run configs/rotation.yaml", "run my.yaml --set execution.fee_bps=20",
               "run my.yaml --plugins my_signals.py",
               "run my.yaml --json | jq .statistics.sharpe")  # fmt: skip
    run.add_argument("config", metavar="CONFIG", type=Path, help="YAML file, see `config init`")
    add_set(run)
    add_plugins(run)
    add_output(run)
    add_making(run)

    demo = verb(verbs, "demo", "run the example on simulated data; needs no files",
                "demo", "demo -o results/first", "demo --json")  # fmt: skip
    add_output(demo)
    add_making(demo)

    _add_study(verbs, verb)
    _add_compare(verbs, verb)

    report = verb(verbs, "report", "write the tear sheet of a run again, from its results alone",
                  "report results/demo/3f2a9c", "report 3f2a", "report demo")  # fmt: skip
    show = verb(verbs, "show", "print the summary of a run",
                "show demo", "show 3f2a", "show results/demo/3f2a9c --json")  # fmt: skip
    for each in (report, show):
        each.add_argument(
            "result", metavar="RUN", help="directory, id, start of an id, or name if it has one run"
        )
        add_plugins(each)
        add_output(each)
        add_json(each)
    _add_list(verbs, verb)
    _add_trials(verbs, verb)


def _add_study(verbs: Any, verb: Callable[..., Any]) -> None:
    study = verb(verbs, "study", "tell what happened after a signal, before any strategy",
                 "study configs/rotation.yaml", "study my.yaml --signal breakout",
                 "study my.yaml --set study.horizons_days=[30,90]",
                 module="study_verbs")  # fmt: skip
    study.add_argument("config", metavar="CONFIG", type=Path, help="YAML file")
    study.add_argument(
        "--signal", metavar="NAME", help="the signal to study (the first that the strategy reads)"
    )
    add_set(study)
    add_plugins(study)
    add_output(study)
    add_json(study)


def _add_compare(verbs: Any, verb: Callable[..., Any]) -> None:
    compare = verb(verbs, "compare", "run configs that have no results yet, and print one table",
                   "compare configs/rotation.yaml configs/btc_hold.yaml",
                   "compare configs/hypotheses/*.yaml --csv hypotheses.csv",
                   "compare my.yaml rotation/3f2a --json",
                   module="compare_verbs")  # fmt: skip
    compare.add_argument(
        "what",
        metavar="CONFIG_OR_RUN",
        nargs="+",
        help="YAML files, and runs by directory, id, start of an id, or name",
    )
    add_set(compare)
    add_plugins(compare)
    add_output(compare)
    compare.add_argument(
        "--tearsheets", action="store_true", help="write the tear sheets of the configs too"
    )
    compare.add_argument(
        "--csv", metavar="FILE", type=file_name, help="write the whole table, exact, to a file too"
    )
    compare.add_argument(
        "--html", metavar="FILE", type=file_name, help="write the comparison as an offline page too"
    )
    add_seed(compare)
    compare.add_argument(
        "--resamples",
        metavar="N",
        type=resamples,
        default=1000,
        help="resamples of the bars (1000)",
    )
    add_json(compare)


def _add_list(verbs: Any, verb: Callable[..., Any]) -> None:
    every = verb(verbs, "list", "list runs, or the kinds a config may use",
                 "list", "list signals", "list signals --plugins my_signals.py",
                 "list signals --json | jq '.[] | select(.kind == \"level\")'",
                 "list runs -o results --json")  # fmt: skip
    every.add_argument(
        "what",
        nargs="?",
        default="runs",
        choices=("runs", *FAMILIES),
        help="what to list (runs unless given)",
    )
    add_plugins(every)
    add_output(every)
    add_json(every)
    every.add_argument(
        "--markdown", action="store_true", help="the reference of the kinds, as in docs/signals.md"
    )
    every.set_defaults(verb="list_")


def _add_trials(verbs: Any, verb: Callable[..., Any]) -> None:
    what = "show what was tried, and check the ledger that counts it"
    group = verbs.add_parser("trials", help=what, description=f"{what.capitalize()}.")
    group = group.add_subparsers(metavar="VERB", required=True)
    verb = partial(verb, module="trials_verbs")
    show = verb(group, "trials show", "show the hypotheses, or every trial of one",
                "trials show", "trials show rut-breakout-altseason",
                "trials show --json | jq .hypotheses")  # fmt: skip
    show.add_argument(
        "hypothesis",
        metavar="HYPOTHESIS",
        nargs="?",
        help="id of a hypothesis, or the name of an experiment that names none",
    )
    verify = verb(group, "trials verify", "check that the ledger is as it was written",
                  "trials verify", "trials verify --accept")  # fmt: skip
    verify.add_argument(
        "--accept",
        action="store_true",
        help="leave a damaged ledger as it is, put the damage on the record, and go on",
    )
    for each in (show, verify):
        add_output(each)
        add_json(each)


def add_config(verbs: Any, verb: Callable[..., Any]) -> None:
    """Add the verbs of `config`."""
    verb = partial(verb, module="config_verbs")
    show = verb(verbs, "config show", "print a config with everything written out",
                "config show my.yaml", "config show my.yaml --origin",
                "config show my.yaml --set schedule.kind=monthly")  # fmt: skip
    show.add_argument("config", metavar="CONFIG", type=Path, help="YAML file")
    show.add_argument("--origin", action="store_true", help="say where each value comes from")
    add_set(show)
    add_json(show)

    explain = verb(verbs, "config explain", "explain a key: type, range, default, meaning",
                   "config explain", "config explain execution.band",
                   "config explain signals.equity_breakout")  # fmt: skip
    explain.add_argument("key", metavar="KEY", nargs="?", default="", help="such as execution.band")
    explain.add_argument("--markdown", action="store_true", help="all keys, as in docs/config.md")

    schema = verb(verbs, "config schema", "print the JSON Schema of a config, for editors",
                  "config schema > schema.json",
                  "config schema | jq .properties.execution")  # fmt: skip
    for each in (show, explain, schema):
        add_plugins(each)

    init = verb(verbs, "config init", "write a commented config to begin with",
                "config init", "config init my.yaml",
                "config init my.yaml --kind rotation")  # fmt: skip
    init.add_argument("file", metavar="FILE", nargs="?", type=Path, default=Path("experiment.yaml"))
    init.add_argument(
        "--kind",
        choices=STARTS,
        default="demo",
        help="demo: simulated data (default); rotation: real data; raw: a backtrader strategy",
    )
