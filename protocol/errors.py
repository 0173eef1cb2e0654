"""Refusals are types with facts: which rule refused, and what; the sentence stands beside the rule.

A family of refusals is an error class: it has the stable code that pods, clients and documents key on, the HTTP status,
and what people are told where the rule itself speaks to engineers only. A rule is one member of an enum, in
`protocol/rules/`, `federation/rules/` or `pod/rules/`:

    class OperationRule(Rule):
        TOO_FEW_OWNERS = void("This needs … of the %(owners)s owners.", "Det här kräver … av de %(owners)s ägarna.")

    raise OperationRule.TOO_FEW_OWNERS.error(owners=5, signed=2)

Code that needs to know what happened looks at the class, the rule or its facts, and never at a sentence. A code never
changes its meaning. Anything that isn't a `RefusedError` and leaves this floor is a bug.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import ClassVar, Final

import msgspec

ENGLISH: Final = "en"
Fact = str | int


class Rule(Enum):
    """A rule that can refuse: its family of refusals, and its sentence in English and Swedish, with `%(facts)s`.

    A rule without Swedish is for engineers (canonical bytes, signatures, forms of records): problem documents and logs
    have its English sentence, and people get the sentence of its family.
    """

    def __init__(self, family: type[RefusedError], en: str, sv: str = "") -> None:
        self.family = family
        self.en = en
        self.sv = sv

    @property
    def key(self) -> str:
        """The rule's name in problem documents."""
        return self.name.lower()

    def error(self, **facts: Fact) -> RefusedError:
        """The refusal by this rule, as an exception to be raised."""
        return self.family(self, **facts)

    def refused(self, **facts: Fact) -> Refused:
        """The same as a value, for callers that store it."""
        return Refused(self, facts)


class Refused(msgspec.Struct, frozen=True):
    """A rule that refused, and the facts for its sentence, by name."""

    rule: Rule
    facts: Mapping[str, Fact] = {}

    @property
    def detail(self) -> str:
        """The rule's sentence for engineers, in English."""
        return self.rule.en % self.facts

    def told(self, language: str, facts: Mapping[str, object] | None = None) -> str:
        """The sentence for people; `facts` replace the stored ones, for pages that write numbers in their own way."""
        if not self.rule.sv:
            return self.rule.family.en if language == ENGLISH else self.rule.family.sv
        return (self.rule.en if language == ENGLISH else self.rule.sv) % (self.facts if facts is None else facts)


class RefusedError(Exception):
    """A rule refused. The family has `code`, `status` and both sentences; `refused` has the rule and its facts."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    en: ClassVar[str] = "Something in the form or the address isn't as it must be."
    sv: ClassVar[str] = "Något i formuläret eller adressen är inte som det måste vara."

    def __init__(self, rule: Rule, **facts: Fact) -> None:
        self.refused = Refused(rule, facts)
        super().__init__(self.refused.detail)


class MalformedError(RefusedError):
    """The input isn't what the format demands: not I-JSON, a wrong type, a missing or impossible value."""

    code = "malformed_record"


class TooLargeError(RefusedError):
    """The input is longer, deeper or has more members than its limit allows."""

    code = "too_large"
    status = 413
    en = "This is longer than a record may be."
    sv = "Det är längre än en post får vara."


class BadProofError(RefusedError):
    """A record's proof is missing, has another form than the protocol's, or its signature doesn't verify."""

    code = "bad_proof"
    en = "The signature doesn't fit what was signed."
    sv = "Underskriften passar inte till det som skrivits under."


class UnknownSuiteError(BadProofError):
    """A proof names a cryptosuite that `rules: 1` doesn't know."""

    code = "unknown_suite"


class PhraseError(RefusedError):
    """A recovery phrase was mistyped: a wrong number of words, an unknown one, or a failing checksum."""

    code = "bad_phrase"
    en = "These aren't the 24 words: one is mistyped, or they belong to another account."
    sv = "Det är inte de 24 orden: något är felskrivet, eller så hör de till ett annat konto."


class VoidOperationError(RefusedError):
    """The rules refuse an operation in the state where it would be sealed; its item stays valid."""

    code = "void_operation"
    status = 409
    en = "The group's rules don't allow this now."
    sv = "Gruppens regler tillåter inte det nu."


class BrokenItemError(RefusedError):
    """An item of a chain doesn't follow its parent."""

    code = "broken_item"
    status = 409
    en = "This doesn't follow what the group's chain has before it."
    sv = "Det här följer inte på det som står före det i gruppens kedja."


class ShortOfQuorumError(BrokenItemError):
    """A handover lacks signatures that another copy of it may have."""


class UnknownParentError(RefusedError):
    """An item's parent isn't known here; a pull fetches it."""

    code = "unknown_parent"
    status = 409
    en = "This pod lacks a part of the group's chain; it is being fetched."
    sv = "Servern saknar en del av gruppens kedja; den hämtas."


class BelowAnchorError(RefusedError):
    """An item stands beside what is settled here."""

    code = "below_anchor"
    status = 409
    en = "This stands beside what the group has settled."
    sv = "Det här står vid sidan av det som gruppen har avgjort."


class NotConfirmedError(RefusedError):
    """An honest keeper's pod doesn't confirm this item, or doesn't sign this handover."""

    code = "not_confirmed"
    status = 409
    en = "A keeper's pod doesn't confirm this."
    sv = "En väktares server bekräftar inte det här."


class UnknownAuthorError(RefusedError):
    """The state doesn't know the record's author or key yet, so the record waits."""

    code = "unknown_author"
    en = "The group doesn't know this author yet; try again in a minute."
    sv = "Gruppen känner inte den här författaren än; försök igen om en minut."


class NotAuthorError(RefusedError):
    """The key that the record names didn't sign it, or may no longer write."""

    code = "not_author"
    en = "This isn't signed by its author's present key."
    sv = "Det är inte signerat med sin författares nuvarande nyckel."


class MayNotWriteError(RefusedError):
    """The author has left or is black-listed."""

    code = "may_not_write"
    status = 403
    en = "You may not write here."
    sv = "Du får inte skriva här."
