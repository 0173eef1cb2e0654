"""draft-cavage-http-signatures-12 as the fediverse speaks it, read far more strictly than its library does.

`httpsig` lends its string functions only, for what we sign; what is received is read here in a fraction of their time.
Its verifier takes the algorithm from the attacker's header and must never see a request. Here the key decides, and
`cryptography` does every signature.

Rules of this file (federation §1.3, §2.15 to §2.18, §2.21):

1. One Signature field of ASCII, each parameter once, and none but keyId, algorithm, headers, signature,
   created and expires.
2. Covered are (request-target), host, date or (created), and digest wherever there can be a body. Hosts on
   the policy's list may leave out (request-target) when they cover the digest.
3. A covered field occurs once in the request; a covered name occurs once in `headers`.
4. `algorithm` is absent, hs2019, rsa-sha256 or ed25519; the last two go with their kind of key only.
5. (created) and (expires) are of hs2019; with another algorithm named they are refused.
6. A GET may have been signed without its query, as old Mastodon did: that is tried second.
"""

import re
import warnings
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache
from typing import Final

from federation.addresses import host_of
from federation.errors import UnsafeAddressError
from federation.rules.signatures import SignatureRule
from federation.signatures.digest import check_digest, digest_of
from federation.signatures.keys import KeyKind, SigningKey
from federation.signatures.request import (
    BODYLESS,
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

with warnings.catch_warnings():
    # The library asks setuptools for its version, which causes a warning on import.
    warnings.simplefilter("ignore", UserWarning)
    from httpsig.utils import build_signature_template, generate_message

_PARAMETER: Final = re.compile(r'([A-Za-z]+)=("[^"\\]*"|[0-9]{1,12})(?:[ \t]*,[ \t]*(?=[A-Za-z])|\Z)')
_KNOWN: Final = frozenset({"keyId", "algorithm", "headers", "signature", "created", "expires"})
_NAMED: Final = {f",{blank}{name}=": name for name in _KNOWN for blank in ("", " ")}
_REQUIRED: Final = frozenset({"keyId", "headers", "signature"})
_SECONDS: Final = re.compile(r"[0-9]{1,12}")
_TARGET: Final = "(request-target)"
_TIMES: Final = frozenset({"(created)", "(expires)"})
_ALGORITHMS: Final[dict[str | None, frozenset[KeyKind]]] = {
    None: frozenset({"rsa", "ed25519"}),
    "hs2019": frozenset({"rsa", "ed25519"}),
    "rsa-sha256": frozenset({"rsa"}),
    "ed25519": frozenset({"ed25519"}),
}
_UNQUOTABLE: Final = re.compile(r'[^\x21-\x7e]|["\\]')

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) "
    rf"({'|'.join(_MONTHS)}) ([0-9]{{4}}) ([0-9]{{2}}):([0-9]{{2}}):([0-9]{{2}}) GMT"
)


def read_claim(request: SignedRequest, fields: Fields, policy: Policy, *, now: int) -> SignatureClaim:
    """The claim in the request's Signature field; refuses everything that can be refused without a key."""
    parameters = _read_parameters(fields)
    covered = _read_covered(parameters["headers"])
    _check_coverage(covered, request, policy, parameters["keyId"])
    algorithm = parameters.get("algorithm")
    if algorithm not in _ALGORITHMS:
        raise SignatureRule.UNKNOWN_ALGORITHM.error()
    if algorithm not in {None, "hs2019"} and not _TIMES.isdisjoint(covered):
        raise SignatureRule.CREATED_WITHOUT_HS2019.error()
    check_authority(request, fields, policy)
    values = _covered_values(covered, parameters, fields)
    if "digest" in covered:
        check_digest(values["digest"], request.body)
    return SignatureClaim(
        scheme="cavage",
        key_id=check_key_id(parameters["keyId"]),
        algorithm=algorithm,
        signature=_decode(parameters["signature"]),
        bases=_signing_strings(covered, values, request),
        covered=frozenset(covered),
        until=_check_times(values, now),
    )


def fits_key(algorithm: str | None, kind: KeyKind) -> bool:
    """Whether a signature that names `algorithm` may be checked with a key of this kind."""
    return kind in _ALGORITHMS[algorithm]


