"""RFC 9421 message signatures on requests, with the few components that a delivery needs and no others.

`http_sf` reads and writes the structured fields; the base is built from the parsed parameters. The library
`http-message-signatures` reads the clock itself, so it checks us in tests only.

Rules of this file (federation §1.3, §2.15 to §2.20):

1. Covered are @method and @target-uri (which holds the authority), and content-digest wherever there can be
   a body.
2. `created` and `keyid` are present; `nonce` and `tag` are ignored, other parameters refused.
3. `alg` is absent, rsa-v1_5-sha256 or ed25519, and goes with the kind of the key.
4. Components have no parameters (`;req`, `;sf`, `;key`, …), are known or a field that came, and occur once.
5. Several labels may sign one request (a proxy does), but not with one key; the reader picks a key.
"""

from typing import Any, Final, NoReturn

import http_sf

from federation.errors import (
    SignatureError,
)
from federation.rules.signatures import SignatureRule
from federation.signatures.digest import check_content_digest, content_digest_of
from federation.signatures.keys import KeyKind, SigningKey
from federation.signatures.plain_fields import read_plain, write_plain
from federation.signatures.request import (
    MAX_COVERED,
    MAX_FIELD_LENGTH,
    MAX_SIGNATURE_BYTES,
    SIGNED_IF_SENT,
    Fields,
    Policy,
    SignatureClaim,
    SignedRequest,
    check_authority,
    check_field_value,
    check_key_id,
    check_window,
    fields_of,
    is_field_name,
    needs_digest,
)

LABEL: Final = "sig1"
MAX_LABELS: Final = 4
MAX_SECONDS: Final = 10**12

ALGORITHM_OF: Final[dict[KeyKind, str]] = {"rsa": "rsa-v1_5-sha256", "ed25519": "ed25519"}
_KIND_OF: Final = {name: kind for kind, name in ALGORITHM_OF.items()}
_PARAMETER_TYPES: Final = {
    "created": int,
    "expires": int,
    "keyid": str,
    "alg": str,
    "nonce": str,
    "tag": str,
}
_BASE_COMPONENTS: Final = ("@method", "@target-uri", "@authority")


def read_claims(request: SignedRequest, fields: Fields, policy: Policy, *, now: int) -> tuple[SignatureClaim, ...]:
    """The claims of the request's acceptable signatures; refuses the request if there is none."""
    inputs = _parse_dictionary(fields, "signature-input")
    signatures = _parse_dictionary(fields, "signature")
    if inputs.keys() != signatures.keys() or not 0 < len(inputs) <= MAX_LABELS:
        raise SignatureRule.LABELS_DIFFER.error()
    key_ids = [str(member[1].get("keyid")) for member in inputs.values() if isinstance(member, tuple)]
    if len(set(key_ids)) != len(key_ids):
        raise SignatureRule.KEY_UNDER_TWO_LABELS.error()
    values = _derived_values(request, check_authority(request, fields, policy))
    claims: list[SignatureClaim] = []
    refusals: list[SignatureError] = []
    for label, member in inputs.items():
        try:
            claim = _read_claim(member, signatures[label], request, fields, values, now=now)
            check_key_id(claim.key_id, did_keys=policy.did_keys)
            claims.append(claim)
        except SignatureError as refusal:
            refusals.append(refusal)
    if not claims:
        raise refusals[0]
    return tuple(claims)


def fits_key(algorithm: str | None, kind: KeyKind) -> bool:
    """Whether a signature that names `algorithm` may be checked with a key of this kind."""
    return algorithm is None or algorithm == ALGORITHM_OF[kind]


