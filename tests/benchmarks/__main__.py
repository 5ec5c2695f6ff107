"""`python -m tests.benchmarks [ROW…]`: measure all rows, or those named here or in $ROW.

$ROUNDS overrides the number of rounds; `--no-install` leaves peers that are missing out.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tests.benchmarks.machine import describe, load
from tests.benchmarks.peers import cache_folder, install_all
from tests.benchmarks.rounds import Run
from tests.benchmarks.rows.registry import ROWS
from tests.benchmarks.table import tables

NO_INSTALL = "--no-install"


def main(words: Sequence[str]) -> int:
    names = [word for word in words if word != NO_INSTALL] or os.environ.get("ROW", "").split()
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        sys.stderr.write(f"no such row: {', '.join(unknown)}. There are: {', '.join(ROWS)}\n")
        return 2
    run = Run(cache_folder(os.environ), int(os.environ.get("ROUNDS", "0")))
    if NO_INSTALL not in words:
        for name, reason in install_all([], run.cache).items():
            run.say(f"{name} cannot be installed: {reason}")
    sys.stdout.write(f"## The machine\n\n{describe(run.cache)}\n\nLoad before: {load()}.\n\n")
    for name in names or ROWS:
        run.say(name)
        sys.stdout.write(tables(ROWS[name].title, ROWS[name].measure(run)) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
