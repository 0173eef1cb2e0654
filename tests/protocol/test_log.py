from collections.abc import Callable, Sequence
from hashlib import sha256

import pytest

from protocol.ids import RecordId, record_id
from protocol.log import (
    EMPTY_ROOT,
    TILE_WIDTH,
    Frontier,
    Reader,
    consistency_proof,
    frontier_at,
    frontier_of,
    inclusion_proof,
    leaf_hash,
    node_hash,
    reader_of,
    root_of,
    tile_reader,
    tiles_for_consistency,
    tiles_for_inclusion,
    verify_consistency,
    verify_inclusion,
)
from tests.support.folders import read_vectors

LOG = read_vectors("records.json")["log"]
ENTRIES = [leaf_hash(entry) for entry in LOG["entries"]]
LEAVES = [leaf_hash(record_id(bytes([number]))) for number in range(40)]


def merkle_tree_hash(leaves: Sequence[bytes]) -> bytes:
    """The definition in RFC 9162 §2.1.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + merkle_tree_hash(leaves[:split]) + merkle_tree_hash(leaves[split:])).digest()


def test_a_leaf_is_the_hash_of_a_zero_byte_and_the_id_in_ascii() -> None:
    assert leaf_hash(RecordId("bagaaiera")) == sha256(b"\x00bagaaiera").digest()


def test_roots_of_the_vectors_are_found_at_every_size() -> None:
    frontier = Frontier()
    roots = [frontier.root().hex()]
    for leaf in ENTRIES:
        frontier = frontier.append(leaf)
        roots.append(frontier.root().hex())

    assert roots == LOG["roots_by_size"]


def test_the_inclusion_proof_of_the_vectors_is_found_and_holds() -> None:
    path = inclusion_proof(reader_of(ENTRIES), 1, 9)

    assert [step.hex() for step in path] == LOG["inclusion_of_entry_1_in_9"]
    assert verify_inclusion(ENTRIES[1], 1, 9, path, bytes.fromhex(LOG["roots_by_size"][9]))


@pytest.mark.parametrize("size", range(len(LEAVES) + 1))
def test_the_root_is_that_of_rfc_9162(size: int) -> None:
    assert root_of(LEAVES[:size]) == merkle_tree_hash(LEAVES[:size])


@pytest.mark.parametrize("size", range(1, 21))
def test_every_entry_is_proven_at_its_place_and_nowhere_else(size: int) -> None:
    root = root_of(LEAVES[:size])
    for index in range(size):
        path = inclusion_proof(reader_of(LEAVES), index, size)
        assert verify_inclusion(LEAVES[index], index, size, path, root)
        for place in range(-1, size + 2):
            assert verify_inclusion(LEAVES[index], place, size, path, root) == (place == index)


@pytest.mark.parametrize("index", [0, 5, 12])
def test_an_inclusion_proof_with_any_change_fails(index: int) -> None:
    size, root = 13, root_of(LEAVES[:13])
    path = inclusion_proof(reader_of(LEAVES), index, size)
    changed = [
        path[:-1],
        path[1:],
        [*path, EMPTY_ROOT],
        path[::-1],
        [],
        *([*path[:at], EMPTY_ROOT, *path[at + 1 :]] for at in range(len(path))),
    ]

    for other in changed:
        assert not verify_inclusion(LEAVES[index], index, size, other, root)
    assert not verify_inclusion(LEAVES[index + 1], index, size, path, root)
    assert not verify_inclusion(LEAVES[index], index, size, path, EMPTY_ROOT)


def test_a_node_is_never_taken_for_a_leaf() -> None:
    """Else a steward could show a path that ends one step above the entries, at an entry nobody wrote."""
    assert leaf_hash(RecordId("a" * 64)) != node_hash(b"a" * 32, b"a" * 32)


@pytest.mark.parametrize("second", range(21))
def test_every_earlier_log_is_proven_to_be_continued(second: int) -> None:
    new = root_of(LEAVES[:second])
    for first in range(second + 1):
        old = root_of(LEAVES[:first])
        path = consistency_proof(reader_of(LEAVES), first, second)
        assert verify_consistency(first, second, old, new, path)
        assert not verify_consistency(first, second, sha256(old).digest(), new, path)
        assert first == 0 or not verify_consistency(first, second, old, sha256(new).digest(), path)
        for claimed in range(1, second):
            assert verify_consistency(claimed, second, old, new, path) == (claimed == first)


@pytest.mark.parametrize("first", [3, 4, 6, 7, 8, 12])
def test_a_consistency_proof_with_any_change_fails(first: int) -> None:
    old, new = root_of(LEAVES[:first]), root_of(LEAVES[:13])
    path = consistency_proof(reader_of(LEAVES), first, 13)
    changed = [
        path[:-1],
        path[1:],
        [*path, EMPTY_ROOT],
        [],
        *([*path[:at], EMPTY_ROOT, *path[at + 1 :]] for at in range(len(path))),
    ]

    for other in changed:
        assert not verify_consistency(first, 13, old, new, other)


def test_a_rewritten_entry_shows() -> None:
    rewritten = [*LEAVES[:3], LEAVES[30], *LEAVES[4:13]]
    for first in range(4, 13):
        path = consistency_proof(reader_of(rewritten), first, 13)
        assert not verify_consistency(first, 13, root_of(LEAVES[:first]), root_of(rewritten), path)


def test_a_shrunk_log_never_continues_a_longer_one() -> None:
    assert not verify_consistency(5, 4, root_of(LEAVES[:5]), root_of(LEAVES[:4]), [])
    assert not verify_consistency(2, 1, root_of(LEAVES[:1]), root_of(LEAVES[:1]), [])
    assert not verify_consistency(-1, 4, EMPTY_ROOT, root_of(LEAVES[:4]), [])


def test_the_empty_log_is_continued_by_every_log_and_only_it() -> None:
    assert verify_consistency(0, 7, EMPTY_ROOT, root_of(LEAVES[:7]), [])
    assert not verify_consistency(0, 7, LEAVES[0], root_of(LEAVES[:7]), [])
    assert not verify_consistency(0, 7, EMPTY_ROOT, root_of(LEAVES[:7]), [LEAVES[0]])
    assert not verify_consistency(0, 0, EMPTY_ROOT, LEAVES[0], [])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_a_proof_for_an_entry_that_is_not_there_is_a_bug(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="isn't in a log"):
        inclusion_proof(reader_of(LEAVES), index, size)


@pytest.mark.parametrize(("first", "size"), [(4, 3), (-1, 3)])
def test_a_proof_from_a_size_that_never_was_is_a_bug(first: int, size: int) -> None:
    with pytest.raises(ValueError, match="never had"):
        consistency_proof(reader_of(LEAVES), first, size)


def test_a_frontier_branches_without_disturbing_the_log_it_left() -> None:
    common = Frontier().append_many(LEAVES[:5])
    one, other = common.append(LEAVES[5]), common.append(LEAVES[6])

    assert common.root() == root_of(LEAVES[:5])
    assert one.root() != other.root()
    assert one == Frontier().append_many(LEAVES[:6])


@pytest.mark.parametrize("size", [0, 1, 2, 7, 8, 40])
def test_a_stored_frontier_comes_back_equal(size: int) -> None:
    frontier = Frontier().append_many(LEAVES[:size])

    assert frontier_of(size, b"".join(frontier.peaks)) == frontier
    assert frontier_at(reader_of(LEAVES), size) == frontier


def test_a_stored_frontier_of_another_size_is_a_bug() -> None:
    with pytest.raises(ValueError, match="3 entries has 2 peaks"):
        frontier_of(3, bytes(32))


LARGE = [leaf_hash(record_id(number.to_bytes(3, "big"))) for number in range(2 * TILE_WIDTH + 77)]


def tiles_of(leaves: Sequence[bytes]) -> dict[tuple[int, int], list[bytes]]:
    """The tiles as a store would keep them: a full tile's root is an entry of the tile above."""
    tiles: dict[tuple[int, int], list[bytes]] = {}
    level, hashes = 0, list(leaves)
    while hashes:
        chunks = [hashes[at : at + TILE_WIDTH] for at in range(0, len(hashes), TILE_WIDTH)]
        tiles |= {(level, number): chunk for number, chunk in enumerate(chunks)}
        hashes = [root_of(chunk) for chunk in chunks if len(chunk) == TILE_WIDTH]
        level += 1
    return tiles


