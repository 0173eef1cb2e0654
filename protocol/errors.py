"""Every refusal of the rules has one stable code and one sentence that is safe to show.

A code never changes its meaning: pods, clients and translations key on it. The sentence is for people.
Anything that isn't a `RefusedError` and leaves this floor is a bug.
"""

from typing import ClassVar


class RefusedError(Exception):
    """A rule said no; `code` says which, `str(error)` says it in one sentence."""

    code: ClassVar[str] = "refused"


class MalformedError(RefusedError):
    """The input isn't what the format demands: not I-JSON, a wrong type, a missing or impossible value."""

    code = "malformed_record"


class TooLargeError(RefusedError):
    """The input is longer, deeper or has more members than its limit allows."""

    code = "too_large"


class BadProofError(RefusedError):
    """A record's proof is missing, has another form than the protocol's, or its signature doesn't verify."""

    code = "bad_proof"


class UnknownSuiteError(BadProofError):
    """A proof names a cryptosuite that `rules: 1` doesn't know."""

    code = "unknown_suite"


class PhraseError(RefusedError):
    """A recovery phrase was mistyped: a wrong number of words, an unknown one, or a failing checksum."""

    code = "bad_phrase"


class VoidOperationError(RefusedError):
    """The rules refuse an operation in the state where it would be sealed; its item stays valid."""

    code = "void_operation"


class BrokenItemError(RefusedError):
    """An item of a chain doesn't follow its parent."""

    code = "broken_item"


class ShortOfQuorumError(BrokenItemError):
    """A handover lacks signatures that another copy of it may have."""


class UnknownParentError(RefusedError):
    """An item's parent is not known here: a gap that a pull fills."""

    code = "unknown_parent"


class BelowAnchorError(RefusedError):
    """An item stands beside what is settled here."""

    code = "below_anchor"


class NotConfirmedError(RefusedError):
    """An honest keeper's pod doesn't confirm this item, or doesn't sign this handover."""

    code = "not_confirmed"
