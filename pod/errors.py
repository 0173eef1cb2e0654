"""The pod's own refusals, and the only map from refusals to HTTP (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from protocol.errors import RefusedError
from protocol.keeping import Refusal


class UnknownGroupError(RefusedError):
    """The pod doesn't hold the group, or doesn't say so to this asker."""

    code = "unknown_group"


class NotFoundError(RefusedError):
    """There is no such thing here."""

    code = "not_found"


class UnauthorizedError(RefusedError):
    """The request carries no token or signature that this pod accepts."""

    code = "unauthorized"


class SignInError(UnauthorizedError):
    """The page is for people who are signed in."""

    code = "sign_in"


class ForgedFormError(RefusedError):
    """A form that this pod didn't hand to this browser."""

    code = "forged_form"


class NotAdminError(RefusedError):
    """The page is for those who run the pod."""

    code = "not_admin"


class TooManyTriesError(RefusedError):
    """More tries than a person needs in so short a time; another is taken after `seconds`."""

    code = "too_many_tries"
    seconds: int = 60

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many tries; wait {seconds} seconds.")
        self.seconds = seconds


class GoneError(RefusedError):
    """A link that was good once: it was used, or it is too old."""

    code = "gone"


class BadCodeError(RefusedError):
    """A code that isn't the one."""

    code = "bad_code"


class DeadCodeError(RefusedError):
    """There is no code that could be typed any more: it is too old, was used, or was mistyped too often."""

    code = "dead_code"


class RegistrationClosedError(RefusedError):
    """The pod opens no accounts now."""

    code = "registration_closed"


class BadInviteError(RefusedError):
    """An invitation that lets nobody in: unknown, used up, too old or taken back."""

    code = "bad_invite"


class MailTakenError(RefusedError):
    """Another account here has this mail address."""

    code = "mail_taken"


class ConfirmFirstError(RefusedError):
    """What is wished for needs a fresh proof of who asks; a form that is refused so is found again on page `back`."""

    code = "confirm_first"
    back: str = "/settings"

    def __init__(self, back: str) -> None:
        super().__init__("For this, prove first that it is you.")
        self.back = back


class BadPasskeyError(RefusedError):
    """A passkey that this pod doesn't know, or an answer of one that doesn't hold."""

    code = "bad_passkey"


class NotMemberError(RefusedError):
    """The account is not a (settled) member of the group."""

    code = "not_member"


class MovingError(RefusedError):
    """The membership is on its way to this pod, or to its new key; until then nothing is signed for it."""

    code = "moving"


class NotKeeperError(RefusedError):
    """The asker's pod holds no seat in this group."""

    code = "not_keeper"


class NotStewardError(RefusedError):
    """A promise that isn't the steward's."""

    code = "not_steward"


class StaleEditError(RefusedError):
    """What was to be edited has another version that its editor hasn't seen."""

    code = "stale_edit"


class NameTakenError(RefusedError):
    """The account name is taken or isn't a name."""

    code = "name_taken"


STATUS: dict[str, HTTPStatus] = {
    "unknown_group": HTTPStatus.NOT_FOUND,
    "not_found": HTTPStatus.NOT_FOUND,
    "unauthorized": HTTPStatus.UNAUTHORIZED,
    "sign_in": HTTPStatus.UNAUTHORIZED,
    "forged_form": HTTPStatus.FORBIDDEN,
    "not_admin": HTTPStatus.FORBIDDEN,
    "too_many_tries": HTTPStatus.TOO_MANY_REQUESTS,
    "not_member": HTTPStatus.FORBIDDEN,
    "moving": HTTPStatus.CONFLICT,
    "not_keeper": HTTPStatus.FORBIDDEN,
    "not_steward": HTTPStatus.FORBIDDEN,
    "not_confirmed": HTTPStatus.CONFLICT,
    "may_not_write": HTTPStatus.FORBIDDEN,
    "name_taken": HTTPStatus.CONFLICT,
    "stale_edit": HTTPStatus.CONFLICT,
    "void_operation": HTTPStatus.CONFLICT,
    "broken_item": HTTPStatus.CONFLICT,
    "below_anchor": HTTPStatus.CONFLICT,
    "unknown_parent": HTTPStatus.CONFLICT,
    "mail_not_sent": HTTPStatus.BAD_GATEWAY,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "gone": HTTPStatus.GONE,
    "registration_closed": HTTPStatus.FORBIDDEN,
    "mail_taken": HTTPStatus.CONFLICT,
    "confirm_first": HTTPStatus.FORBIDDEN,
    "bad_passkey": HTTPStatus.BAD_REQUEST,
}
SIGNATURE_CODES = ("signature", "digest", "stale", "replay", "authority", "algorithm", "uncovered", "key")


def status_of(refusal: RefusedError) -> HTTPStatus:
    """The status of a refusal: 401 for signatures, 400 where nothing else is said."""
    if refusal.code in STATUS:
        return STATUS[refusal.code]
    if any(word in refusal.code for word in SIGNATURE_CODES):
        return HTTPStatus.UNAUTHORIZED
    return HTTPStatus.BAD_REQUEST


def headers_of(refusal: RefusedError) -> dict[str, str]:
    """What the answer to a refusal says in its head."""
    return {"Retry-After": str(refusal.seconds)} if isinstance(refusal, TooManyTriesError) else {}


def problem(refusal: RefusedError) -> dict[str, Any]:
    """The problem document of a refusal; a keeper's also names what its seat is bound to, so that others do better."""
    status = status_of(refusal)
    document: dict[str, Any] = {
        "type": f"urn:althing:problem:{refusal.code}",
        "title": status.phrase,
        "status": status.value,
        "detail": str(refusal),
        "code": refusal.code,
    }
    if isinstance(refusal, Refusal):
        document["highest_term"] = refusal.memory.highest_term
        if last := refusal.memory.last:
            document["last"] = {"item": last.item, "height": last.height, "term": last.term}
    return document
