"""What an envelope, an item of a chain or an operation must be. Engineers read these sentences."""

from __future__ import annotations

from protocol.errors import MalformedError, Rule, TooLargeError


class RecordRule(Rule):
    """What an envelope, an item of a chain or an operation must be."""

    NO_OBJECT = (MalformedError, "A record is a JSON object.")
    NO_PROOF = (MalformedError, "A record carries a `proof`.")
    NO_TYPE = (MalformedError, "A record needs a `type`.")
    RECORD_TOO_LONG = (TooLargeError, "A %(type)s may have %(most)s bytes; this one has %(size)s.")
    RECORD_MEMBERS = (TooLargeError, "A record of this type has at most %(most)s members.")
    OTHER_RULES = (MalformedError, "`rules` must be 1.")
    RECORD_WITH_ID = (MalformedError, "A record has neither `id` nor `@context`.")
    TOO_MANY_OPERATIONS = (MalformedError, "`operations` must be a list of at most %(most)s.")
    TOO_MANY_ACKS = (MalformedError, "`acks` must be a list of at most %(most)s.")
    NO_KEEPERS = (MalformedError, "A handover names its `keepers`.")
    UNEXPECTED_TYPE = (MalformedError, "Expected a %(type)s.")
    ANOTHER_GROUP = (MalformedError, "This %(type)s belongs to another group.")
    ROOT_WITH_GROUP = (MalformedError, "A root has no `group`.")
    NO_HOME = (MalformedError, "A home needs `pod` (a bare origin, spelt as URLs are) and `key` (a did:key).")
    NO_LOG = (MalformedError, "`log` needs `size` and `root` (64 hex digits).")
    NO_INTEGER = (MalformedError, "`%(name)s` must be an integer from %(low)s to %(high)s.")
    NO_STRING = (MalformedError, "`%(name)s` must be a string of %(shortest)s to %(longest)s characters.")
    NO_MAPPING = (MalformedError, "`%(name)s` must be an object.")
    NO_KEEPER = (MalformedError, "A keeper needs `member` and `key`.")
    ACK_MEMBERS = (MalformedError, "An ack has exactly `keeper`, `term`, `height` and `item`.")
    ACK_PROOFS = (MalformedError, "An ack carries exactly one proof.")
    RECEIPT_SIGNER = (MalformedError, "A receipt is signed by the steward it names.")
    NO_NONCE = (MalformedError, "`nonce` must be 32 hex digits.")
    ROOT_SIGNER = (MalformedError, "A root is signed by its founder.")
    FOUNDER_KEYS = (MalformedError, "The founder's signing and recovery keys must differ.")
    FIRST_STEWARD = (MalformedError, "The first steward is the founder's pod.")
    OTHERS_TOO_HEAVY = (
        MalformedError,
        "The weight of those who join must stay below the founder's.",
        "Vikten för den som går med måste vara lägre än grundarens.",
    )
    NO_CHOICE = (MalformedError, "`%(name)s` must be one of %(choices)s.")
    NO_AREAS = (MalformedError, "`areas` must be a list of at most %(most)s areas.")
    NO_AREA = (MalformedError, "An area needs `area` and `name`.")
    KEY_OR_RECOVERY = (MalformedError, "An operation names either `key` or `recovery`.")
    KEYS_ALIKE = (MalformedError, "Signing and recovery keys must differ.")
    NO_INVITATION = (MalformedError, "`invitation` must be an Invitation under rules 1.")
