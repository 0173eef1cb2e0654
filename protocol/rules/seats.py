"""Why an honest keeper's pod doesn't confirm or sign: the rules of `protocol.keeping`."""

from __future__ import annotations

from protocol.errors import NotConfirmedError, Rule


class SeatRule(Rule):
    """Why an honest keeper's pod doesn't confirm or sign."""

    RETIRED = (
        NotConfirmedError,
        "This seat was restored from a backup and waits for a handover.",
        "Väktarens server återställdes från en säkerhetskopia och väntar på en ny förvaltare.",
    )
    SIGNED_IN_TERM = (
        NotConfirmedError,
        "This seat signed in term %(term)s.",
        "Väktarens server har redan skrivit under i period %(term)s.",
    )
    NOT_ON_LAST = (
        NotConfirmedError,
        "This branch doesn't contain the item confirmed last.",
        "Den här grenen saknar det som väktaren bekräftade sist.",
    )
    ITEM_AHEAD = (
        NotConfirmedError,
        "The item's time is more than two minutes ahead.",
        "Dess tid ligger mer än två minuter framåt.",
    )
    RECORDS_LACKING = (
        NotConfirmedError,
        "Not all records that it stands for are here.",
        "Alla poster som den står för finns inte här.",
    )
    ROOT_DIFFERS = (
        NotConfirmedError,
        "Its log isn't the one that its records give.",
        "Dess logg är inte den som posterna ger.",
    )
    INVALID_AUTHOR = (
        NotConfirmedError,
        "The log holds a record whose author or key wasn't valid.",
        "Loggen har en post vars författare eller nyckel inte gällde.",
    )
    PROMISE_BROKEN = (
        NotConfirmedError,
        "The log lacks a record that was promised.",
        "Loggen saknar en post som utlovats.",
    )
    HANDOVER_AHEAD = (
        NotConfirmedError,
        "The handover's time is more than two minutes ahead.",
        "Överlämningens tid ligger mer än två minuter framåt.",
    )
    TERM_AHEAD = (NotConfirmedError, "The term is too far ahead.", "Perioden ligger för långt framåt.")
    TOO_SOON = (
        NotConfirmedError,
        "This seat signed a handover less than a minute ago.",
        "Väktarens server skrev under en överlämning för mindre än en minut sedan.",
    )
    PARENT_NOT_ON_LAST = (
        NotConfirmedError,
        "The parent doesn't contain the item confirmed last.",
        "Det den bygger på saknar det som väktaren bekräftade sist.",
    )
    RECOVERY_PARENT_UNKNOWN = (
        NotConfirmedError,
        "The recovery's parent is not known here.",
        "Det återställningen bygger på finns inte här.",
    )
    NOT_A_RECOVERY = (NotConfirmedError, "The handover is not a recovery.", "Överlämningen är ingen återställning.")
    RECOVERY_NOT_ON_LAST = (
        NotConfirmedError,
        "The recovery's parent doesn't contain the item confirmed last.",
        "Det återställningen bygger på saknar det som väktaren bekräftade sist.",
    )
    HANDOVER_PARENT_UNKNOWN = (
        NotConfirmedError,
        "This pod doesn't hold the handover's parent.",
        "Servern har inte det som överlämningen bygger på.",
    )
    OTHER_KEEPERS = (
        NotConfirmedError,
        "Other keepers are agreed on by people, not signed by a timer.",
        "Andra väktare kommer människor överens om; servern skriver inte under dem av sig själv.",
    )
    LOG_CHANGED = (
        NotConfirmedError,
        "A handover that this pod signs leaves the log as its parent has it.",
        "En överlämning som servern skriver under lämnar loggen som den är.",
    )
