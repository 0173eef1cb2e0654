"""Rules of imports: what isn't taken from files of other software, and why a row of one comes to nothing here."""

from __future__ import annotations

from federation.errors import BusyError
from pod.errors import GoneError, NotFoundError
from protocol.errors import MalformedError, Rule, TooLargeError


class ImportRule(Rule):
    """When no file is taken, and why a row of one comes to nothing. `what`: an address or link as the row has it."""

    GOING = (
        BusyError,
        "Your last file is being worked through. Wait until that is done, or stop it.",
        "Din förra fil gås igenom just nu. Vänta tills det är klart, eller avbryt det.",
    )
    NO_FILE = (MalformedError, "Choose a file first.", "Välj en fil först.")
    NO_FILE_WAITS = (
        GoneError,
        "There is no file of yours here that waits for this. Upload it again.",
        "Det finns ingen fil av dig här som väntar på det. Ladda upp den igen.",
    )
    TOO_LONG = (
        TooLargeError,
        "A file may have %(most)s MiB here. Unpack a larger archive and upload the outbox in it alone.",
        "En fil får ha %(most)s MiB här. Packa upp ett större arkiv och ladda bara upp dess outbox.",
    )
    FILES_FILL_THE_POD = (
        BusyError,
        "This pod keeps as many files of others now as it has room for. Try again in an hour.",
        "Servern har just nu så många filer från andra som den har plats för. Försök igen om en timme.",
    )
    PAST_OF_A_GROUP = (
        MalformedError,
        "This is the past of a group. Those who run the pod bring it in by a command.",
        "Det här är en grupps förflutna. De som driver servern tar in det med ett kommando.",
    )
    SAY_REPLACE = (
        MalformedError,
        "Confirm that what isn't in the file shall end, or add to what you have.",
        "Bekräfta att det som inte står i filen ska upphöra, eller lägg till det du har.",
    )

    # One row.
    OTHER_SOFTWARE = (
        NotFoundError,
        "“%(what)s” is nobody at a server of this software, and only those can be followed or muted here.",
        "”%(what)s” är ingen på en server med det här programmet, och bara sådana kan följas eller döljas här.",
    )
    NO_PERSON = (
        NotFoundError,
        "“%(what)s” is a group. Only people are muted.",
        "”%(what)s” är en grupp. Bara personer döljs.",
    )
    YOURSELF = (MalformedError, "This is you.", "Det är du själv.")
    SERVER_SILENT = (
        NotFoundError,
        "Its server didn't answer: %(why)s Try this row again later.",
        "Servern svarade inte: %(why)s Försök med raden igen senare.",
    )
    MUTES_TOO_MANY = (
        TooLargeError,
        "At most %(most)s mutes are taken from files.",
        "Högst %(most)s dolda personer tas från filer.",
    )
    NO_SERVERS = (
        NotFoundError,
        "People block no servers here. Those who run the pod can.",
        "Personer blockerar inga servrar här. De som driver servern kan göra det.",
    )
    NO_BOOKMARKS = (NotFoundError, "There are no bookmarks here.", "Det finns inga bokmärken här.")
    NO_LISTS = (NotFoundError, "There are no lists of people here.", "Det finns inga listor över personer här.")
    NO_BLOCKED_GROUPS = (
        NotFoundError,
        "Groups aren't blocked here: what isn't followed isn't shown.",
        "Grupper blockeras inte här: det som inte följs visas inte.",
    )
    FOLLOWERS_DECIDE = (
        NotFoundError,
        "Who followed you elsewhere decides for themselves to follow you here. Nobody is made to.",
        "De som följde dig på annat håll bestämmer själva om de följer dig här. Ingen tvingas.",
    )
