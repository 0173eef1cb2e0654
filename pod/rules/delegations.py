"""Rules of delegations: who may delegate, to whom, where, and until when."""

from __future__ import annotations

from pod.errors import NotFoundError
from protocol.errors import MalformedError, MayNotWriteError, Rule


class DelegationRule(Rule):
    """Rules of delegations."""

    TOO_LIGHT_TO_DELEGATE = (
        MayNotWriteError,
        "In this group only members with a weight of %(weight)s or more may delegate their vote.",
        "I den här gruppen får bara medlemmar med vikten %(weight)s eller mer delegera sin röst.",
    )
    TOO_LIGHT_TO_BE_DELEGATE = (
        MayNotWriteError,
        "In this group only members with a weight of %(weight)s or more may be delegates.",
        "I den här gruppen får bara medlemmar med vikten %(weight)s eller mer vara delegater.",
    )
    NO_DELEGATE = (
        MayNotWriteError,
        "You aren't a delegate in this group, so there is nothing to resign from.",
        "Du är inte delegat i den här gruppen, så det finns inget att avgå från.",
    )
    NEVER_A_DELEGATE = (
        NotFoundError,
        "This member has never been a delegate here.",
        "Den här medlemmen har aldrig varit delegat här.",
    )
    TOO_LONG_A_LIST = (
        MalformedError,
        "A list names at most %(most)s delegates. Take one away first.",
        "En lista nämner högst %(most)s delegater. Ta bort någon först.",
    )
    NEVER_A_MEMBER = (
        NotFoundError,
        "The group has never had a member with number %(number)s.",
        "Gruppen har aldrig haft någon medlem med nummer %(number)s.",
    )
    NO_AREA_CALLED = (
        NotFoundError,
        "The group has no subject area called “%(area)s”.",
        "Gruppen har inget ämnesområde som heter ”%(area)s”.",
    )
    ENDS_IN_THE_PAST = (
        MalformedError,
        "The list would end in the past. Choose a later day, or none: then it holds for a year.",
        "Listan skulle ha gått ut redan. Välj en senare dag eller ingen alls: då gäller den i ett år.",
    )
    VOTING_OVER = (
        MayNotWriteError,
        "The voting in this poll is over, so a list for it would change nothing.",
        "Röstningen är slut, så en lista för omröstningen skulle inte ändra något.",
    )
    LIST_OFF_ROLL = (
        MayNotWriteError,
        "A list for this poll wouldn't count: you weren't on the roll when it was opened.",
        "En lista för omröstningen skulle inte räknas: du fanns inte i röstlängden när den öppnades.",
    )
    LIST_FROZEN = (
        MayNotWriteError,
        "You are a delegate, and delegates are frozen before the end: a list for this poll would change nothing.",
        "Du är delegat, och delegater fryses före slutet: en lista för omröstningen skulle inte ändra något.",
    )
