"""What can be wrong with a result's file; each kind of tampering has its own rule."""

from __future__ import annotations

from protocol.errors import MalformedError, Rule


class BundleRule(Rule):
    """Why a result's file proves nothing, or something else than it says."""

    NOT_A_BUNDLE = (MalformedError, "This is no file of a result: %(why)s.")
    FORGED_ITEM = (MalformedError, "Item %(height)s of the chain wasn't made by who may: %(why)s.")
    BROKEN_CHAIN = (MalformedError, "Item %(height)s doesn't follow the item before it: %(why)s.")
    OTHER_GROUP = (MalformedError, "The chain is of another group than the file names.")
    NOT_OPENED = (MalformedError, "No item of the chain opens this poll, or its record is missing.")
    END_MISSING = (MalformedError, "The chain has no item at or after the end of the poll.")
    NOT_CONFIRMED = (MalformedError, "The keepers' confirmations of the item that ends the poll are missing.")
    WRONG_LOG_ROOT = (MalformedError, "The log's entries don't give the root to which item %(height)s commits.")
    LEAF_TWICE = (MalformedError, "The log holds the entry %(record)s twice.")
    FORGED_RECORD = (MalformedError, "A record's signature is wrong: %(why)s.")
    RECORD_NOT_IN_LOG = (MalformedError, "The record %(record)s isn't in the log.")
    RECORD_MISSING = (MalformedError, "The log names the entry %(record)s, and the file lacks it.")
    KEY_NOT_VALID = (MalformedError, "The record %(record)s is signed with a key that didn't hold there: %(why)s.")
    WRONG_ROLL = (MalformedError, "The roll differs: the file has %(stated)s voters, the chain and the log %(found)s.")
    KEY_AFTER_RECOVERY = (MalformedError, "Member %(member)s's ballot is by a key from after a recovery.")
    LATE_BALLOT = (MalformedError, "Member %(member)s's ballot came after the end.")
    LATE_RECORD = (MalformedError, "The record %(record)s came after the end.")
    COUNTED_TWICE = (MalformedError, "Member %(member)s is counted twice.")
    BALLOT_DROPPED = (MalformedError, "Member %(member)s's ballot isn't counted.")
    BALLOT_ADDED = (MalformedError, "Member %(member)s has no such ballot.")
    WRONG_PATH = (MalformedError, "Member %(member)s's vote follows another way.")
    WRONG_LOT = (MalformedError, "The lot was drawn from other shares, or another option was drawn.")
    WRONG_CONTEST = (MalformedError, "Others contested the result, or what that led to is stated otherwise.")
    WRONG_ROUNDS = (MalformedError, "The poll was held in %(found)s rounds; the file states %(stated)s.")
    WRONG_CHOICE = (MalformedError, "Another option was chosen, or it isn't known yet which, or it isn't final.")
    WRONG_RESULT = (MalformedError, "The sums differ from those that the file states.")
