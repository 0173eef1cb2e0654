import json
import struct
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from protocol import canonical
from protocol.canonical import canonical_bytes, canonical_document, check_value, parse_json
from protocol.errors import MalformedError, RefusedError, TooLargeError
from protocol.limits import MAX_DOCUMENT_BYTES, MAX_DOCUMENT_DEPTH, MAX_INTEGER, MAX_ITEM_DEPTH
from protocol.rules.texts import TextRule
from tests.support.folders import folder_of, read_vectors


def read(raw: bytes) -> Any:
    return parse_json(raw, max_bytes=MAX_DOCUMENT_BYTES, max_depth=MAX_DOCUMENT_DEPTH)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


RECORDS = read_vectors("records.json")["records"]


@pytest.mark.parametrize("vector", RECORDS, ids=lambda vector: vector["name"])
def test_records_of_the_vectors_have_their_canonical_bytes(vector: dict[str, Any]) -> None:
    unsigned = {name: value for name, value in vector["record"].items() if name != "proof"}

    assert canonical_bytes(unsigned) == vector["canonical"].encode()
    assert read(canonical_bytes(vector["record"])) == vector["record"]


def test_documents_of_the_jcs_suite_have_their_canonical_bytes() -> None:
    for vector in read_vectors("rfc8785-jcs.json")["documents"]:
        document = read(vector["input_text"].encode())
        assert canonical_document(document).hex() == vector["canonical_utf8_hex"], vector["name"]


def test_numbers_of_the_jcs_suite_have_their_text() -> None:
    for vector in read_vectors("rfc8785-jcs.json")["numbers_ieee754_hex"]:
        (number,) = struct.unpack(">d", bytes.fromhex(vector["bits"]))
        assert canonical_document(number) == vector["json"].encode(), vector["bits"]


@pytest.mark.parametrize(
    "document",
    [float("nan"), float("inf"), {"a": "\ud800"}, {"\udfff": 1}, MAX_INTEGER + 1],
    ids=["nan", "infinity", "lone surrogate", "lone surrogate in a name", "2^53"],
)
def test_what_has_no_canonical_form_is_refused(document: object) -> None:
    with pytest.raises(MalformedError):
        canonical_document(document)


def test_every_code_point_is_written_as_rfc_8785_says() -> None:
    """Controls, 0x7f, U+2028, the astral planes: the fast encoder escapes no more and no less."""
    noncharacters = {
        *range(0xFDD0, 0xFDF0),
        *(plane + end for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF)),
    }
    allowed = [point for point in range(1, 0x110000) if not 0xD800 <= point < 0xE000 and point not in noncharacters]
    for start in range(0, len(allowed), 4096):
        text = "".join(map(chr, allowed[start : start + 4096]))
        assert canonical_bytes(text) == rfc8785.dumps(text), f"from U+{allowed[start]:04X}"


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        -0.0,
        None,
        (1,),
        b"bytes",
        {"é": 1},
        {"a\0": 1},
        {1: 1},
        {"a": {True: 1}},
        MAX_INTEGER + 1,
        -MAX_INTEGER - 1,
        "a\0b",
        "\ud800",
        "a\udfffb",
        "\ufdd0",
        "\ufffe",
        "\U0010ffff",
        {"a": [{"b": None}]},
    ],
    ids=ascii,
)
def test_a_record_holds_only_what_every_pod_reads_alike(value: object) -> None:
    with pytest.raises(MalformedError):
        check_value(value, max_depth=MAX_ITEM_DEPTH)
    with pytest.raises(MalformedError):
        canonical_bytes(value)


def test_a_record_may_hold_the_edges_of_what_is_allowed() -> None:
    value = {
        "": [],
        "\x7f~": {},
        "n": [MAX_INTEGER, -MAX_INTEGER, 0, True, False],
        "t": "\x01\x7f\u2028\ufffd\U0001f600",
    }

    assert read(canonical_bytes(value)) == value


def test_depth_counts_objects_and_lists_inside_each_other() -> None:
    check_value(nested(8), max_depth=8)
    check_value({"a": {"b": [1]}}, max_depth=3)
    with pytest.raises(TooLargeError):
        check_value(nested(9), max_depth=8)


