"""How another server can fail to do what this pod asks of it: each way with its sentence in English and Swedish."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from protocol.errors import ENGLISH, Fact


class RemoteFault(Enum):
    """A way in which another server fails, with the sentence for people, which contains `%(facts)s`."""

    ANOTHER_TYPE = (
        "%(host)s answers with another type of content.",
        "%(host)s svarar med en annan sorts innehåll.",
    )
    ASKED_IN_VAIN = (
        "That server was asked in vain too often; try again in some minutes.",
        "Den servern har frågats förgäves för ofta; försök igen om några minuter.",
    )
    BREAKS_OFF = ("The compressed answer breaks off.", "Det komprimerade svaret tar slut mitt i.")
    GROUP_NOT_SHOWN = ("That server doesn't show the group.", "Den servern visar inte gruppen.")
    HOME_NOT_SHOWN = (
        "The member's home doesn't show the group: %(why)s",
        "Medlemmens hemserver visar inte gruppen: %(why)s",
    )
    IN_A_CIRCLE = ("The server redirects in a circle.", "Servern skickar vidare i en cirkel.")
    NOT_DECODED = ("The compressed answer can't be decoded.", "Det komprimerade svaret går inte att packa upp.")
    NOT_REACHED = ("The server can't be reached.", "Servern går inte att nå.")
    NO_GROUPS = ("The server's answer isn't a list of groups.", "Serverns svar är ingen lista över grupper.")
    NO_OBJECT = ("The server's answer isn't an object.", "Serverns svar är inget objekt.")
    NOWHERE = ("The server redirects without saying where to.", "Servern skickar vidare utan att säga vart.")
    NO_URL = ("The server redirects to no URL.", "Servern skickar vidare till något som inte är en adress.")
    ODD_CODING = (
        "The answer is compressed in a way that this pod didn't ask for.",
        "Svaret är komprimerat på ett sätt som inte efterfrågades.",
    )
    SAYS_NO = ("%(host)s answers %(status)s.", "%(host)s svarar %(status)s.")
    TOO_FAR = (
        "The server redirects more than %(most)s times.",
        "Servern skickar vidare mer än %(most)s gånger.",
    )
    TOO_LONG = ("The answer is longer than %(most)s bytes.", "Svaret är längre än %(most)s byte.")
    TOO_SLOW = ("The server took too long.", "Servern svarade inte i tid.")

    def __init__(self, en: str, sv: str) -> None:
        self.en = en
        self.sv = sv

    def told(self, language: str, facts: Mapping[str, Fact]) -> str:
        """The sentence in a language."""
        return (self.en if language == ENGLISH else self.sv) % facts
