"""Equality of all paths over drawn cases: `python benchmarks/parity.py --cases 1000 --seed 1`.

Prints figures; `--write` puts them into docs/performance.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    # Started as a file: modules are looked up from the repository, as for the processes it starts.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from benchmarks.equality import main

    raise SystemExit(main())
