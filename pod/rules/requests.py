"""Rules for every request and form, independent of what it asks for."""

from __future__ import annotations

from federation.errors import MalformedDocumentError
from pod.errors import (
    BeingDoneError,
    EncodedBodyError,
    ForgedFormError,
    NotFoundError,
    ShareSpentError,
    SlowBodyError,
    UnauthorizedError,
)
from protocol.errors import MalformedError, Rule, TooLargeError


class RequestRule(Rule):
    """Rules for every request and form, independent of what it asks for."""

    NUMBER_NEEDED = (MalformedError, "“%(name)s” must be a number.", "“%(name)s” måste vara ett tal.")
    PLACE_NEEDED = (
        MalformedError,
        "“%(name)s” must say where a page ends: a number, or what the page before gave.",
        "“%(name)s” måste säga var en sida slutar: ett tal, eller det som sidan före gav.",
    )
    NO_NODEINFO = (NotFoundError, "There is no NodeInfo of that version here.")
    BODY_IS_OBJECT = (MalformedError, "The body must be a JSON object.")
    BODY_WITH_PROOF = (MalformedError, "The body must not have a `proof`: the pod signs.")
    ODD_BODY = (MalformedError, "%(of)s isn't what this route takes: %(why)s.")
    BODY_TOO_LONG = (TooLargeError, "The body is longer than this pod reads.")
    BODY_BROKEN = (MalformedDocumentError, "The body breaks off or isn't in the encoding that it names.")
    NOTHING_HERE = (NotFoundError, "There is nothing at this address.", "Det finns inget på den här adressen.")
    TOO_MANY_GROUPS = (MalformedError, "At most %(most)s groups at once.", "Högst %(most)s grupper på en gång.")
    LINE_FORM = (
        MalformedError,
        "Line %(line)s of the groups must be: id, pod, and of a private one a number.",
        "Rad %(line)s av grupperna ska vara: id, server och, för en privat grupp, ett nummer.",
    )
    LINE_WITHOUT_ID = (
        MalformedError,
        "Line %(line)s of the groups doesn't begin with a group's id.",
        "Rad %(line)s av grupperna börjar inte med en grupps id.",
    )
    FORM_UNREADABLE = (MalformedError, "The form can't be read.", "Formuläret går inte att läsa.")
    FORM_LETTERS = (
        MalformedError,
        "The text holds a sign that no script has; take it out, or type the place anew.",
        "Texten innehåller ett tecken som inte finns i någon skrift; ta bort det, eller skriv stället på nytt.",
    )
    FORM_TOO_LONG = (TooLargeError, "The form is longer than this pod reads.", "Formuläret är längre än servern läser.")
    FORM_TYPE = (MalformedError, "A form is sent as %(type)s.")
    TOO_MANY_FIELDS = (
        MalformedError,
        "The form has more fields than a form of this pod.",
        "Formuläret har fler fält än serverns egna.",
    )
    NO_SUCH_FILE = (NotFoundError, "There is no such file.", "Det finns ingen sådan fil.")
    NO_SUCH_LANGUAGE = (
        MalformedError,
        "This pod's pages aren't written in that language.",
        "Serverns sidor finns inte på det språket.",
    )
    FORM_FROM_ELSEWHERE = (
        ForgedFormError,
        "Another site sent this form; it isn't from this visit. Nothing was done.",
        "En annan webbplats skickade formuläret; det är inte från det här besöket. Inget är gjort.",
    )
    FORM_OF_OTHER_VISIT = (
        ForgedFormError,
        "This form isn't from this visit. Nothing was done; send it once more.",
        "Formuläret är inte från det här besöket. Inget är gjort; skicka det en gång till.",
    )
    SENT_BEFORE = (BeingDoneError, "This form was sent before, and what became of it isn't known.")
    BODY_ENCODED = (EncodedBodyError, "This pod reads bodies as they are: send it without Content-Encoding.")
    BODY_SLOW = (SlowBodyError, "The body came too slowly.")
    SHARE_SPENT = (
        ShareSpentError,
        "You asked much of this pod in a short time. Wait %(seconds)s seconds, then try again.",
        "Du har begärt mycket av servern på kort tid. Vänta %(seconds)s sekunder och försök sedan igen.",
    )
    POD_SIGNATURE = (UnauthorizedError, "This needs the signature of a pod.")
