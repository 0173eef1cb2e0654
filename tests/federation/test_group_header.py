"""`Althing-Group` is believed only under a signature that covers it, and only if it is well written."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from federation.group_header import NAME, GroupHeader, header_of, parse_group_header, read_group_header
from federation.signatures import Scheme, SignedRequest, read_claims, verify_claim
from protocol.ids import record_id
from tests.support.community import a_community
from tests.support.wire import NOW, POLICY, a_request, changed, rsa_keys, signed, with_fields

STATE = a_community("header", 2).now
VALUE = header_of(STATE)
READ = GroupHeader(STATE.group, STATE.head, STATE.term, STATE.height, STATE.log.size, STATE.log.root)


def read(request: SignedRequest) -> GroupHeader | None:
    (claim, *_) = read_claims(request, POLICY, now=NOW)
    return read_group_header(request, verify_claim(claim, rsa_keys()[1]))


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
def test_what_a_signature_covers_is_read(scheme: Scheme) -> None:
    assert read(signed(a_request(headers={NAME: VALUE}), scheme=scheme)) == READ


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
def test_what_was_added_after_signing_is_ignored(scheme: Scheme) -> None:
    assert read(with_fields(signed(a_request(), scheme=scheme), {NAME: VALUE})) is None


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
def test_a_request_without_it_says_nothing(scheme: Scheme) -> None:
    assert read(signed(a_request(), scheme=scheme)) is None


def test_two_lines_of_it_say_nothing() -> None:
    twice = changed(a_request(), headers=(*a_request().headers, (NAME, VALUE), (NAME, VALUE)))
    assert read(signed(twice, scheme="rfc9421")) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "group",
        "head=1",
        VALUE + ", group=1",
        VALUE.replace("height=", "height=-"),
        VALUE.replace("term=", 'term="') + '"',
        VALUE.replace(STATE.log.root, STATE.log.root.upper()),
        VALUE.replace(STATE.log.root, STATE.log.root[1:]),
        VALUE.replace(STATE.head, "b" + STATE.head),
        VALUE.replace("size=", "size=1."),
        VALUE.replace("height=", "height=?1, x="),
        VALUE.replace("root=", "root=(1), x="),
        VALUE + ", x=" + "1" * 600,
        VALUE + ", é=1",
    ],
)
def test_what_is_malformed_is_ignored(text: str) -> None:
    assert parse_group_header(text) is None


def test_members_of_tomorrow_are_passed_over() -> None:
    assert parse_group_header(VALUE + ', peers=(1 2), now="x"') == READ


@given(text=st.text(max_size=600) | st.sampled_from(["group", "head", "term"]).map(lambda name: f"{name}=1;" * 40))
def test_no_text_raises(text: str) -> None:
    parse_group_header(text)


@given(term=st.integers(0, 2**40), height=st.integers(0, 2**40), size=st.integers(0, 2**40), root=st.binary(max_size=9))
def test_what_is_written_is_read(term: int, height: int, size: int, root: bytes) -> None:
    log = replace(STATE.log, size=size, root=sha256(root).hexdigest())
    state = replace(STATE, head=record_id(root), term=term, height=height, log=log)

    assert parse_group_header(header_of(state)) == GroupHeader(
        state.group, state.head, term, height, size, sha256(root).hexdigest()
    )