def sign(request: SignedRequest, key: SigningKey, *, now: int) -> dict[str, str]:
    """The fields to add to `request`: Date, Digest if it has a body, and Signature."""
    if _UNQUOTABLE.search(key.key_id):
        raise ValueError(f"The key id can't stand in a header: {key.key_id!r}")
    added = {"Date": _date_of(now // 1000)}
    covered = [_TARGET, "host", "date"]
    if needs_digest(request):
        added["Digest"] = digest_of(request.body)
        covered.append("digest")
    values = {name: lines[0] for name, lines in fields_of(request).items()}
    covered += [name for name in SIGNED_IF_SENT if name in values]
    base = generate_message(
        covered, {**values, **added}, host=request.authority, method=request.method, path=request.target
    )
    algorithm = "rsa-sha256" if key.kind == "rsa" else "hs2019"
    # The library inserts the signature with %, so a percent sign in the id must be doubled.
    template = build_signature_template(key.key_id.replace("%", "%%"), algorithm, covered, sign_header="signature")
    added["Signature"] = template % b64encode(key.sign(base)).decode("ascii")
    return added


@lru_cache(maxsize=8)
def _date_of(seconds: int) -> str:
    # Delivery to many hosts signs hundreds of requests a second.
    return formatdate(seconds, usegmt=True)


def _read_parameters(fields: Fields) -> dict[str, str]:
    """The parameters of the one Signature field. The library's parser is too lenient, and slow."""
    lines = fields.get("signature", [])
    if len(lines) != 1:
        raise SignatureRule.SEVERAL_FIELDS.error()
    field = lines[0]
    if len(field) > MAX_FIELD_LENGTH or not field.isascii():
        raise SignatureRule.NO_PARAMETER_LIST.error()
    parameters = _read_quoted(field) or _read_list(field)
    if not _REQUIRED.issubset(parameters):
        raise SignatureRule.ODD_PARAMETER.error()
    return parameters


def _read_quoted(field: str) -> dict[str, str]:
    """The parameters where each is quoted and known, as nearly everybody writes them; of others nothing is said."""
    parts = f",{field}".split('"')
    names, values = parts[:-1:2], parts[1::2]
    closed = len(names) == len(values) and len(parts) % 2 and not parts[-1]
    if not closed or "\\" in field or field.startswith(" "):
        return {}
    parameters = {_NAMED.get(name, ""): value for name, value in zip(names, values, strict=True)}
    return {} if "" in parameters or len(parameters) != len(names) else parameters


def _read_list(field: str) -> dict[str, str]:
    parameters, count, end = {}, 0, 0
    while end < len(field) or not count:
        one = _PARAMETER.match(field, end)
        if one is None:
            raise SignatureRule.NO_PARAMETER_LIST.error()
        parameters[one[1]], count, end = one[2].strip('"'), count + 1, one.end()
    if len(parameters) != count or not _KNOWN.issuperset(parameters):
        raise SignatureRule.ODD_PARAMETER.error()
    return parameters


def _read_covered(headers: str) -> list[str]:
    covered = headers.lower().split(" ")
    if len(covered) > MAX_COVERED or len(set(covered)) != len(covered):
        raise SignatureRule.FIELD_COVERED_TWICE.error()
    return covered


def _check_coverage(covered: list[str], request: SignedRequest, policy: Policy, key_id: str) -> None:
    needed = {"host"}
    if needs_digest(request):
        needed.add("digest")
    if not ("digest" in covered and _may_omit_target(policy, key_id)):
        needed.add(_TARGET)
    if missing := needed.difference(covered):
        raise SignatureRule.NOT_COVERED.error(missing=", ".join(sorted(missing)))
    if "date" not in covered and "(created)" not in covered:
        raise SignatureRule.NO_TIME_COVERED.error()


def _may_omit_target(policy: Policy, key_id: str) -> bool:
    if not policy.target_optional_for:
        return False
    try:
        return host_of(key_id) in policy.target_optional_for
    except UnsafeAddressError:
        return False


def _covered_values(covered: list[str], parameters: dict[str, str], fields: Fields) -> dict[str, str]:
    values: dict[str, str] = {}
    for name in covered:
        if name in _TIMES:
            values[name] = _seconds_of(parameters, name.strip("()"))
        elif name not in {_TARGET, "host"}:
            lines = fields.get(name, [])
            if len(lines) != 1 or not is_field_name(name):
                raise SignatureRule.FIELD_NOT_THERE.error()
            values[name] = check_field_value(name, lines[0])
    return values


def _seconds_of(parameters: dict[str, str], name: str) -> str:
    seconds = parameters.get(name, "")
    if not _SECONDS.fullmatch(seconds):
        raise SignatureRule.TIME_NOT_GIVEN.error(name=name)
    return seconds


def _signing_strings(covered: list[str], values: dict[str, str], request: SignedRequest) -> tuple[bytes, ...]:
    check_field_value(_TARGET, f"{request.method}{request.target}{request.authority}")
    path, question_mark, _ = request.target.partition("?")
    targets = [request.target]
    if question_mark and request.method in BODYLESS:
        targets.append(path)
    return tuple([_signing_string(covered, values, request, target) for target in targets])


def _signing_string(covered: list[str], values: dict[str, str], request: SignedRequest, target: str) -> bytes:
    """As the library generates it, in a fifth of its time."""
    derived = {_TARGET: f"{request.method.lower()} {target}", "host": request.authority}
    return "\n".join([f"{name}: {derived.get(name) or values[name]}" for name in covered]).encode("ascii")


def _check_times(values: dict[str, str], now: int) -> int:
    """Check that every covered time is in the window; returns when the first of them ends."""
    expires_at = int(values["(expires)"]) * 1000 if "(expires)" in values else None
    made_at = []
    if "(created)" in values:
        made_at.append(int(values["(created)"]) * 1000)
    if "date" in values:
        made_at.append(_read_date(values["date"]))
    return min(check_window(at, expires_at, now) for at in made_at)


@lru_cache(maxsize=64)
def _read_date(text: str) -> int:
    """Milliseconds of an IMF-fixdate (RFC 9110 §5.6.7), the one form that is sent."""
    matched = _DATE.fullmatch(text)
    if matched is None:
        raise SignatureRule.NO_HTTP_DATE.error()
    day, month, year, hour, minute, second = matched.groups()
    try:
        at = datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError as error:
        raise SignatureRule.NO_DATE.error() from error
    return int(at.timestamp()) * 1000


def _decode(encoded: str) -> bytes:
    try:
        signature = a2b_base64(encoded, strict_mode=True)
    except (Base64Error, ValueError) as error:
        raise SignatureRule.SIGNATURE_NOT_BASE64.error() from error
    if not 0 < len(signature) <= MAX_SIGNATURE_BYTES:
        raise SignatureRule.SIGNATURE_LENGTH.error()
    return signature