def test_a_record_of_any_depth_is_refused_and_not_a_crash() -> None:
    with pytest.raises(TooLargeError):
        check_value(nested(100_000), max_depth=MAX_ITEM_DEPTH)


HOSTILE = {entry["name"]: entry for entry in read_vectors("hostile-inputs.json")["json_reject"]}
GENERATED = {
    "deep nesting": b"[" * 100_000 + b"]" * 100_000,
    "huge integer": b'{"a": 1' + b"0" * 5000 + b"}",
}


@pytest.mark.parametrize("name", [name for name in HOSTILE if "expect" not in HOSTILE[name]])
def test_hostile_json_is_refused(name: str) -> None:
    entry = HOSTILE[name]
    raw = (
        GENERATED[name]
        if "generate" in entry
        else bytes.fromhex(entry["hex"])
        if "hex" in entry
        else entry["text"].encode()
    )

    with pytest.raises(RefusedError):
        read(raw)


def test_prototype_like_names_are_data() -> None:
    assert read(HOSTILE["prototype-like member names"]["text"].encode()) == {
        "__proto__": {"x": 1},
        "type": "Note",
    }


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{} x",
        b"01",
        b"1.",
        b"[1,]",
        b'{"a":1,}',
        b"nul",
        b"-Infinity",
        b"1e400",
        b"-1e400",
        b'"\x01"',
        b'"\x00"',
        b'"\\u0000"',
        b'{"\\u0000":1}',
        b'"\\ud800"',
        b'"\\ud800\\u0041"',
        b'"\\udc00\\ud800"',
        b'{"\\ud800":1}',
        b'"\xed\xa0\x80"',
        b'"\xc0\x80"',
        b'"\xf4\x90\x80\x80"',
        b"9007199254740992",
        b"-9007199254740992",
        b"1" + b"0" * 400,
        b"\xff\xfe{\x00}\x00",
    ],
    ids=ascii,
)
def test_text_that_is_not_strict_json_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        read(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"b":2,"a":3}',
        b'{"a":1,"\\u0061":2}',
        b'[{"x":{"a":1,"a":2}}]',
        b'{"a":{"b":1,"b":2},"a":1}',
        b'{"":0,"":0}',
        b'{"a":' + b"[" * 900 + b"]" * 900 + b',"a":1}',
    ],
    ids=[
        "equal",
        "apart",
        "escaped",
        "deep",
        "inside what is overwritten",
        "empty name",
        "depth that is overwritten",
    ],
)
def test_a_name_that_stands_twice_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedError) as refusal:
        read(raw)
    assert refusal.value.refused.rule is TextRule.NAME_TWICE


@pytest.mark.parametrize("before", [b"", b"[", b'{"b":'], ids=["bare", "in a list", "in an object"])
def test_depth_at_the_end_of_the_stack_is_refused_and_not_a_crash(before: bytes) -> None:
    """The two decoders run out of stack at different depths: each depth ends in a refusal."""
    after = {b"": b"", b"[": b"]"}.get(before, b"}")
    for depth in range(700, 1100):
        hidden = b"[" * depth + b"]" * depth
        with pytest.raises(RefusedError):
            read(before + b'{"a":' + hidden + b',"a":1}' + after)


def test_documents_may_hold_what_records_may_not() -> None:
    raw = ' {"é": [1.5, null, -0, 1e3, "\\u00e9\\/"], "b": -0.0} \n'.encode()

    assert read(raw) == {"é": [1.5, None, 0, 1000.0, "é/"], "b": 0.0}


def test_the_same_name_in_different_objects_is_no_duplicate() -> None:
    assert read(b'{ "a": {"a": [{"a": 1}, {"a": 1}]} }') == {"a": {"a": [{"a": 1}, {"a": 1}]}}


def test_each_limit_binds_exactly() -> None:
    assert parse_json(b"[[1]]", max_bytes=5, max_depth=2, max_members=2) == [[1]]
    for rule, limits in (
        (TextRule.TEXT_TOO_LONG, {"max_bytes": 4, "max_depth": 2}),
        (TextRule.TEXT_TOO_DEEP, {"max_bytes": 5, "max_depth": 1}),
        (TextRule.TOO_MANY_MEMBERS, {"max_bytes": 5, "max_depth": 2, "max_members": 1}),
    ):
        with pytest.raises(TooLargeError) as refusal:
            parse_json(b"[[1]]", **limits)
        assert refusal.value.refused.rule is rule


