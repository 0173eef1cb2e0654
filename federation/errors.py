"""What can go wrong between two servers: a refusal has a code, a missing answer may be tried again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from federation.rules.answers import RemoteFault
from protocol.errors import ENGLISH, Fact, RefusedError

NO_FACTS: Final[Mapping[str, Fact]] = {}


class Sentences(msgspec.Struct, frozen=True):
    """What happened, in English and Swedish: kept until somebody reads it, who may read either."""

    en: str
    sv: str

    def told(self, language: str) -> str:
        """The sentence in a language."""
        return self.en if language == ENGLISH else self.sv


class RemoteError(Exception):
    """Another server didn't do what this pod asked; `retry`: whether asking again later may help.

    `fault` and `facts` say what went wrong; `told` makes a sentence of them. `status`: the HTTP status, None without a
    usable answer. `retry_after_seconds`: the server's own wish, without our limit. `accept_signature`: its
    Accept-Signature field (RFC 9421 §5). `body`: the refusal's body, if the caller asked for it. `because` becomes the
    fact `why`, in the language of the sentence.
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
        because: RemoteError | RefusedError | None = None,
    ) -> None:
        self.fault = fault
        self.facts = facts
        self.because = because
        self.status = status
        super().__init__(self.told(ENGLISH))
        self.retry = retry
        self.retry_after_seconds = retry_after_seconds
        self.accept_signature = accept_signature
        self.body = body

    def told(self, language: str) -> str:
        """What happened, as a sentence for people."""
        why = sentences_of(self.because).told(language) if self.because is not None else ""
        return self.fault.told(language, {**self.facts, "status": self.status or 0, "why": why})


def sentences_of(error: RemoteError | RefusedError) -> Sentences:
    """What an error says; in English with the detail that a rule has for engineers."""
    told = error.told if isinstance(error, RemoteError) else error.refused.told
    return Sentences(str(error), told("sv"))


class BusyError(RefusedError):
    """The asker already uses its whole share of the pod's memory, look-ups or connections; or all is in use."""

    code = "busy"
    status = 503
    en = "This pod has much to do now. Wait some seconds, then send it once more."
    sv = "Servern har mycket att göra just nu. Vänta några sekunder och skicka sedan en gång till."


class UnsafeAddressError(RefusedError):
    """A URL, host or address that the pod never contacts: not https, not public, or deceptive."""

    code = "unsafe_address"
    en = "This pod never contacts such an address."
    sv = "En sådan adress kontaktar servern aldrig."


class HostBlockedError(RefusedError):
    """A server with which this pod has nothing to do, because those who run it blocked it."""

    code = "host_blocked"
    status = 403
    en = "Those who run this pod have blocked that server."
    sv = "De som sköter den här servern har blockerat den andra servern."


class MalformedDocumentError(RefusedError):
    """A document that no honest server sends, or that reads differently to different parsers."""

    code = "malformed_document"
    en = "Another server's answer can't be read."
    sv = "Svaret från en annan server går inte att läsa."


class UnsuitableKeyError(RefusedError):
    """A public key that the pod doesn't verify with: too short, too long, a bad exponent or another kind."""

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
    """An HTTP signature isn't accepted; each subclass is a reason with its own code."""

    code = "signature_refused"
    status = 401
    en = "The request's signature doesn't hold."
    sv = "Underskriften på förfrågan håller inte."


class MissingSignatureError(SignatureError):
    """The request carries no signature."""

    code = "signature_missing"


class MalformedSignatureError(SignatureError):
    """The signature's fields break their standard, or name something twice."""

    code = "signature_malformed"


class UncoveredError(SignatureError):
    """The signature doesn't cover a part of the request that it must cover."""

    code = "signature_incomplete"


class DigestError(SignatureError):
    """The body doesn't match the covered digest, or the digest isn't SHA-256."""

    code = "digest_mismatch"


class StaleSignatureError(SignatureError):
    """The signature was made too long ago, in the future, or has expired."""

    code = "signature_stale"


class WrongAuthorityError(SignatureError):
    """The request was signed for another server."""

    code = "wrong_authority"


class WrongAlgorithmError(SignatureError):
    """The named algorithm doesn't fit the key, or this pod never uses it."""

    code = "signature_algorithm"


class BadSignatureError(SignatureError):
    """The signature was not made by this key over this request."""

    code = "signature_invalid"


class ReplayedSignatureError(SignatureError):
    """The same signature was used before and is still valid."""

    code = "signature_replayed"


class ForeignFileError(RefusedError):
    """A file of other software, or one row of it, isn't taken; the rule says why."""

    code = "foreign_file"
    en = "This file, or a row of it, can't be taken."
    sv = "Filen, eller en rad i den, går inte att ta emot."
