"""A group's log is a Merkle tree (RFC 9162): it proves that an entry stands in it, and its whole past.

Rules of this file (protocol §3, The group log; RFC 9162 §2.1):

1. Leaf = sha256(0x00 ‖ ascii id); node = sha256(0x01 ‖ left ‖ right); the empty log's root = sha256 of
   nothing.
2. A tree of n leaves splits at the largest power of two below n, so appending never changes a complete
   subtree.

Two ways to hold a log. A `Frontier` is the smallest state from which to append: the roots of the complete
subtrees along the right edge, at most 64 hashes. Proofs need the inside: a `Reader` gives the root of any
complete subtree, from leaves in memory (`reader_of`) or from stored tiles of 256 hashes (`tile_reader`); a
proof reads O(log n) of them, never the whole log. Which tiles a proof will read can be asked beforehand
(`tiles_for_…`), because this floor can't wait for a database.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from hashlib import sha256
from typing import Final

import msgspec

from protocol.ids import RecordId

# Gives the root of a complete subtree: that over the leaves index x 2^level to (index + 1) x 2^level - 1.
Reader = Callable[[int, int], bytes]
# (Tile level t, number): up to 256 roots of complete subtrees of 256^t leaves; level 0 holds leaf hashes.
Tile = tuple[int, int]

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256().digest()
TILE_LEVELS: Final = 8
TILE_WIDTH: Final = 2**TILE_LEVELS


def leaf_hash(identifier: RecordId) -> bytes:
    return sha256(b"\x00" + identifier.encode("ascii")).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Frontier(msgspec.Struct, frozen=True):
    """The end of a log that only grows: its size, and the roots of its complete subtrees, the largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> "Frontier":
        """The frontier after one more entry; O(1) on average, for any size."""
        return self.append_many((leaf,))

    def append_many(self, leaves: Iterable[bytes]) -> "Frontier":
        """The frontier after more entries, in order."""
        peaks = list(self.peaks)
        size = self.size
        for leaf in leaves:
            peaks.append(leaf)
            size += 1
            # For each trailing zero bit of the new size, two equal subtrees become one.
            for _ in range(_trailing_zeros(size)):
                right = peaks.pop()
                peaks[-1] = node_hash(peaks[-1], right)
        return Frontier(size, tuple(peaks))

    def root(self) -> bytes:
        """The root to which a seal commits."""
        return _fold(self.peaks)


def frontier_of(size: int, peaks: bytes) -> Frontier:
    """The frontier from its stored form: the size, and the concatenated peaks."""
    if len(peaks) != HASH_BYTES * size.bit_count():
        raise ValueError(f"A log of {size} entries has {size.bit_count()} peaks.")
    return Frontier(size, tuple(peaks[at : at + HASH_BYTES] for at in range(0, len(peaks), HASH_BYTES)))


def frontier_at(read: Reader, size: int) -> Frontier:
    """The frontier at an earlier size, from its complete subtrees."""
    return Frontier(size, tuple(read(level, index) for level, index in _complete_subtrees(0, size)))


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes in order; for a full tile's hashes, the hash that the tile above contains."""
    return Frontier().append_many(leaves).root()


