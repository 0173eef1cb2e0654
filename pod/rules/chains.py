"""Rules between keepers and pods: handovers, recoveries, receipts, proofs."""

from __future__ import annotations

from pod.errors import NotFoundError, NotKeeperError, NotMemberError, NotStewardError
from protocol.errors import MalformedError, NotConfirmedError, Rule


class ChainRule(Rule):
    """Rules between keepers and pods."""

    FOREIGN_RECEIPT = (NotStewardError, "The receipt isn't signed by the steward of its term.")
    FOREIGN_ACK = (NotKeeperError, "The ack isn't signed by the seat of that keeper.")
    NO_HANDOVER_HERE = (MalformedError, "Only a handover of this group is signed here.")
    NOT_BY_KEEPERS_POD = (NotKeeperError, "A handover is proposed by a keeper's pod.")
    NO_SEAT_HERE = (NotKeeperError, "This pod is no keeper of the group.", "Servern är ingen väktare i gruppen.")
    KEEPER_PROPOSES = (
        NotKeeperError,
        "Only a keeper's pod proposes another steward.",
        "Bara en väktares server föreslår en ny förvaltare.",
    )
    KEEPER_IS_MEMBER = (MalformedError, "A keeper must be a member.", "En väktare måste vara medlem.")
    KEEPERS_COUNT = (MalformedError, "A group has 1, 3, 4 or 7 keepers.", "En grupp har 1, 3, 4 eller 7 väktare.")
    TOO_FEW_SIGNED = (NotConfirmedError, "Too few keepers have signed.", "För få väktare har skrivit under.")
    KEEPER_HANDS_OVER = (
        NotKeeperError,
        "Only a keeper hands over the steward's work.",
        "Bara en väktare lämnar över förvaltningen.",
    )
    NO_RECOVERY_KEY = (
        NotMemberError,
        "No recovery key is left; the recovery phrase is needed.",
        "Ingen återställningsnyckel finns kvar; återställningsfrasen behövs.",
    )
    LOG_LACKING = (
        NotConfirmedError,
        "This pod lacks a part of the group's log; pull the group from another pod first.",
        "Servern saknar en del av gruppens logg; hämta gruppen från en annan server först.",
    )
    NO_HANDOVER_DRAFT = (MalformedError, "`handover` must be a Handover of this group.")
    RECOVERY_SHAPE = (NotConfirmedError, "A recovery begins the next epoch and leaves the log as its parent has it.")
    DRAFT_AHEAD = (NotConfirmedError, "The draft's time is more than two minutes ahead.")
    DRAFT_OPERATIONS = (NotConfirmedError, "A recovery that is signed here holds nothing but moves of its keepers.")
    DRAFT_PARENT_LOW = (
        NotConfirmedError,
        "The draft doesn't build on the highest item that this pod knows to be confirmed.",
    )
    DRAFT_PARENT_UNKNOWN = (NotConfirmedError, "This pod doesn't hold the draft's parent.")
    OTHER_RECOVERY_SIGNED = (
        NotConfirmedError,
        "This phrase signed another recovery of this epoch.",
        "Frasen har skrivit under en annan återställning av samma period.",
    )
    KEEPERS_PHRASE = (
        NotKeeperError,
        "Only the recovery phrase of a keeper recovers a group.",
        "Bara en väktares återställningsfras återställer en grupp.",
    )
    PHRASE_REPLACED = (
        NotConfirmedError,
        "Another recovery replaced this phrase's key in the group.",
        "En annan återställning bytte ut frasens nyckel i gruppen.",
    )
    NO_RECOVERY_HERE = (MalformedError, "Only a recovery handover of this group is promised its term here.")
    PROMISE_BY_KEEPERS = (NotKeeperError, "A promise is asked for by the recovery keys of keepers.")
    BEGIN_ANEW = (
        NotConfirmedError,
        "A living keeper confirmed something that this recovery doesn't build on: begin the recovery anew.",
        "En levande väktare har bekräftat något som återställningen inte bygger på: börja om.",
    )
    NO_ROOT_FIRST = (MalformedError, "The pod's answer doesn't begin with the group's root.")
    ENTRIES_HELD = (NotFoundError, "This pod holds %(held)s entries of that log.")
    NOT_AMONG_FIRST = (NotFoundError, "Entry %(leaf)s isn't among the first %(size)s.")
    NEVER_HAD = (NotFoundError, "A log of %(second)s entries never had %(first)s.")
    PROOF_QUERY = (MalformedError, "A proof is asked for by `leaf` and `size`, or by `first` and `second`.")
    TOO_MANY_COMPARED = (MalformedError, "At most %(most)s groups are compared at once.")
    ASKED_BY_KEEPERS = (NotKeeperError, "This is asked by keys of keepers.")
