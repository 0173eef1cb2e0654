"""Rules of those who run the pod."""

from __future__ import annotations

from pod.errors import NotAdminError, NotFoundError
from protocol.errors import MalformedError, Rule


class AdminRule(Rule):
    """Rules of those who run the pod."""

    NOTHING_SENT = (
        NotFoundError,
        "Nothing was ever sent to this host.",
        "Inget har någonsin skickats till den servern.",
    )
    NO_SUCH_PERSON = (NotFoundError, "Nobody here has this name.", "Ingen här har det namnet.")
    LAST_ADMIN = (
        MalformedError,
        "The last admin stays: name another one first.",
        "Den sista som sköter servern stannar: utse någon annan först.",
    )
    NOT_ONESELF = (
        MalformedError,
        "Nobody disables themselves, nor the last admin.",
        "Ingen stänger av sig själv eller den sista som sköter servern.",
    )
    INVITE_BOUNDS = (
        MalformedError,
        "An invitation is for 1 to %(most)s people and 1 to %(days)s days.",
        "En inbjudan gäller 1 till %(most)s personer och 1 till %(days)s dagar.",
    )
    NO_SUCH_INVITE = (NotFoundError, "There is no such invitation.", "Det finns ingen sådan inbjudan.")
    REASON_NEEDED = (
        MalformedError,
        "Give a reason: it is mailed to the person.",
        "Ange ett skäl: det skickas till personen.",
    )
    QUESTION_NEEDED = (MalformedError, "Write the question.", "Skriv frågan.")
    NOT_WAITING = (NotFoundError, "This request isn't waiting for an answer.", "Begäran väntar inte på något svar.")
    ANSWERED_BY_ANOTHER = (
        NotFoundError,
        "Somebody else has answered this request meanwhile.",
        "Någon annan har svarat på begäran under tiden.",
    )
    NOT_ON_THE_FLOOR = (
        NotFoundError,
        "This group isn't part of the floor.",
        "Gruppen hör inte till golvet.",
    )
    FLOOR_OF_THE_FILE = (
        MalformedError,
        "This group is set in pod.toml: those who run the machine can take it out there.",
        "Gruppen står i pod.toml: den som sköter maskinen kan ta bort den där.",
    )
    NOT_ADMIN = (NotAdminError, "This page is for those who run the pod.", "Sidan är för dem som sköter servern.")
    OWN_HOST = (MalformedError, "This is the pod's own host.", "Det är serverns egen adress.")
    NOT_BLOCKED = (NotFoundError, "This host isn't blocked.", "Servern är inte blockerad.")
    TOO_MANY_BLOCKED = (MalformedError, "At most %(most)s hosts are blocked.", "Högst %(most)s servrar blockeras.")
    NO_STOPPED_MOVE = (NotFoundError, "No move with this id has stopped.", "Ingen flytt med detta id har stannat.")
    MUST_BE_NUMBER = (MalformedError, "This must be a number.", "Här ska det stå ett tal.")
    TEXTS_TOO_LONG = (MalformedError, "The name or the texts are too long.", "Namnet eller texterna är för långa.")