def inclusion_proof(read: Reader, index: int, size: int) -> list[bytes]:
    """The path from entry `index` up to the root of the first `size` entries (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"Entry {index} isn't in a log of {size}.")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(read, middle, end))
            end = middle
        else:
            path.append(_range_root(read, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(read: Reader, first: int, size: int) -> list[bytes]:
    """The proof that the first `first` of `size` entries are unchanged (RFC 9162 §2.1.4.1).

    Empty if `first` is 0 or `size`, where the two roots are enough.
    """
    if not 0 <= first <= size:
        raise ValueError(f"A log of {size} entries never had {first}.")
    if first in (0, size):
        return []
    path: list[bytes] = []
    start, end = 0, size
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(_range_root(read, middle, end))
            end = middle
        else:
            path.append(_range_root(read, start, middle))
            start = middle
    if start > 0:  # otherwise the last subtree is the whole old log, and the verifier knows its root
        path.append(_range_root(read, start, end))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` leads from the leaf at `index` to the root of `size` entries (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, reached = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            reached = node_hash(step, reached)
            shift = _trailing_zeros(node) if node else 0  # a node on the right edge rises over the missing levels
            node, last = node >> shift, last >> shift
        else:
            reached = node_hash(reached, step)
        node, last = node >> 1, last >> 1
    return last == 0 and reached == root


def verify_consistency(first: int, second: int, root1: bytes, root2: bytes, path: Sequence[bytes]) -> bool:
    """Whether the log with `root2` extends the shorter one with `root1` (RFC 9162 §2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first == second:
        return not path and root1 == root2
    if first == 0:
        return not path and root1 == EMPTY_ROOT
    # If `first` is a power of two, the old log is one complete subtree, whose root begins the path and isn't in it.
    hashes = list(path) if first & (first - 1) else [root1, *path]
    if not hashes:
        return False
    shift = _trailing_zeros(first)
    return _climb(hashes, (first - 1) >> shift, (second - 1) >> shift) == (root1, root2)


def _climb(hashes: list[bytes], node: int, last: int) -> tuple[bytes, bytes] | None:
    """The old and the new root that a consistency path gives; None if its length doesn't fit."""
    old = new = hashes[0]
    for step in hashes[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            shift = _trailing_zeros(node) if node else 0
            node, last = node >> shift, last >> shift
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    return (old, new) if last == 0 else None


def reader_of(leaves: Sequence[bytes]) -> Reader:
    """A reader over leaf hashes in memory, for small logs."""

    def read(level: int, index: int) -> bytes:
        return root_of(leaves[index << level : (index + 1) << level])

    return read


def tile_reader(read_tile: Callable[[int, int], Sequence[bytes]]) -> Reader:
    """A reader over tiles: `read_tile(tile level, number)` gives a tile's hashes, as many as are complete."""

    def read(level: int, index: int) -> bytes:
        tile, place, width = _place(level, index)
        hashes = read_tile(*tile)[place : place + width]
        if len(hashes) != width:
            raise ValueError(f"Tile {tile} ends before the subtree of level {level} at {index}.")
        return root_of(hashes)

    return read


def tiles_for_inclusion(index: int, size: int) -> frozenset[Tile]:
    """The tiles that `inclusion_proof` with the same arguments will read: about two for each tile level."""
    return _tiles_read(lambda read: inclusion_proof(read, index, size))


def tiles_for_consistency(first: int, size: int) -> frozenset[Tile]:
    """The tiles that `consistency_proof` with the same arguments will read: about two for each tile level."""
    return _tiles_read(lambda read: consistency_proof(read, first, size))


def tiles_for_frontier(size: int) -> frozenset[Tile]:
    """The tiles that `frontier_at` will read: one for each level."""
    return _tiles_read(lambda read: frontier_at(read, size))


def _tiles_read(prove: Callable[[Reader], object]) -> frozenset[Tile]:
    asked: set[Tile] = set()

    def note(level: int, index: int) -> bytes:
        asked.add(_place(level, index)[0])
        return EMPTY_ROOT

    prove(note)
    return frozenset(asked)


def _place(level: int, index: int) -> tuple[Tile, int, int]:
    """The tile that holds a complete subtree, the position of its first hash there, and the number of hashes."""
    tile_level, rest = divmod(level, TILE_LEVELS)
    number, place = divmod(index << rest, TILE_WIDTH)
    return (tile_level, number), place, 1 << rest


def _range_root(read: Reader, start: int, end: int) -> bytes:
    """The root over leaves start ... end - 1; a power of two that is at least the length divides `start`."""
    return _fold([read(level, index) for level, index in _complete_subtrees(start, end)])


def _complete_subtrees(start: int, end: int) -> list[tuple[int, int]]:
    """(level, index) of the complete subtrees that make up the range, the largest first."""
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def _fold(peaks: Sequence[bytes]) -> bytes:
    if not peaks:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks))


def _split(length: int) -> int:
    """The largest power of two below `length`."""
    return 1 << ((length - 1).bit_length() - 1)


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1
