"""The log (protocol §6): a rewritten, shrunk or invented log never passes for the one that was committed to.

Each property is also shown a seeded fault, which it must find.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import log
from protocol.log import Frontier
from tests.property.faults import Fault, in_place, seed

FAULTY = settings(max_examples=1000, database=None, print_blob=False, report_multiple_bugs=False)

LEAVES = [sha256(number.to_bytes(2, "big")).digest() for number in range(600)]
STRANGER = sha256(b"invented").digest()


@st.composite
def sizes(draw: st.DrawFn, count: int) -> list[int]:
    """`count` rising sizes of one log, the last at least 1; near powers of two as often as elsewhere."""
    near = st.builds(lambda power, by: max(0, 2**power + by), st.integers(0, 9), st.integers(-2, 2))
    drawn = draw(st.lists(near | st.integers(0, len(LEAVES)), min_size=count, max_size=count))
    return [*sorted(min(size, len(LEAVES)) for size in drawn[:-1]), min(max(1, *drawn), len(LEAVES))]


def merkle_tree_hash(leaves: list[bytes]) -> bytes:
    """The definition in RFC 9162 §2.1.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + merkle_tree_hash(leaves[:split]) + merkle_tree_hash(leaves[split:])).digest()


@given(cuts=sizes(4))
def any_batching_gives_the_same_log(cuts: list[int]) -> None:
    frontier = Frontier()
    for start, end in zip([0, *cuts], cuts, strict=False):
        frontier = frontier.append_many(LEAVES[start:end])
        assert frontier.root() == merkle_tree_hash(LEAVES[:end])
        assert frontier == Frontier().append_many(LEAVES[:end]) == log.frontier_at(log.reader_of(LEAVES), end)


@given(ends=sizes(1), place=st.integers(0), other=st.integers(0))
def an_entry_is_proven_at_its_place_only(ends: list[int], place: int, other: int) -> None:
    (size,) = ends
    index, elsewhere = place % size, other % size
    root = merkle_tree_hash(LEAVES[:size])
    path = log.inclusion_proof(log.reader_of(LEAVES), index, size)
    assert log.verify_inclusion(LEAVES[index], index, size, path, root)
    assert log.verify_inclusion(LEAVES[index], elsewhere, size, path, root) == (elsewhere == index)
    assert not log.verify_inclusion(STRANGER, index, size, path, root)


@given(ends=sizes(2), cut=st.integers(0), flip=st.integers(0))
def a_continued_log_is_proven_and_a_changed_proof_is_not(ends: list[int], cut: int, flip: int) -> None:
    first, second = ends
    old, new = merkle_tree_hash(LEAVES[:first]), merkle_tree_hash(LEAVES[:second])
    path = log.consistency_proof(log.reader_of(LEAVES), first, second)
    assert log.verify_consistency(first, second, old, new, path)
    assert not log.verify_consistency(first, second, old, new, [*path, STRANGER])
    if path:
        at = cut % len(path)
        step = bytearray(path[at])
        step[flip % len(step)] ^= 1
        assert not log.verify_consistency(first, second, old, new, [*path[:at], bytes(step), *path[at + 1 :]])
        assert not log.verify_consistency(first, second, old, new, path[:at] + path[at + 1 :])


@given(ends=sizes(2), place=st.integers(0))
def a_rewritten_log_is_never_a_continuation(ends: list[int], place: int) -> None:
    """The steward replaces, drops or slips in an entry below the committed size; its proof is its best."""
    first, second = max(1, ends[0]), ends[1]
    at = place % first
    committed = merkle_tree_hash(LEAVES[:first])
    replaced = [*LEAVES[:at], STRANGER, *LEAVES[at + 1 : second]]
    dropped = [*LEAVES[:at], *LEAVES[at + 1 : second], STRANGER]
    slipped_in = [*LEAVES[:at], STRANGER, *LEAVES[at:second]]
    for forged in (replaced, dropped, slipped_in):
        path = log.consistency_proof(log.reader_of(forged), first, len(forged))
        assert not log.verify_consistency(first, len(forged), committed, log.root_of(forged), path)


@given(ends=sizes(2))
def a_shrunk_log_is_never_a_continuation(ends: list[int]) -> None:
    first, second = ends
    path = log.consistency_proof(log.reader_of(LEAVES), first, second)
    old, new = merkle_tree_hash(LEAVES[:first]), merkle_tree_hash(LEAVES[:second])
    assert log.verify_consistency(second, first, new, old, path) == (first == second)


PROPERTIES = [
    any_batching_gives_the_same_log,
    an_entry_is_proven_at_its_place_only,
    a_continued_log_is_proven_and_a_changed_proof_is_not,
    a_rewritten_log_is_never_a_continuation,
    a_shrunk_log_is_never_a_continuation,
]


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_for_all_logs(holds: Callable[[], None]) -> None:
    holds()


def compares_the_new_root_only(first: int, second: int, old: bytes, new: bytes, path: list[bytes]) -> bool:
    if first in (0, second):
        return True
    hashes = path if first & (first - 1) else [old, *path]
    shift = log._trailing_zeros(first)
    climbed = log._climb(hashes, (first - 1) >> shift, (second - 1) >> shift) if hashes else None
    return climbed is not None and climbed[1] == new


GENUINE = "a rewritten, shrunk or invented log is never confirmed by an honest keeper"
SEEDED: list[tuple[Callable[[], None], Fault]] = [
    (
        any_batching_gives_the_same_log,
        seed("subtrees aren't joined", GENUINE, log, "_trailing_zeros", lambda _size: 0),
    ),
    (
        an_entry_is_proven_at_its_place_only,
        seed("proofs split in the middle", GENUINE, log, "_split", lambda length: length // 2),
    ),
    (
        a_rewritten_log_is_never_a_continuation,
        seed("only the new root is compared", GENUINE, log, "verify_consistency", compares_the_new_root_only),
    ),
    (
        a_shrunk_log_is_never_a_continuation,
        seed("any log continues any other", GENUINE, log, "verify_consistency", lambda *_: True),
    ),
]
# A rule that two properties lean on.
SEEDED.append((a_continued_log_is_proven_and_a_changed_proof_is_not, SEEDED[1][1]))


@pytest.mark.parametrize(("holds", "fault"), SEEDED, ids=[holds.__name__ for holds, _ in SEEDED])
def test_the_property_finds_the_seeded_fault(holds: Any, fault: Fault) -> None:
    with in_place(fault), pytest.raises(AssertionError):
        FAULTY(holds)()
