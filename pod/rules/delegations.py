"""Rules of delegations: who may delegate, to whom, where, and until when."""

from __future__ import annotations

from pod.errors import NotFoundError, NotNowError
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
        "I den här gruppen får bara medlemmar med vikten %(weight)s eller mer vara ombud.",
    )
    NO_DELEGATE = (
        MayNotWriteError,
        "You aren't a delegate in this group, so there is nothing to resign from.",
        "Du är inte ombud i den här gruppen, så det finns inget att avgå från.",
    )
    NEVER_A_DELEGATE = (
        NotFoundError,
        "This member has never been a delegate here.",
        "Den här medlemmen har aldrig varit ombud här.",
    )
    TOO_LONG_A_LIST = (
        MalformedError,
        "A list names at most %(most)s delegates. Take one away first.",
        "En lista nämner högst %(most)s ombud. Ta bort någon först.",
    )
    NEVER_A_MEMBER = (
        NotFoundError,
        "The group has never had a member with number %(number)s.",
        "Gruppen har aldrig haft någon medlem med nummer %(number)s.",
    )
    NO_MEMBER_CALLED = (
        NotFoundError,
        "No member of the group is called “%(name)s”. Write the whole name or the number.",
        "Ingen medlem i gruppen heter ”%(name)s”. Skriv hela namnet eller numret.",
    )
    SEVERAL_CALLED = (
        MalformedError,
        "Several members are called “%(name)s”: numbers %(numbers)s. Write the number.",
        "Flera medlemmar heter ”%(name)s”: nummer %(numbers)s. Skriv numret.",
    )
    LISTED_ALREADY = (
        MalformedError,
        "Member %(number)s is on the list already.",
        "Medlem %(number)s finns redan på listan.",
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
    NOT_A_DAY = (
        MalformedError,
        "This is no day. Write it as 2027-03-31.",
        "Det här är ingen dag. Skriv den som 2027-03-31.",
    )
    VOTING_OVER = (
        NotNowError,
        "The voting in this poll is over, so a list for it would change nothing.",
        "Röstningen är slut, så en lista för omröstningen skulle inte ändra något.",
    )
    LIST_OFF_ROLL = (
        MayNotWriteError,
        "A list for this poll wouldn't count: you weren't on the roll when it was opened.",
        "En lista för omröstningen skulle inte räknas: du fanns inte i röstlängden när den öppnades.",
    )
    LIST_FROZEN = (
        NotNowError,
        "You are a delegate, and delegates are frozen before the end: a list for this poll would change nothing.",
        "Du är ombud, och ombuden låses före slutet: en lista för omröstningen skulle inte ändra något.",
    )
