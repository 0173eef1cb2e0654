"""Every invariant of the protocol has a property that was seen to find a broken rule."""

import importlib
from pathlib import Path

from tests.property.faults import FAULTS, INVARIANTS

HERE = Path(__file__).parent


def test_each_invariant_has_a_seeded_fault() -> None:
    for path in sorted(HERE.glob("test_*.py")):
        importlib.import_module(f"tests.property.{path.stem}")
    without = set(INVARIANTS) - {fault.invariant for fault in FAULTS.values()}
    assert without == set()
