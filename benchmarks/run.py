"""Speed of the replay and of the whole process: `python benchmarks/run.py`.

Prints tables; `--write` puts them into docs/performance.md, `--markdown FILE` anywhere else.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    # Started as a file: modules are looked up from the repository, as for the processes it starts.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from benchmarks.session import main

    raise SystemExit(main())
