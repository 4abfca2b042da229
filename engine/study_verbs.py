"""`study`: what happened after a signal, from the command line."""

from __future__ import annotations

import shlex
from argparse import Namespace

from engine.printed import print_json


def study(options: Namespace) -> None:
    """Study a signal and print what happened after it."""
    from engine.config import load_config
    from engine.progress import Progress
    from engine.study.files import PAGE, as_json
    from engine.study.made import study as study_signal

    experiment = load_config(options.config, options.overrides)
    progress = Progress(quiet=options.quiet)
    try:
        found = study_signal(
            experiment, output=options.output, signal=options.signal, progress=progress
        )
    finally:
        progress.clear()
    assert found.path is not None
    if options.json:
        print_json({**as_json(found), "path": str(found.path)}, sort=False)
        return
    print(found.summary(), end="")
    print(f"\nresults     {found.path}")
    print(f"page        {found.path / PAGE}")
    others = sorted(set(experiment.signals) - {found.question.signal})
    if others:
        again = shlex.join([str(options.config), "--signal", others[0]])
        print(f"next        run_backtest.py study {again}")
