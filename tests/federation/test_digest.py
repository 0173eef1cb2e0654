from typing import Any

import pytest

from federation.errors import DigestError
from federation.signatures.digest import check_content_digest, check_digest, content_digest_of, digest_of
from tests.support.folders import read_vectors

BODY = b'{"hello": "world"}'
SHA_256 = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
SHA_512 = "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew=="


def test_fed_15_digests_equal_those_of_rfc_9530() -> None:
    cases: Any = read_vectors("rfc9421.json")["rfc9530_digests"]
    for case in cases:
        body = case["body"].encode()
        assert digest_of(body) == case["legacy_Digest"]
        assert content_digest_of(body) == case["sha-256"]
        check_content_digest(f"{case['sha-256']}, {case['sha-512']}", body)


@pytest.mark.parametrize(
    "field",
    [
        f"SHA-256={SHA_256}",
        f"sha-256={SHA_256}",
        f"SHA-256={SHA_256}, SHA-512={SHA_512}",
        f"md5=AAAA,SHA-256={SHA_256}",
    ],
)
def test_fed_15_a_digest_with_sha_256_of_the_body_is_taken(field: str) -> None:
    check_digest(field, BODY)


@pytest.mark.parametrize(
    "field",
    [
        "",
        "SHA-256",
        "SHA-256=",
        "SHA-256=AAAA",
        f"SHA-512={SHA_512}",
        f"SHA-256={SHA_256}, SHA-256={SHA_256}",
        f"SHA-256={SHA_256}, sha-256=AAAA",
        f"SHA-256={SHA_256}, SHA-512=AAAA",
        f"SHA-256={SHA_256}junk!",
        f"SHA-256=:{SHA_256}:",
    ],
)
def test_fed_15_every_other_digest_is_refused(field: str) -> None:
    with pytest.raises(DigestError):
        check_digest(field, BODY)


@pytest.mark.parametrize(
    "field",
    [
        "",
        f"sha-256={SHA_256}",
        f"sha-512=:{SHA_512}:",
        f"sha-256=:{SHA_256}:, sha-256=:{SHA_256}:",
        f"sha-256=:{SHA_256}:, sha-512=:AAAA:",
        'sha-256="text"',
        "sha-256",
        "sha-256=(:AAAA:)",
        "sha-256=:AAAA:",
        "sha-256=:ä:",
    ],
)
def test_fed_15_every_other_content_digest_is_refused(field: str) -> None:
    with pytest.raises(DigestError):
        check_content_digest(field, BODY)


def test_fed_15_one_changed_byte_breaks_both_digests() -> None:
    with pytest.raises(DigestError):
        check_digest(digest_of(BODY), BODY + b" ")
    with pytest.raises(DigestError):
        check_content_digest(content_digest_of(BODY), BODY + b" ")
