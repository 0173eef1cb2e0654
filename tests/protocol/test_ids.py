from base64 import b32decode
from hashlib import sha256
from typing import Any

import pytest

from protocol.errors import MalformedError
from protocol.ids import digest_of, id_from_digest, parse_id, record_id
from tests.support.folders import read_vectors

RECORDS = read_vectors("records.json")["records"]
AN_ID = RECORDS[0]["id"]


@pytest.mark.parametrize("vector", RECORDS, ids=lambda vector: vector["name"])
def test_records_of_the_vectors_have_their_ids(vector: dict[str, Any]) -> None:
    identifier = record_id(vector["canonical"].encode())

    assert identifier == vector["id"]
    assert parse_id(vector["id"]) == identifier


def test_an_id_is_a_cid_of_version_1_codec_json_and_sha2_256() -> None:
    digest = sha256(b"{}").digest()
    text = record_id(b"{}")

    assert text[0] == "b"
    assert b32decode(text[1:].upper() + "====") == bytes.fromhex("0180041220") + digest


@pytest.mark.parametrize("digest", [bytes(32), b"\xff" * 32, bytes(range(32)), b"\0" * 31 + b"\x01"], ids=bytes.hex)
def test_the_database_form_and_the_text_name_each_other(digest: bytes) -> None:
    assert digest_of(id_from_digest(digest)) == digest
    assert parse_id(id_from_digest(digest)) == id_from_digest(digest)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_digest_of_another_length_is_a_bug(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        id_from_digest(bytes(length))


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        AN_ID.encode(),
        "",
        AN_ID.upper(),
        AN_ID[:-1],
        AN_ID + "a",
        AN_ID + "\n",
        " " + AN_ID,
        AN_ID + "====",
        AN_ID[:-1] + "b",
        AN_ID[:-2] + "1a",
        "bafkrei" + AN_ID[7:],
        "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
        AN_ID[:20] + "é" + AN_ID[21:],
    ],
    ids=ascii,
)
def test_only_the_one_text_form_is_an_id(value: object) -> None:
    with pytest.raises(MalformedError):
        parse_id(value)
