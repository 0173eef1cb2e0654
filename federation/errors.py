"""What can go wrong between two servers: a refusal has a code, a missing answer may be tried again."""

from collections.abc import Mapping
from typing import Final

from federation.rules.answers import RemoteFault
from protocol.errors import ENGLISH, Fact, RefusedError

NO_FACTS: Final[Mapping[str, Fact]] = {}


class RemoteError(Exception):
    """Another server did not do what we asked; `retry` says whether asking again later may help.

    `fault` and `facts` say in which way: `told` makes a sentence of them. `status` is the HTTP status, None when there
    was no usable answer. `retry_after_seconds` is the server's own wish, not yet capped. `accept_signature` is its
    Accept-Signature field (RFC 9421 §5). `body` is what a refusal said, where the asker wanted to hear it.
    """

    def __init__(
        self,
        fault: RemoteFault,
        *,
        retry: bool,
        status: int | None = None,
        retry_after_seconds: int | None = None,
        accept_signature: str | None = None,
        body: bytes = b"",
        facts: Mapping[str, Fact] = NO_FACTS,
    ) -> None:
        self.fault = fault
        self.facts = facts
        self.status = status
        super().__init__(self.told(ENGLISH))
        self.retry = retry
        self.retry_after_seconds = retry_after_seconds
        self.accept_signature = accept_signature
        self.body = body

    def told(self, language: str) -> str:
        """What happened, for people."""
        return self.fault.told(language, {**self.facts, "status": self.status or 0})


class BusyError(RefusedError):
    """The asker uses its whole share of this pod's memory, look-ups or connections, or all askers use the whole."""

    code = "busy"
    status = 503
    en = "This pod has much to do now. Wait some seconds, then send it once more."
    sv = "Servern har mycket att göra just nu. Vänta några sekunder och skicka sedan en gång till."


class UnsafeAddressError(RefusedError):
    """A URL, host or address that this pod never contacts: not https, not public, or written to deceive."""

    code = "unsafe_address"
    en = "This pod never contacts such an address."
    sv = "En sådan adress kontaktar servern aldrig."


class MalformedDocumentError(RefusedError):
    """A document that no honest server sends, or that reads differently to different parsers."""

    code = "malformed_document"
    en = "Another server's answer can't be read."
    sv = "Svaret från en annan server går inte att läsa."


class UnsuitableKeyError(RefusedError):
    """A public key that we don't verify with: too short or too long, a strange exponent, another kind."""

    code = "unsuitable_key"
    status = 401
    en = "The other server's key is of a kind that this pod doesn't use."
    sv = "Den andra serverns nyckel är av ett slag som servern inte använder."


class KeyOwnerError(RefusedError):
    """A key document that names another key or another owner than the one asked for."""

    code = "wrong_key_owner"
    status = 401
    en = "The key belongs to somebody else than the one who speaks."
    sv = "Nyckeln tillhör någon annan än den som talar."


class SignatureError(RefusedError):
    """An HTTP signature that proves nothing to us; each reason below has a code of its own."""

    code = "signature_refused"
    status = 401
    en = "The request's signature doesn't hold."
    sv = "Underskriften på förfrågan håller inte."


class MissingSignatureError(SignatureError):
    """The request carries no signature."""

    code = "signature_missing"


class MalformedSignatureError(SignatureError):
    """The signature's fields are not written as their standard demands, or name something twice."""

    code = "signature_malformed"


class UncoveredError(SignatureError):
    """The signature leaves out a part of the request that it has to cover."""

    code = "signature_incomplete"


class DigestError(SignatureError):
    """The body is not the one that the covered digest names, or the digest has no SHA-256."""

    code = "digest_mismatch"


class StaleSignatureError(SignatureError):
    """The signature was made too long ago, in the future, or has expired."""

    code = "signature_stale"


class WrongAuthorityError(SignatureError):
    """The request was signed for another server."""

    code = "wrong_authority"


class WrongAlgorithmError(SignatureError):
    """The signature names an algorithm that does not go with the key, or one that we never use."""

    code = "signature_algorithm"


class BadSignatureError(SignatureError):
    """The signature was not made by this key over this request."""

    code = "signature_invalid"


class ReplayedSignatureError(SignatureError):
    """The same signature was seen before within its life."""

    code = "signature_replayed"
