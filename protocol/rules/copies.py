"""What a line of a copy and its manifest must be. Engineers read these sentences."""

from protocol.errors import MalformedError, NotAuthorError, Rule, TooLargeError


class CopyRule(Rule):
    """What a line of a copy and its manifest must be."""

    NO_LINE = (MalformedError, "A line is a JSON object with a `key` and a `kind`.")
    LINE_NOT_CANONICAL = (MalformedError, "The line %(key)s isn't in its canonical form.")
    LINE_TOO_LONG = (TooLargeError, "The line %(key)s has more than %(most)s bytes.")
    KEYS_FALL = (MalformedError, "The line %(key)s stands after one whose key isn't lower.")
    TOO_MANY_LINES = (TooLargeError, "A class has %(most)s lines at most; %(key)s is one too many.")
    NO_CURSOR = (MalformedError, "No line of this class has this key.")
    NO_PAGE = (MalformedError, "A page of %(name)s goes on where its last line isn't: at %(key)s.")
    BEYOND_PLAN = (TooLargeError, "%(name)s has more than was announced: reading stopped before the line %(key)s.")
    BEYOND_QUOTA = (
        TooLargeError,
        "The copy would have more than %(most)s bytes: reading stopped in %(name)s, before the line %(key)s.",
    )
    NO_MANIFEST = (
        MalformedError,
        "A manifest has exactly `type`, `rules`, `group`, `pod`, `at`, `classes` and `proof`, each in its form.",
    )
    NOT_THEIR_MANIFEST = (NotAuthorError, "A manifest is signed by its person's present key in the personal group.")
    OTHER_LINE = (
        MalformedError,
        "The line %(key)s of the personal group doesn't follow from those before it.",
        "Raden %(key)s i den personliga gruppen följer inte av dem före den.",
    )
    NOT_SETTLED = (
        MalformedError,
        "The personal group in the copy doesn't end with an item that its keepers confirmed.",
        "Den personliga gruppen i kopian slutar inte med något som dess väktare har bekräftat.",
    )