@pytest.mark.parametrize("index", [0, 255, 256, 300, 511, 512, len(LARGE) - 1])
def test_proofs_from_tiles_equal_proofs_from_leaves(index: int) -> None:
    tiles = tiles_of(LARGE)
    needed = tiles_for_inclusion(index, len(LARGE)) | tiles_for_consistency(index, len(LARGE))
    read = tile_reader(lambda level, number: {tile: tiles[tile] for tile in needed}[level, number])

    assert inclusion_proof(read, index, len(LARGE)) == inclusion_proof(reader_of(LARGE), index, len(LARGE))
    assert consistency_proof(read, index, len(LARGE)) == consistency_proof(reader_of(LARGE), index, len(LARGE))


def test_a_tile_that_is_too_short_is_a_bug() -> None:
    read = tile_reader(lambda _level, _number: LARGE[:100])

    with pytest.raises(ValueError, match="ends before"):
        inclusion_proof(read, 0, 300)


@pytest.mark.parametrize("size", [1_000, 1_000_000, 10**9, 2**40 + 12_345])
def test_a_proof_reads_few_subtrees_and_tiles_of_any_log(size: int) -> None:
    calls: list[tuple[int, int]] = []

    def count(level: int, index: int) -> bytes:
        calls.append((level, index))
        return EMPTY_ROOT

    prove: list[Callable[[Reader], object]] = [
        lambda read: inclusion_proof(read, size // 3, size),
        lambda read: inclusion_proof(read, size - 1, size),
        lambda read: consistency_proof(read, size // 3, size),
    ]
    for one in prove:
        calls.clear()
        one(count)
        assert len(calls) <= 2 * size.bit_length()
    tile_levels = size.bit_length() // 8 + 1
    assert len(tiles_for_inclusion(size // 3, size)) <= 2 * tile_levels
    assert len(tiles_for_consistency(size // 3, size)) <= 2 * tile_levels
