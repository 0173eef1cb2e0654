"""Seeded faults: each breaks one rule, and the property of the invariant must find it.

A property that no fault can break promises nothing. Register a fault beside the invariant it breaks (protocol §6), and
prove with `must_find` that the property's own check and strategies notice it. To add some: `seed(...)` in the test
module that owns the property; names are unique.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

Check = Callable[..., None]
Strategies = Mapping[str, SearchStrategy[Any]]


@dataclass(frozen=True)
class Fault:
    """One rule replaced by a wrong one."""

    name: str
    invariant: str
    module: ModuleType
    rule: str
    wrong: object


# Those of protocol §6, in its order; a property may hold of more, but each of these needs a fault that it finds.
INVARIANTS: Final = (
    "any order, repetition or batch gives the same",
    "incremental = from scratch",
    "settled is final",
    "the group goes on",
    "a minority changes nothing settled",
    "no operation applies twice",
    "no operation applies without its author's key",
    "an owner remains",
    "a person always gets away",
    "a replaced recovery key never moves a pod anchored after its replacement",
    "scores, text and visibility independent of order, duplicates and batches",
    "a member counts at most |weight| per target",
    "paragraphs known to two pods stand in the same order on both",
    "everything accepted stays addressable",
    "a rewritten, shrunk or invented log is never confirmed by an honest keeper",
    "after any partition and heal equal id sets and equal states; pull costs O(new)",
    "canonical round trip, byte-stable",
    "one flipped byte anywhere breaks verification",
)

FAULTS: dict[str, Fault] = {}


def seed(name: str, invariant: str, module: ModuleType, rule: str, wrong: object) -> Fault:
    """Register a fault: while it is in place, `module.rule` is `wrong`."""
    if name in FAULTS:
        raise ValueError(f"There is a fault “{name}” already.")
    if not hasattr(module, rule):
        raise TypeError(f"{module.__name__} has no rule `{rule}` to replace.")
    fault = Fault(name, invariant, module, rule, wrong)
    FAULTS[name] = fault
    return fault


@contextmanager
def in_place(fault: Fault) -> Iterator[None]:
    """Break the rule for a while."""
    right = getattr(fault.module, fault.rule)
    setattr(fault.module, fault.rule, fault.wrong)
    try:
        yield
    finally:
        setattr(fault.module, fault.rule, right)


def must_find(fault: Fault, check: Check, strategies: Strategies, *, max_examples: int = 500) -> None:
    """Fail unless `check`, run over `strategies`, fails while the fault is in place.

    Deterministic and without shrinking: it is the finding that counts, not the smallest example.
    """

    @settings(
        max_examples=max_examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(**strategies)
    def run(**drawn: Any) -> None:
        check(**drawn)

    with in_place(fault), pytest.raises(AssertionError):
        run()
