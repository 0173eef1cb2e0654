from typing import Any

import http_sf
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from federation.signatures.plain_fields import read_plain, write_plain

PIECES = ["sig1", "*", "=", "(", ")", '"', '"@method"', '"a b"', " ", "  ", ";", "created", "keyid", "1", "0", "-1"]
PIECES += [":", ":AAAA:", ":AA==:", ":AB==:", ":AAA=:", ":AAA:", ":A:", "?1", "1.5", "007", "tok", ",", "\\", "\t"]
PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
MOST = 10**15 - 1


def refuse(name: str, _: str) -> None:
    raise ValueError(name)


def read_by_library(text: str) -> Any:
    return http_sf.parse(text.encode("ascii"), tltype="dictionary", on_duplicate_key=refuse)


@given(st.lists(st.sampled_from(PIECES)).map("".join))
@example('sig1=("@method" "@target-uri");created=1;keyid="https://a.example/#k";alg="ed25519"')
@example('sig1=("a");created=1;created=2')
@example('sig1=("a");created=01')
@example('sig1=("a" )')
@example("sha-256=:RRm0BLD5zJ/f0tNomICFapFwQvbxQwfDC3gAHR8kvew=:")
@example("sha-256=:AB==:")
def test_what_is_read_at_once_is_what_the_library_reads(text: str) -> None:
    plain = read_plain(text)
    if plain is not None:
        assert plain == read_by_library(text)


@pytest.mark.parametrize(
    "text",
    [
        'sig1=("@method" "@target-uri" "content-digest");created=1;keyid="https://a.example/#k";alg="rsa-v1_5-sha256"',
        "sha-256=:RRm0BLD5zJ/f0tNomICFapFwQvbxQwfDC3gAHR8kvew=:",
    ],
)
def test_what_servers_send_is_read_at_once(text: str) -> None:
    assert read_plain(text) == read_by_library(text)


@given(
    st.lists(PRINTABLE),
    st.dictionaries(st.from_regex("[a-z*][a-z0-9_.*-]*", fullmatch=True), PRINTABLE | st.integers(-MOST, MOST)),
)
def test_a_list_is_written_as_the_library_writes_it(texts: list[str], parameters: dict[str, str | int]) -> None:
    listed: Any = ([(text, {}) for text in texts], parameters)
    assert f"x={write_plain(texts, parameters)}" == http_sf.ser({"x": listed})
