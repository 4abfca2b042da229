"""How long each hypothesis takes to run: `python benchmarks/hypotheses.py CONFIG... --data DIR`.

Every config is run twice in one process. The first run reads the data, imports what it needs and
proves its signals; the second, forced, is the one that is told: rechecks of the proofs, signals,
decisions, replay of the strategy and its benchmarks, statistics and the result directory. The last
column is the same run's share of reading panels from their cache.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.config import load_config
from engine.inputs import load_inputs
from engine.progress import Progress
from engine.reading import Reader
from engine.runs import run


def main() -> None:
    """Run the configs and print a line each."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("configs", nargs="+", metavar="CONFIG")
    options.add_argument("--data", metavar="DIR", help="data.root of the configs")
    given = options.parse_args()
    overrides = [f"data.root={given.data}"] if given.data else []
    print(f"{'config':<24}{'first run':>12}{'second run':>12}{'reading':>12}   seconds")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        for config in given.configs:
            experiment, reader = load_config(config, overrides), Reader(output / ".cache/panels")
            progress = Progress(quiet=True)
            seconds = []
            for _ in range(2):
                begun = time.perf_counter()
                run(experiment, output=output, tearsheet=False, force=True, reader=reader)
                seconds.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            load_inputs(experiment, output / ".cache/panels", progress, reader)
            seconds.append(time.perf_counter() - begun)
            print(f"{Path(config).stem:<24}" + "".join(f"{each:>12.2f}" for each in seconds))


if __name__ == "__main__":
    main()
