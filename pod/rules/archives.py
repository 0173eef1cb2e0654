"""Rules of archives: the file that holds an account, written and read."""

from __future__ import annotations

from federation.errors import BusyError
from pod.errors import GoneError
from protocol.errors import MalformedError, Rule, TooLargeError


class ArchiveRule(Rule):
    """When no archive is made, and what isn't one. `name`: of a file in it."""

    BEING_MADE = (
        BusyError,
        "Your archive is being made now. Look again in a moment.",
        "Ditt arkiv görs just nu. Titta igen om en stund.",
    )
    NOT_THERE = (
        GoneError,
        "There is no archive of yours here, or it is older than a week. Have a new one made.",
        "Det finns inget arkiv åt dig här, eller så är det äldre än en vecka. Låt göra ett nytt.",
    )
    TOO_LARGE = (
        TooLargeError,
        "The archive, or a file in it, would be larger than %(most)s bytes.",
        "Arkivet, eller en fil i det, skulle bli större än %(most)s byte.",
    )
    NOT_A_ZIP = (
        MalformedError,
        "This isn't an archive of an account: it isn't a whole zip file.",
        "Det är inget arkiv av ett konto: det är ingen hel zipfil.",
    )
    DIRECTORY_TOO_LONG = (
        TooLargeError,
        "The archive lists more files than it may.",
        "Arkivet räknar upp fler filer än det får.",
    )
    UNKNOWN_NAME = (
        MalformedError,
        "The archive holds a file that doesn't belong there: %(name)s.",
        "Arkivet innehåller en fil som inte hör dit: %(name)s.",
    )
    FILE_TWICE = (
        MalformedError,
        "The archive holds two files of the same name: %(name)s.",
        "Arkivet innehåller två filer med samma namn: %(name)s.",
    )
    NO_PLAIN_FILE = (
        MalformedError,
        "In the archive, %(name)s is no plain file: it is a link, locked by a password, or packed in another way.",
        "I arkivet är %(name)s ingen vanlig fil: den är en länk, låst med lösenord eller packad på annat sätt.",
    )
    OVERLAP = (
        MalformedError,
        "In the archive, %(name)s lies on top of another file.",
        "I arkivet ligger %(name)s ovanpå en annan fil.",
    )
    INFLATES_TOO_FAR = (
        TooLargeError,
        "Unpacked, %(name)s would be larger than it may.",
        "Uppackad skulle %(name)s bli större än den får.",
    )
    LACKS = (MalformedError, "The archive lacks %(name)s.", "Arkivet saknar %(name)s.")
    DAMAGED = (
        MalformedError,
        "In the archive, %(name)s is damaged: it isn't what was written.",
        "I arkivet är %(name)s skadad: den är inte det som skrevs.",
    )
    DAMAGED_LINE = (
        MalformedError,
        "In the archive, line %(line)s of %(name)s is damaged: it isn't what was written.",
        "I arkivet är rad %(line)s i %(name)s skadad: den är inte det som skrevs.",
    )
    NOT_SIGNED_BY_THEM = (
        MalformedError,
        "The archive isn't signed by the person whose account it says it is.",
        "Arkivet är inte undertecknat av den person vars konto det säger sig vara.",
    )
    OTHER_HISTORY = (
        MalformedError,
        "The archive tells another past of this person's own group than the one that is settled here.",
        "Arkivet berättar ett annat förflutet för personens egen grupp än det som är avgjort här.",
    )
    OLDER = (
        BusyError,
        "A later copy of this account is here already, of %(at)s.",
        "En senare kopia av kontot finns redan här, från %(at)s.",
    )
    NOT_YET = (
        MalformedError,
        "The archive says that it was made in the future: at %(at)s.",
        "Arkivet säger att det gjordes i framtiden: %(at)s.",
    )
    COPY_NOT_WHOLE = (
        BusyError,
        "The copy isn't the same as the archive yet. Import it once more.",
        "Kopian är inte densamma som arkivet ännu. Importera det en gång till.",
    )
    NOT_A_KIT = (
        MalformedError,
        "This file is no recovery kit as a pod makes it.",
        "Filen är inget återställningskit som en server har gjort det.",
    )
    OTHERS_WAIT = (
        BusyError,
        "Others' files are being read. Send yours in a few minutes.",
        "Andras filer läses just nu. Skicka din om några minuter.",
    )
