"""Why a request's signature proves nothing. Engineers read these sentences."""

from __future__ import annotations

from federation.errors import (
    BadSignatureError,
    DigestError,
    MalformedSignatureError,
    MissingSignatureError,
    ReplayedSignatureError,
    StaleSignatureError,
    UncoveredError,
    WrongAlgorithmError,
    WrongAuthorityError,
)
from protocol.errors import Rule


class SignatureRule(Rule):
    """Why a request's signature proves nothing."""

    INVITATION_FIELD = (MalformedSignatureError, "The field %(field)s isn't the base64 of a JSON object.")
    NOT_SIGNED = (MissingSignatureError, "The request isn't signed.")
    ALGORITHM_OF_OTHER_KEY = (WrongAlgorithmError, "The signature names an algorithm that this key doesn't have.")
    NOT_BY_THIS_KEY = (BadSignatureError, "The signature isn't that of this key over this request.")
    UNKNOWN_ALGORITHM = (WrongAlgorithmError, "The algorithm is none of rsa-sha256, hs2019 and ed25519.")
    CREATED_WITHOUT_HS2019 = (MalformedSignatureError, "(created) and (expires) go with hs2019 only.")
    SEVERAL_FIELDS = (MalformedSignatureError, "The request has several Signature fields.")
    NO_PARAMETER_LIST = (MalformedSignatureError, "The Signature field isn't a list of quoted parameters.")
    ODD_PARAMETER = (MalformedSignatureError, "A parameter of the Signature field is missing, unknown or repeated.")
    FIELD_COVERED_TWICE = (MalformedSignatureError, "A covered field is named twice, or there are too many.")
    NOT_COVERED = (UncoveredError, "The signature doesn't cover %(missing)s.")
    NO_TIME_COVERED = (UncoveredError, "The signature covers no time.")
    TIME_NOT_GIVEN = (MalformedSignatureError, "The signature covers (%(name)s) without giving it in seconds.")
    NO_HTTP_DATE = (MalformedSignatureError, "The Date field isn't an HTTP date.")
    SIGNATURE_LENGTH = (MalformedSignatureError, "The signature has an impossible length.")
    NO_DATE = (MalformedSignatureError, "The Date field isn't a date.")
    SIGNATURE_NOT_BASE64 = (MalformedSignatureError, "The signature isn't base64.")
    FIELD_NOT_THERE = (MalformedSignatureError, "A covered field is missing, repeated or has no possible name.")
    DIGEST_TWICE = (DigestError, "The digest names %(name)s twice.")
    NO_SHA256 = (DigestError, "The digest has no SHA-256.")
    DIGEST_FORM = (DigestError, "The Digest field is malformed or names an algorithm twice.")
    CONTENT_DIGEST_FORM = (DigestError, "The Content-Digest field is malformed.")
    DIGEST_NOT_BYTES = (DigestError, "A digest isn't a byte sequence.")
    OTHER_BODY = (DigestError, "The body isn't the one that was signed.")
    DIGEST_NOT_BASE64 = (DigestError, "A digest isn't base64.")
    USED_BEFORE = (ReplayedSignatureError, "This signature was used before.")
    TWO_HOSTS = (MalformedSignatureError, "The request names two hosts.")
    OTHER_SERVER = (WrongAuthorityError, "The request is signed for another server.")
    OF_THE_FUTURE = (StaleSignatureError, "The signature was made in the future.")
    EXPIRED = (StaleSignatureError, "The signature has expired.")
    KEY_ID_NO_URL = (MalformedSignatureError, "The key id isn't a URL.")
    FOREIGN_CHARACTERS = (MalformedSignatureError, "The signed field %(name)s holds control or foreign characters.")
    NO_HOST = (WrongAuthorityError, "The request isn't addressed to a host.")
    NAMED_TWICE = (MalformedSignatureError, "The signature names %(name)s twice.")
    LABELS_DIFFER = (MalformedSignatureError, "Signature and Signature-Input don't have the same few labels.")
    KEY_UNDER_TWO_LABELS = (MalformedSignatureError, "One key signs under two labels.")
    FIELD_UNUSABLE = (MalformedSignatureError, "The field %(name)s is missing, too long or not ASCII.")
    NO_DICTIONARY = (MalformedSignatureError, "The field %(name)s isn't a structured dictionary.")
    NEITHER_ALGORITHM = (WrongAlgorithmError, "The algorithm is neither rsa-v1_5-sha256 nor ed25519.")
    NO_COMPONENTS = (MalformedSignatureError, "Signature-Input isn't a list of components.")
    COMPONENT_NAME = (MalformedSignatureError, "A covered component isn't a plain name.")
    COMPONENT_TWICE = (MalformedSignatureError, "A component is covered twice.")
    NO_CREATED_OR_KEYID = (MalformedSignatureError, "The signature lacks created or keyid.")
    SIGNATURE_NOT_BYTES = (MalformedSignatureError, "The signature isn't a byte sequence of possible length.")
    ODD_SIGNATURE_PARAMETER = (
        MalformedSignatureError,
        "A parameter of the signature is unknown or has the wrong type.",
    )
    TIME_OUT_OF_RANGE = (MalformedSignatureError, "A time of the signature is out of range.")
    COMPONENT_NOT_THERE = (MalformedSignatureError, "A covered component is unknown or not in the request.")
