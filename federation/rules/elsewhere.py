"""Why a file of other software, or one row of it, isn't taken; and what people are warned of before it is."""

from __future__ import annotations

from federation.errors import ForeignFileError
from protocol.errors import Rule


class ElsewhereRule(Rule):
    """Why a file of other software, or one row of it, isn't taken."""

    # The whole file.
    FILE_EMPTY = (ForeignFileError, "%(file)s is empty.", "%(file)s är tom.")
    FILE_TOO_LARGE = (
        ForeignFileError,
        "%(file)s is larger than %(most)s bytes.",
        "%(file)s är större än %(most)s byte.",
    )
    FILE_UNFOLDS = (
        ForeignFileError,
        "%(file)s unpacks to more than %(ratio)s times its size. No real archive does.",
        "%(file)s packas upp till mer än %(ratio)s gånger sin storlek. Det gör inget riktigt arkiv.",
    )
    FILE_DAMAGED = (
        ForeignFileError,
        "%(file)s is damaged or was cut off. Download it once more.",
        "%(file)s är skadad eller avhuggen. Hämta den en gång till.",
    )
    FILE_LOCKED = (
        ForeignFileError,
        "%(file)s is protected by a password. Unpack it and take the file inside.",
        "%(file)s är skyddad med ett lösenord. Packa upp den och ta filen därinne.",
    )
    FILE_PACKED_ODDLY = (
        ForeignFileError,
        "%(file)s is packed in a way that isn't read here. Pack it as a plain zip.",
        "%(file)s är packad på ett sätt som inte läses här. Packa den som en vanlig zip.",
    )
    FILE_CROWDED = (
        ForeignFileError,
        "%(file)s holds more than %(most)s files.",
        "%(file)s innehåller fler än %(most)s filer.",
    )
    FILE_WITHOUT_POSTS = (
        ForeignFileError,
        "%(file)s isn't an archive of Mastodon: the file with its posts, called outbox, is missing.",
        "%(file)s är inget arkiv från Mastodon: filen med inläggen, som heter outbox, saknas.",
    )
    FILE_NOT_TEXT = (ForeignFileError, "%(file)s isn't a text.", "%(file)s är ingen text.")
    FILE_UNKNOWN = (
        ForeignFileError,
        "%(file)s is none of the files that are read here.",
        "%(file)s är ingen av de filer som läses här.",
    )
    FILE_UNSURE = (
        ForeignFileError,
        "%(file)s could be any of these; say which: %(kinds)s.",
        "%(file)s kan vara någon av de här; säg vilken: %(kinds)s.",
    )
    FILE_TOO_DEEP = (
        ForeignFileError,
        "%(file)s is nested more deeply than %(most)s levels.",
        "%(file)s är nästlad djupare än %(most)s nivåer.",
    )
    FILE_TOO_LONG = (
        ForeignFileError,
        "%(file)s has more than %(most)s rows. Those after it weren't read.",
        "%(file)s har fler än %(most)s rader. De efter den raden lästes inte.",
    )

    # One row.
    ROW_TOO_LONG = (
        ForeignFileError,
        "The row is longer than %(most)s bytes.",
        "Raden är längre än %(most)s byte.",
    )
    ROW_ODD = (
        ForeignFileError,
        "“%(what)s” is missing or isn't what it must be.",
        "”%(what)s” saknas eller är inte vad det måste vara.",
    )
    ROW_NO_ADDRESS = (
        ForeignFileError,
        "“%(value)s” isn't an address such as name@server.example.",
        "”%(value)s” är ingen adress som namn@server.example.",
    )
    ROW_NO_SERVER = (
        ForeignFileError,
        "“%(value)s” isn't the name of a server.",
        "”%(value)s” är inte namnet på en server.",
    )
    ROW_NO_LINK = (ForeignFileError, "“%(value)s” isn't a link.", "”%(value)s” är ingen länk.")
    ROW_NO_LIST = (ForeignFileError, "The row names no list.", "Raden nämner ingen lista.")
    ROW_SEVERITY = (
        ForeignFileError,
        "“%(value)s” isn't one of noop, silence and suspend.",
        "”%(value)s” är inte noop, silence eller suspend.",
    )
    ROW_NO_DATE = (ForeignFileError, "“%(value)s” isn't a date.", "”%(value)s” är inget datum.")
    ROW_NO_TEXT = (ForeignFileError, "The post has no text.", "Inlägget har ingen text.")
    ROW_OTHERS_WORDS = (
        ForeignFileError,
        "The post is by %(author)s, not by the one whose archive this is.",
        "Inlägget är av %(author)s, inte av den vars arkiv det är.",
    )
    ROW_NOT_READ = (
        ForeignFileError,
        "Rows of the kind “%(kind)s” aren't taken.",
        "Rader av slaget ”%(kind)s” tas inte emot.",
    )
    ROW_NOT_PUBLIC = (
        ForeignFileError,
        "Not everybody was meant to read the post (%(audience)s), so it can only go into a private group.",
        "Inlägget var inte för alla (%(audience)s), så det kan bara läggas i en privat grupp.",
    )
    ROW_NOT_A_POST = (
        ForeignFileError,
        "It can't become a post here: it would show nothing, or is too long.",
        "Det kan inte bli ett inlägg här: det skulle inte visa något, eller är för långt.",
    )
    ROW_TWICE = (ForeignFileError, "The same stands in row %(first)s.", "Samma sak står i rad %(first)s.")

    # Warnings: the file is read, but people are told first.
    NAME_DIFFERS = (
        ForeignFileError,
        "%(file)s is named like %(named)s, but holds what stands in %(kind)s.",
        "%(file)s heter som %(named)s men innehåller det som står i %(kind)s.",
    )
    CHOICE_DIFFERS = (
        ForeignFileError,
        "You chose %(chosen)s, but %(file)s holds what stands in %(kind)s.",
        "Du valde %(chosen)s, men %(file)s innehåller det som står i %(kind)s.",
    )
    OLD_LETTERS = (
        ForeignFileError,
        "%(file)s isn't UTF-8. It was read as %(encoding)s; look at names with letters such as å and é.",
        "%(file)s är inte UTF-8. Den lästes som %(encoding)s; titta på namn med bokstäver som å och é.",
    )
