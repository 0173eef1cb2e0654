"""Why a member's record doesn't count: the rules of `protocol.authorship`."""

from __future__ import annotations

from protocol.errors import MayNotWriteError, NotAuthorError, Rule, UnknownAuthorError


class AuthorRule(Rule):
    """Why a member's record doesn't count."""

    NO_AUTHOR = (NotAuthorError, "A %(type)s needs an author and a key.")
    NOT_KNOWN = (
        UnknownAuthorError,
        "Member %(author)s with key %(key)s is not known here.",
        "Medlem %(author)s med nyckel %(key)s är inte känd här.",
    )
    NOT_KNOWN_YET = (
        UnknownAuthorError,
        "Member %(author)s with key %(key)s is not known here yet.",
        "Medlem %(author)s med nyckel %(key)s är inte känd här än.",
    )
    REPLACED_BEFORE = (
        NotAuthorError,
        "Key %(key)s of member %(author)s was replaced before this.",
        "Nyckel %(key)s för medlem %(author)s byttes ut före det här.",
    )
    OTHER_SIGNER = (
        NotAuthorError,
        "The record isn't signed by its author's key.",
        "Posten är inte signerad med sin författares nyckel.",
    )
    LEFT_OR_BLACKLISTED = (
        MayNotWriteError,
        "Member %(author)s has left or is black-listed.",
        "Medlem %(author)s har lämnat eller är svartlistad.",
    )
    REPLACED = (
        NotAuthorError,
        "Key %(key)s of member %(author)s was replaced.",
        "Nyckel %(key)s för medlem %(author)s har bytts ut.",
    )
