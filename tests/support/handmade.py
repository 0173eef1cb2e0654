"""Signatures made by hand, so that a test can leave out, repeat or spoil what an honest signer never would."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final

import http_sf

from federation.signatures import (
    Policy,
    SignedRequest,
    VerificationKey,
    VerifiedSignature,
    read_claims,
    verify_claim,
)
from federation.signatures.digest import content_digest_of, digest_of
from tests.support.wire import (
    HOST,
    NOW,
    POLICY,
    RSA_ID,
    a_request,
    changed,
    http_date,
    rsa_keys,
    signed,
    with_fields,
)

SECONDS: Final = NOW // 1000
OLD_COVERED: Final = "(request-target) host date digest"
NEW_COVERED: Final = ("@method", "@target-uri", "@authority", "content-digest")


def check(
    request: SignedRequest, key: VerificationKey | None = None, *, now: int = NOW, policy: Policy = POLICY
) -> VerifiedSignature:
    """Read and verify the first signature, alice's RSA key being the usual one."""
    claim, *_ = read_claims(request, policy, now=now)
    return verify_claim(claim, key or rsa_keys()[1])


def sign_cavage(covered: str = OLD_COVERED, request: SignedRequest | None = None, **parameters: str) -> SignedRequest:
    """A request under draft-cavage that covers these names in this order, at NOW; empty parameters are left out."""
    request = request or a_request()
    fields = {"date": http_date(NOW), "digest": digest_of(request.body)}
    fields |= {name.lower(): value for name, value in request.headers}
    times = {f"({name})": value for name, value in parameters.items()}
    derived = {"(request-target)": f"{request.method.lower()} {request.target}"} | times
    base = "\n".join(f"{name}: {(derived | fields).get(name, '')}" for name in covered.split(" "))
    written = {"keyId": RSA_ID, "algorithm": "hs2019", **parameters, "headers": covered}
    written["signature"] = b64encode(rsa_keys()[0].sign(base.encode())).decode()
    field = ",".join(f'{name}="{value}"' for name, value in written.items() if value)
    return changed(request, headers=tuple((fields | {"Signature": field}).items()))


def spoil_cavage(spoil: Callable[[str], str]) -> SignedRequest:
    """A sound delivery whose Signature field was changed afterwards."""
    request = signed(a_request())
    return with_fields(request, {"Signature": spoil(dict(request.headers)["Signature"])}, drop="signature")


def sign_rfc9421(covered: tuple[Any, ...] = NEW_COVERED, **parameters: Any) -> SignedRequest:
    """A delivery under RFC 9421 at NOW; a component may be (name, parameters), a None parameter is left out."""
    request = with_fields(a_request(), {"Content-Digest": content_digest_of(a_request().body)})
    items = [name if isinstance(name, tuple) else (name, {}) for name in covered]
    told = {"created": SECONDS, "keyid": RSA_ID, "alg": "rsa-v1_5-sha256"} | parameters
    member: Any = (items, {name: value for name, value in told.items() if value is not None})
    values = {name.lower(): value for name, value in request.headers}
    values |= {"@method": "POST", "@authority": HOST, "@target-uri": f"https://{HOST}{request.target}"}
    values["@path"] = request.target
    lines = [f"{http_sf.ser(item)}: {values.get(item[0], 'x')}" for item in items]
    lines.append(f'"@signature-params": {http_sf.ser({"sig1": member}).removeprefix("sig1=")}')
    signature = rsa_keys()[0].sign("\n".join(lines).encode())
    written = {"Signature-Input": http_sf.ser({"sig1": member}), "Signature": http_sf.ser({"sig1": signature})}
    return with_fields(request, written)
