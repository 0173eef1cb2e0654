"""`python -m tests.bench [name …]`: run the benches and print each figure beside its limit and its aim."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Final

BENCHES: Final = (
    *("chain", "unsettled", "bulk", "inbox", "processes", "fanout"),
    *(
        "reads",
        "pages",
        "group_page",
        "joins",
        "idle",
        "hostile",
        "decisions",
        "polls",
        "archives",
        "moves",
        "second_home",
    ),
)


def main(names: list[str]) -> int:
    """Run what is asked for, in order; unknown names are told."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"No such bench: {', '.join(unknown)}. There are {', '.join(BENCHES)}.")
        return 2
    print(f"{os.cpu_count()} cores; server and generator on one each")
    for name in names or BENCHES:
        print(f"== {name}", flush=True)
        for what, figure, unit in importlib.import_module(f"tests.bench.{name}").measure():
            print(f"{what:56} {figure:12,.1f} {unit}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