def sign(request: SignedRequest, key: SigningKey, *, now: int, nonce: str = "") -> dict[str, str]:
    """The fields to add to `request`: Content-Digest if it has a body, Signature-Input and Signature.

    A `nonce` makes the signature unique, so that a server can accept it only once.
    """
    added: dict[str, str] = {}
    fields = fields_of(request)
    covered = [*_BASE_COMPONENTS, *(name for name in SIGNED_IF_SENT if name in fields)]
    if needs_digest(request):
        added["Content-Digest"] = content_digest_of(request.body)
        fields["content-digest"] = [added["Content-Digest"]]
        covered.append("content-digest")
    parameters = {"created": now // 1000, "keyid": key.key_id, "alg": ALGORITHM_OF[key.kind]}
    parameters |= {"nonce": nonce} if nonce else {}
    member: Any = ([(name, {}) for name in covered], parameters)
    values = _derived_values(request, request.authority)
    base = _signature_base(covered, member, values, fields)
    added["Signature-Input"] = http_sf.ser({LABEL: member})
    added["Signature"] = http_sf.ser({LABEL: key.sign(base)})
    return added


def accept_signature(kind: KeyKind = "ed25519") -> str:
    """The Accept-Signature field of a 401: what this pod wants to be covered (RFC 9421 §5)."""
    member: Any = (
        [(name, {}) for name in (*_BASE_COMPONENTS, "content-digest")],
        {"alg": ALGORITHM_OF[kind]},
    )
    return http_sf.ser({LABEL: member})


def _parse_dictionary(fields: Fields, name: str) -> dict[str, Any]:
    text = ", ".join(fields.get(name, ()))
    if not text or len(text) > MAX_FIELD_LENGTH or not text.isascii():
        raise SignatureRule.FIELD_UNUSABLE.error(name=name)
    if (plain := read_plain(text)) is not None:
        return plain
    try:
        parsed = http_sf.parse(text.encode("ascii"), tltype="dictionary", on_duplicate_key=_refuse_duplicate)
    except (ValueError, RecursionError) as error:
        raise SignatureRule.NO_DICTIONARY.error(name=name) from error
    if not isinstance(parsed, dict):
        raise SignatureRule.NO_DICTIONARY.error(name=name)
    return parsed


def _refuse_duplicate(name: str, _context: str) -> NoReturn:
    raise SignatureRule.NAMED_TWICE.error(name=name)


def _read_claim(
    member: Any, signature: Any, request: SignedRequest, fields: Fields, values: dict[str, str], *, now: int
) -> SignatureClaim:
    covered, parameters = _read_input(member)
    needed = {"@method", "@target-uri", *(["content-digest"] if needs_digest(request) else [])}
    if missing := needed.difference(covered):
        raise SignatureRule.NOT_COVERED.error(missing=", ".join(sorted(missing)))
    algorithm = parameters.get("alg")
    if algorithm is not None and algorithm not in _KIND_OF:
        raise SignatureRule.NEITHER_ALGORITHM.error()
    base = _signature_base(covered, member, values, fields)
    if "content-digest" in covered:
        check_content_digest(", ".join(fields["content-digest"]), request.body)
    expires = parameters.get("expires")
    return SignatureClaim(
        scheme="rfc9421",
        key_id=parameters["keyid"],
        algorithm=algorithm,
        signature=_read_signature(signature),
        bases=(base,),
        covered=frozenset(covered),
        until=check_window(parameters["created"] * 1000, None if expires is None else expires * 1000, now),
    )


def _read_input(member: Any) -> tuple[list[str], dict[str, Any]]:
    """The covered components and the parameters of one label, strictly typed."""
    if not isinstance(member, tuple) or not isinstance(member[0], list):
        raise SignatureRule.NO_COMPONENTS.error()
    items, parameters = member
    if len(items) > MAX_COVERED or any(type(item[0]) is not str or item[1] for item in items):
        raise SignatureRule.COMPONENT_NAME.error()
    covered = [item[0] for item in items]
    if len(set(covered)) != len(covered):
        raise SignatureRule.COMPONENT_TWICE.error()
    for name, value in parameters.items():
        if type(value) is not _PARAMETER_TYPES.get(name):
            raise SignatureRule.ODD_SIGNATURE_PARAMETER.error()
        if type(value) is int and not 0 <= value <= MAX_SECONDS:
            raise SignatureRule.TIME_OUT_OF_RANGE.error()
    if "created" not in parameters or "keyid" not in parameters:
        raise SignatureRule.NO_CREATED_OR_KEYID.error()
    return covered, parameters


def _read_signature(signature: Any) -> bytes:
    value = signature[0] if isinstance(signature, tuple) else None
    if not isinstance(value, bytes) or not 0 < len(value) <= MAX_SIGNATURE_BYTES:
        raise SignatureRule.SIGNATURE_NOT_BYTES.error()
    return value


def _derived_values(request: SignedRequest, authority: str) -> dict[str, str]:
    """The supported derived components of RFC 9421 §2.2, without @query-param and @status."""
    path, question_mark, query = request.target.partition("?")
    return {
        "@method": request.method,
        "@target-uri": f"{request.scheme}://{authority}{request.target}",
        "@authority": authority,
        "@scheme": request.scheme,
        "@request-target": request.target,
        "@path": path or "/",
        "@query": f"?{query}" if question_mark else "?",
    }


def _signature_base(covered: list[str], member: Any, values: dict[str, str], fields: Fields) -> bytes:
    """RFC 9421 §2.5; the last line repeats the parameters in their only serialisation."""
    lines = []
    for name in covered:
        value = values.get(name)
        if value is None:
            if name not in fields or not is_field_name(name):
                raise SignatureRule.COMPONENT_NOT_THERE.error()
            value = ", ".join(fields[name])
        lines.append(f'"{name}": {check_field_value(name, value)}')
    lines.append(f'"@signature-params": {write_plain(covered, member[1])}')
    return "\n".join(lines).encode("ascii")