class NoDecoder:
    """Stands where the decoder was: what reaches it wasn't refused in time."""

    def decode(self, raw: bytes) -> Any:
        raise AssertionError(f"{len(raw)} bytes were decoded")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"[" + b"9e300," * 9_000 + b"1]", id="numbers that decode a hundred times more slowly"),
        pytest.param(b'["e",' + b"1E-300," * 9_000 + b'"\\""]', id="small ones"),
        pytest.param(b"[" + b"9e300," * 100_000 + b"1]", id="more of them than a document has members"),
        pytest.param(b"[" + b"[]," * 300_000 + b"1]", id="empty lists"),
        pytest.param(b"[" * 100_000, id="open lists"),
        pytest.param(b"[" + b'"\\\\",' * 100_000 + b"1]", id="strings of escapes"),
        pytest.param(b"{" + b'"a":"",' * 100_000 + b'"b":1}', id="names"),
    ],
)
def test_w2_what_is_slow_to_decode_is_refused_undecoded(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical, "_DECODER", NoDecoder())
    with pytest.raises((TooLargeError, MalformedError)):
        read(raw[:MAX_DOCUMENT_BYTES])


@given(
    st.recursive(
        st.text('\\",[]{}:e1 \n') | st.integers(-9, 9) | st.none(),
        lambda below: st.lists(below) | st.dictionaries(st.text('\\",[]{}'), below),
        max_leaves=40,
    )
)
@example([""])
@example({"": [[""]]})
def test_w2_members_are_counted_before_decoding_as_they_are_after(value: Any) -> None:
    members = members_of(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical, "_FEW_MEMBERS", -1)
        for raw in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False, indent=1).encode()):
            canonical._check_text(raw, max_members=members)
            if members:
                with pytest.raises(TooLargeError):
                    canonical._check_text(raw, max_members=members - 1)


def members_of(value: Any) -> int:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(1 + members_of(one) for one in below)


def test_documents_of_real_servers_are_read() -> None:
    for path in sorted(folder_of("vectors").glob("captured-*.json")):
        for document in documents_in(json.loads(path.read_text(encoding="utf-8"))):
            assert read(json.dumps(document, ensure_ascii=False).encode()) == document


def documents_in(value: Any) -> list[Any]:
    """Every object with a `type` or an `@context` that stands in none other."""
    if isinstance(value, dict):
        if "type" in value or "@context" in value:
            return [value]
        return [found for member in value.values() for found in documents_in(member)]
    if isinstance(value, list):
        return [found for member in value for found in documents_in(member)]
    return []


def test_the_captured_documents_are_really_there(vectors: Path) -> None:
    captured = [json.loads(path.read_text(encoding="utf-8")) for path in vectors.glob("captured-*.json")]

    assert sum(len(documents_in(file)) for file in captured) > 20


ODD = st.sampled_from([MAX_INTEGER, MAX_INTEGER + 1, -MAX_INTEGER - 1, 10**15, 10**15 - 1, "\0", "0" * 16, 1e300])


@given(
    st.recursive(
        ODD | st.text("\0\\u,{", max_size=3) | st.booleans() | st.none(),
        lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text("\0\\,[", max_size=2), below, max_size=4),
        max_leaves=12,
    ),
    st.integers(0, 6),
    st.integers(0, 12),
)
@example(MAX_INTEGER + 1, 1, 1)
@example({"\0": 1}, 1, 1)
@example([[[1]]], 2, 9)
@example([1, 2, 3], 2, 2)
def test_a_tame_text_breaks_no_rule(value: Any, depth: int, members: int) -> None:
    for raw in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False, indent=1).encode()):
        if canonical._is_tame(raw, max_depth=depth, max_members=members):
            canonical._check_document(value, max_depth=depth, max_members=members)


def test_what_a_pod_sends_is_tame() -> None:
    raw = canonical_document({"actor": "https://a.example/u/ada", "record": {"at": 1767225600000, "score": -1}})
    assert canonical._is_tame(raw, max_depth=MAX_DOCUMENT_DEPTH, max_members=10_000)
