"""Why a line of a copy couldn't be written into an account."""

from __future__ import annotations

from pod.errors import GoneError, NotNowError
from protocol.errors import MalformedError, Rule, TooLargeError


class BroughtLineRule(Rule):
    """Rules of lines that become rows. Their names stand as reasons beside the lines."""

    COPY_OF_ANOTHER = (NotNowError, "The copy is of another account.")
    NO_SUCH_ROW = (
        MalformedError,
        "A part is missing, or has a form that no server writes.",
        "En del saknas eller har en form som ingen server skriver.",
    )
    MISPLACED_LINE = (
        MalformedError,
        "The line doesn't stand where its content belongs.",
        "Raden står inte där innehållet hör hemma.",
    )
    NOT_OF_OLD_POD = (
        MalformedError,
        "The address isn't one of the old server.",
        "Adressen är inte den gamla serverns.",
    )
    UNREADABLE_DRAFT = (
        MalformedError,
        "This server can't read the draft.",
        "Servern kan inte läsa utkastet.",
    )
    DRAFT_TAKEN = (
        NotNowError,
        "Another account has a draft under this number.",
        "Ett annat konto har ett utkast med det här numret.",
    )
    NONE_FAILED = (
        GoneError,
        "Every row that came along was taken.",
        "Varje rad som följde med togs emot.",
    )
    BEYOND_BOUND = (
        TooLargeError,
        "The account has as many of these as it may have.",
        "Kontot har redan så många av de här som det får ha.",
    )
