"""Why an item doesn't follow its parent: the rules of `protocol.chain`. Engineers read these sentences."""

from __future__ import annotations

from protocol.errors import BelowAnchorError, BrokenItemError, Rule, ShortOfQuorumError, UnknownParentError


class ItemRule(Rule):
    """Why an item doesn't follow its parent."""

    NO_ROOT = (BrokenItemError, "A chain begins with a GroupRoot.")
    NO_LINK = (BrokenItemError, "Only seals and handovers follow an item.")
    OTHER_PARENT = (BrokenItemError, "The item does not name this head as its parent.")
    OTHER_HEIGHT = (BrokenItemError, "Expected height %(expected)s, got %(height)s.")
    OLDER_THAN_PARENT = (BrokenItemError, "The item is older than its parent.")
    SMALLER_LOG = (BrokenItemError, "The item's log is smaller than its parent's.")
    TERM_OUT_OF_RANGE = (BrokenItemError, "A handover's term is above %(term)s and at most %(most)s.")
    KEEPER_COUNT = (BrokenItemError, "A group has 1, 3, 4 or 7 keepers.")
    KEEPERS_ALIKE = (BrokenItemError, "Keepers are distinct members on distinct pods.")
    STEWARD_NOT_KEEPER = (BrokenItemError, "The steward is the pod of one of the keepers.")
    NOT_SIGNED_BY_NEW_STEWARD = (ShortOfQuorumError, "A handover is signed by the new steward.")
    SEAL_TERM = (BrokenItemError, "A seal keeps the term %(term)s.")
    SEAL_SIGNER = (BrokenItemError, "A seal is signed by the steward.")
    TOO_FEW_KEEPERS = (ShortOfQuorumError, "A handover needs %(needed)s of %(keepers)s keepers; %(signed)s signed.")
    KEEPER_NOT_MEMBER = (BrokenItemError, "Keeper %(member)s is not a member with weight above 0.")
    KEEPER_KEY = (BrokenItemError, "Keeper %(member)s's seat key is not their pod's.")
    PARENT_UNKNOWN = (UnknownParentError, "The parent %(parent)s is not known here.")
    SETTLED_HERE = (BelowAnchorError, "Height %(height)s is settled here.")
