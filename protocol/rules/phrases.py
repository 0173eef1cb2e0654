"""Why typed words aren't a recovery phrase."""

from __future__ import annotations

from protocol.errors import PhraseError, Rule


class PhraseRule(Rule):
    """Why typed words aren't a recovery phrase."""

    WORD_COUNT = (
        PhraseError,
        "A recovery phrase has %(most)s words; these are %(words)s.",
        "En återställningsfras har %(most)s ord; det här är %(words)s.",
    )
    UNKNOWN_WORDS = (
        PhraseError,
        "Not in the word list, counted from the first: %(words)s.",
        "Saknas i ordlistan, räknat från det första: %(words)s.",
    )
    CHECKSUM = (
        PhraseError,
        "Every word is known, but together they don't fit: one is wrong or out of place.",
        "Alla ord är kända, men de passar inte ihop: något är fel eller står på fel plats.",
    )
