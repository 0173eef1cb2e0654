import json
from typing import Any

import pytest

from federation.documents import read_document, read_json
from federation.errors import MalformedDocumentError
from tests.support.folders import read_vectors

HOSTILE: Any = read_vectors("hostile-inputs.json")
GENERATED = {"deep nesting": b"[" * 100_000 + b"]" * 100_000, "huge integer": b'{"a": 1' + b"0" * 5000 + b"}"}
# These are safe because contexts are never read; they are not refused but taken as plain JSON.
READ_PLAINLY = ("remaps", "never fetched")


def text_of(case: dict[str, str]) -> bytes:
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    return case["text"].encode() if "text" in case else GENERATED[case["name"]]


@pytest.mark.parametrize(
    "case", [case for case in HOSTILE["json_reject"] if "expect" not in case], ids=lambda case: case["name"]
)
def test_fed_31_hostile_json_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(MalformedDocumentError):
        read_json(text_of(case))


def test_fed_31_names_that_mean_something_elsewhere_are_data_here() -> None:
    assert read_document(b'{"__proto__":{"x":1},"type":"Note"}')["__proto__"] == {"x": 1}


@pytest.mark.parametrize("case", HOSTILE["jsonld_reject"], ids=lambda case: case["why"])
def test_fed_30_documents_that_read_differently_as_a_graph_are_refused(case: dict[str, Any]) -> None:
    document = {name: value for name, value in case.items() if name != "why"}
    plain = json.dumps(document).encode()
    for raw in (plain, json.dumps({"object": [document]}).encode(), plain.replace(b"@", b"\\u0040")):
        if any(reason in case["why"] for reason in READ_PLAINLY):
            assert read_document(raw)
        else:
            with pytest.raises(MalformedDocumentError):
                read_document(raw)


def test_a_document_is_an_object() -> None:
    with pytest.raises(MalformedDocumentError):
        read_document(b"[]")
