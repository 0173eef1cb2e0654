"""Rules of decisions: what is open, who may vote, what was decided."""

from __future__ import annotations

from pod.errors import MayNotSignError, NotFoundError
from protocol.errors import MalformedError, MayNotWriteError, Rule


class DecisionRule(Rule):
    """Rules of decisions."""

    NO_SUCH_POLL = (
        NotFoundError,
        "There is no such poll in this group.",
        "Det finns ingen sådan omröstning i gruppen.",
    )
    NOT_OPEN_YET = (
        MayNotWriteError,
        "The poll isn't open yet: the group hasn't sealed its opening.",
        "Omröstningen är inte öppen än: gruppen har inte beseglat öppnandet.",
    )
    NOT_NOW = (
        MayNotWriteError,
        "The poll takes ballots from %(begins)s until %(ends)s.",
        "Omröstningen tar emot röstsedlar från %(begins)s till %(ends)s.",
    )
    NOT_ON_ROLL = (
        MayNotWriteError,
        "Your ballot wouldn't count: you weren't on the roll when the poll was opened.",
        "Din röstsedel skulle inte räknas: du fanns inte i röstlängden när omröstningen öppnades.",
    )
    DOES_NOT_FIT = (
        MalformedError,
        "The ballot doesn't fit the poll: it is of another kind, or names an option that isn't there.",
        "Röstsedeln passar inte omröstningen: den är av ett annat slag eller nämner ett alternativ som inte finns.",
    )
    PROVE_FIRST = (
        MayNotSignError,
        "A ballot needs a proof of who you are from the last twelve hours. Sign in again, then cast it.",
        "En röstsedel kräver att du visat vem du är under de senaste tolv timmarna. Logga in igen och rösta sedan.",
    )
    WITHHELD = (
        NotFoundError,
        "This server withholds a text that the count needs, so it gives no file; other servers of the group may.",
        "Den här servern håller inne en text som räkningen behöver, så den ger ingen fil. Gruppens andra kan göra det.",
    )
    NOT_ENDED = (
        NotFoundError,
        "The poll isn't counted yet.",
        "Omröstningen är inte räknad än.",
    )
