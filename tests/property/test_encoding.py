"""Encoding (protocol §6): a record has one form, and one flipped byte anywhere breaks its verification.

Each property is also shown a seeded fault, which it must find: a property that can't fail proves nothing.
"""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from protocol import canonical, keys, proofs
from protocol.canonical import canonical_bytes, canonical_document, parse_json
from protocol.errors import MalformedError, RefusedError
from protocol.ids import digest_of, id_from_digest, parse_id, record_id
from protocol.keys import PrivateKey, parse_did
from protocol.limits import MAX_INTEGER
from tests.property.faults import Fault, in_place, seed

FAULTY = settings(max_examples=1000, database=None, print_blob=False, report_multiple_bugs=False)


def is_noncharacter(character: str) -> bool:
    return 0xFDD0 <= ord(character) < 0xFDF0 or ord(character) & 0xFFFE == 0xFFFE


CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
NAMES = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=8)
TEXTS = st.text(CHARACTERS.filter(lambda character: not is_noncharacter(character)), max_size=20)
SCALARS = st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
RECORDS = st.dictionaries(NAMES.filter(lambda name: name != "proof"), VALUES, max_size=5)
DOCUMENTS = st.recursive(
    SCALARS | st.none() | st.floats(-1e15, 1e15) | st.text(CHARACTERS, max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(CHARACTERS, max_size=6), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.binary(min_size=32, max_size=32).map(PrivateKey.from_seed)


def in_reverse(value: Any) -> Any:
    """The same value with the members of its objects the other way round."""
    if isinstance(value, dict):
        return {name: in_reverse(member) for name, member in reversed(value.items())}
    return [in_reverse(entry) for entry in value] if isinstance(value, list) else value


def read(raw: bytes) -> Any:
    return parse_json(raw, max_bytes=100_000, max_depth=32)


@given(value=VALUES)
def the_fast_encoder_is_rfc_8785(value: Any) -> None:
    assert canonical_bytes(value, max_depth=32) == rfc8785.dumps(value)


@given(value=VALUES)
def reading_canonical_bytes_and_writing_them_changes_nothing(value: Any) -> None:
    raw = canonical_bytes(value, max_depth=32)
    assert read(raw) == value
    assert canonical_bytes(read(raw), max_depth=32) == raw


@given(value=VALUES, indent=st.none() | st.integers(0, 2), ascii_only=st.booleans())
def the_form_in_which_a_record_travels_does_not_matter(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(in_reverse(value), indent=indent, ensure_ascii=ascii_only)
    assert canonical_bytes(read(text.encode()), max_depth=32) == canonical_bytes(value, max_depth=32)


@given(document=DOCUMENTS, indent=st.none() | st.integers(0, 2))
def a_document_is_read_as_it_was_written(document: Any, indent: int | None) -> None:
    assert read(json.dumps(document, indent=indent).encode()) == document
    assert read(canonical_document(document)) == document


@given(
    members=st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4),
    again=VALUES,
    depth=st.integers(0, 3),
    data=st.data(),
)
def a_second_equal_name_is_refused(members: dict[str, Any], again: Any, depth: int, data: st.DataObject) -> None:
    pairs = [*members.items(), (data.draw(st.sampled_from(sorted(members))), again)]
    inner = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in data.draw(st.permutations(pairs)))
    text = '[{"x":' * depth + "{" + inner + "}" + "}]" * depth
    with pytest.raises(MalformedError):
        read(text.encode())


@given(
    record=RECORDS,
    signer=KEYS,
    cosigner=KEYS,
    place=st.integers(0),
    change=st.integers(1, 255),
    data=st.data(),
)
def one_flipped_byte_breaks_verification(
    record: dict[str, Any],
    signer: PrivateKey,
    cosigner: PrivateKey,
    place: int,
    change: int,
    data: st.DataObject,
) -> None:
    signed = proofs.sign(record, *data.draw(st.sampled_from([[signer], [signer, cosigner]])))
    wire = bytearray(canonical_bytes(signed, max_depth=32))
    wire[place % len(wire)] ^= change
    try:
        arrived = read(bytes(wire))
        assume(isinstance(arrived, dict))
        canonical_bytes(arrived, max_depth=32)
        proofs.signers(arrived)
    except RefusedError:
        return
    # An escape may be spelled in two ways (001F, 001f): the text isn't canonical then, its value is the same.
    assert arrived == signed
    assert canonical_bytes(arrived, max_depth=32) != bytes(wire)


@given(record=RECORDS, signers=st.lists(KEYS, min_size=1, max_size=4), rng=st.randoms())
def the_order_of_cosigning_never_shows(record: dict[str, Any], signers: list[PrivateKey], rng: Any) -> None:
    cosigned = record
    for key in rng.sample(signers, len(signers)):
        cosigned = proofs.add_proof(cosigned, key)
    lists = [proofs.sign(record, key)["proof"] for key in signers]
    assert cosigned["proof"] == proofs.merge_proofs(*rng.sample(lists, len(lists)))
    assert proofs.signers(cosigned) == tuple(sorted({key.did for key in signers}))


@given(digest=st.binary(min_size=32, max_size=32))
def ids_and_digests_name_each_other(digest: bytes) -> None:
    identifier = id_from_digest(digest)
    assert digest_of(identifier) == digest
    assert parse_id(identifier) == identifier


@given(key=KEYS)
def a_key_and_its_name_name_each_other(key: PrivateKey) -> None:
    assert keys.did_of(keys._load(parse_did(key.did))) == key.did


@given(one=RECORDS, other=RECORDS)
def different_records_have_different_ids(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = msgspec.json.encode(one, order="sorted") == msgspec.json.encode(other, order="sorted")
    assert (record_id(canonical_bytes(one, max_depth=32)) == record_id(canonical_bytes(other, max_depth=32))) == same


PROPERTIES = [
    the_fast_encoder_is_rfc_8785,
    reading_canonical_bytes_and_writing_them_changes_nothing,
    the_form_in_which_a_record_travels_does_not_matter,
    a_document_is_read_as_it_was_written,
    a_second_equal_name_is_refused,
    one_flipped_byte_breaks_verification,
    the_order_of_cosigning_never_shows,
    ids_and_digests_name_each_other,
    a_key_and_its_name_name_each_other,
    different_records_have_different_ids,
]


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_for_all_inputs(holds: Callable[[], None]) -> None:
    holds()


def unsorted_merge(*members: Any) -> list[Any]:
    return [proof for member in members for proof in (member if isinstance(member, list) else [member])]


GULLIBLE = proofs.Suite(sign=PrivateKey.sign, verify=lambda *_: True)
ONE_FORM = "canonical round trip, byte-stable"
UNSORTED = msgspec.json.Encoder()
SEEDED: list[tuple[Callable[[], None], Fault]] = [
    (the_fast_encoder_is_rfc_8785, seed("members in any order", ONE_FORM, canonical, "_ENCODER", UNSORTED)),
    (
        a_second_equal_name_is_refused,
        seed("the last of equal names counts", ONE_FORM, canonical, "_refuse_duplicates", lambda _raw: None),
    ),
    (
        one_flipped_byte_breaks_verification,
        seed(
            "every signature fits",
            "one flipped byte anywhere breaks verification",
            proofs,
            "SUITES",
            {proofs.EDDSA_JCS_2022: GULLIBLE},
        ),
    ),
    (
        the_order_of_cosigning_never_shows,
        seed("proofs as they come", ONE_FORM, proofs, "merge_proofs", unsorted_merge),
    ),
]
# A rule that two properties lean on.
SEEDED.append((the_form_in_which_a_record_travels_does_not_matter, SEEDED[0][1]))


@pytest.mark.parametrize(("holds", "fault"), SEEDED, ids=[holds.__name__ for holds, _ in SEEDED])
def test_the_property_finds_the_seeded_fault(holds: Any, fault: Fault) -> None:
    with in_place(fault), pytest.raises((AssertionError, RefusedError, pytest.fail.Exception)):
        FAULTY(holds)()
