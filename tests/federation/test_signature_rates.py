"""How many signatures a core makes and checks, beside the bare primitive in the same run: `dev.py bench`."""

from collections.abc import Callable
from timeit import repeat
from typing import Any

import pytest

from federation.signatures import Policy, Scheme, SignedRequest, read_claims, sign, verify_claim
from federation.signatures.keys import verify_with
from tests.support.wire import HOST, NOW, a_request, ed25519_keys, rsa_keys, signed

BODY = b'{"content":"' + b"x" * 1500 + b'"}'
# A whole inbox is to take 1,500 deliveries a second under draft-cavage and 600 under RFC 9421, so the signature
# alone may take a third of that time at most, whatever else the machine does.
AT_LEAST = {"cavage": 4_500, "rfc9421": 1_800}


def rate(work: Callable[[], Any], times: int = 500) -> float:
    """Runs a second, of the best of three tries."""
    return times / min(repeat(work, number=times, repeat=3))


@pytest.mark.bench
@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
@pytest.mark.parametrize("keys", [rsa_keys, ed25519_keys], ids=["RSA-2048", "Ed25519"])
def test_signatures_per_second(scheme: Scheme, keys: Callable[[], Any]) -> None:
    private, public = keys()
    fields = {"User-Agent": "Mastodon/4.7", "Accept": "*/*", "Content-Length": str(len(BODY)), "Via": "1.1 proxy"}
    request = a_request(body=BODY, headers=fields)
    came: SignedRequest = signed(request, private, scheme=scheme)
    policy = Policy(frozenset({HOST}))
    (claim,) = read_claims(came, policy, now=NOW)

    def verify() -> None:
        verify_claim(read_claims(came, policy, now=NOW)[0], public)

    rates = {
        "sign": rate(lambda: sign(request, private, scheme=scheme, now=NOW)),
        "bare sign": rate(lambda: private.sign(claim.bases[0])),
        "verify": rate(verify),
        "bare verify": rate(lambda: verify_with(public, claim.bases[0], claim.signature)),
    }
    print(f"\n{scheme} {private.kind}: " + ", ".join(f"{name} {value:,.0f}/s" for name, value in rates.items()))
    assert rates["verify"] > AT_LEAST[scheme]
