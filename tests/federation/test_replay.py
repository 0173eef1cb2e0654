import pytest

from federation.errors import ReplayedSignatureError
from federation.signatures import ReplayCache, VerifiedSignature
from tests.support.handmade import check
from tests.support.wire import ALICE, HOUR, NOW, RSA_ID, a_request, signed


def a_signature(number: int, until: int = NOW + HOUR) -> VerifiedSignature:
    return VerifiedSignature("cavage", RSA_ID, ALICE, number.to_bytes(256, "big"), frozenset(), until)


def test_fed_19_a_signature_is_accepted_once_in_its_life() -> None:
    cache = ReplayCache()
    delivered = check(signed(a_request()))
    cache.admit(delivered, now=NOW)
    with pytest.raises(ReplayedSignatureError):
        cache.admit(check(signed(a_request())), now=NOW + HOUR)
    cache.admit(check(signed(a_request(), now=NOW + 1000)), now=NOW + 1000)


def test_fed_19_signatures_of_different_keys_do_not_meet() -> None:
    cache = ReplayCache()
    ours, theirs = a_signature(1), a_signature(1)
    members = {name: getattr(theirs, name) for name in theirs.__struct_fields__}
    cache.admit(ours, now=NOW)
    cache.admit(VerifiedSignature(**(members | {"key_id": "https://evil.example/key"})), now=NOW)


def test_fed_37_what_has_expired_is_forgotten() -> None:
    cache = ReplayCache()
    for number in range(10):
        cache.admit(a_signature(number, until=NOW + number), now=NOW)
    cache.admit(a_signature(99), now=NOW + 5)
    assert len(cache) == 6


def test_fed_37_a_full_cache_forgets_what_expires_first() -> None:
    cache = ReplayCache(max_entries=3)
    for number in range(10):
        cache.admit(a_signature(number, until=NOW + HOUR + number), now=NOW)
        assert len(cache) <= 3
    with pytest.raises(ReplayedSignatureError):
        cache.admit(a_signature(9), now=NOW)
    cache.admit(a_signature(0), now=NOW)
