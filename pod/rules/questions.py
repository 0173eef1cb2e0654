"""Rules of asking a group something: what a poll lacks before it can be published, and what a pod keeps of it."""

from __future__ import annotations

from pod.errors import NotFoundError
from protocol.errors import MalformedError, MayNotWriteError, Rule, TooLargeError


class AskingRule(Rule):
    """Rules of polls in writing."""

    MAY_NOT_ASK = (
        MayNotWriteError,
        "In this group, members with weight %(weight)s or more start polls. Ask one of them to start yours.",
        "I den här gruppen startar medlemmar med vikt %(weight)s eller mer omröstningar. Be någon av dem starta din.",
    )
    NO_SUCH_DRAFT = (
        NotFoundError,
        "You have no such draft: it was published or deleted.",
        "Du har inget sådant utkast: det är publicerat eller borttaget.",
    )
    MANY_DRAFTS = (
        TooLargeError,
        "You have %(most)s drafts, as many as this server keeps. Publish or delete one first.",
        "Du har %(most)s utkast, så många som servern sparar. Publicera eller ta bort ett först.",
    )
    LONG_DRAFT = (
        TooLargeError,
        "A poll has room for %(most)s bytes. Shorten the background or the options.",
        "En omröstning rymmer %(most)s byte. Korta bakgrunden eller alternativen.",
    )
    NO_QUESTION = (MalformedError, "Write the question.", "Skriv frågan.")
    LONG_QUESTION = (
        MalformedError,
        "A question has at most %(most)s letters. Put the rest into the background.",
        "En fråga har högst %(most)s bokstäver. Skriv resten i bakgrunden.",
    )
    LONG_BACKGROUND = (
        MalformedError,
        "The background has at most %(most)s paragraphs.",
        "Bakgrunden har högst %(most)s stycken.",
    )
    NO_SUCH_GOAL = (
        MalformedError,
        "The poll that you name as goal isn't one of this group's.",
        "Omröstningen som du anger som mål är inte en av gruppens.",
    )
    NO_KIND = (MalformedError, "Choose what kind of poll it is.", "Välj vilket slags omröstning det är.")
    FEW_OPTIONS = (
        MalformedError,
        "Write at least two options.",
        "Skriv minst två alternativ.",
    )
    FEW_OPTIONS_YET = (
        MalformedError,
        "Write at least two options, or let members propose some.",
        "Skriv minst två alternativ, eller låt medlemmarna föreslå några.",
    )
    MANY_OPTIONS = (
        MalformedError,
        "A poll has at most %(most)s options.",
        "En omröstning har högst %(most)s alternativ.",
    )
    LONG_OPTION = (
        MalformedError,
        "Option %(number)s: a name has at most %(most)s letters.",
        "Alternativ %(number)s: ett namn har högst %(most)s bokstäver.",
    )
    NAMELESS_OPTION = (
        MalformedError,
        "Option %(number)s has no name.",
        "Alternativ %(number)s har inget namn.",
    )
    OPTION_TWICE = (
        MalformedError,
        "Option %(number)s has the name of another.",
        "Alternativ %(number)s heter som ett annat.",
    )
    OPTION_TIME = (
        MalformedError,
        "Option %(number)s needs a beginning and an end, and the end comes later.",
        "Alternativ %(number)s behöver en början och ett slut, och slutet kommer senare.",
    )
    NO_SUCH_AREA = (
        MalformedError,
        "The group has no such subject area any more. Choose again.",
        "Gruppen har inte det ämnesområdet längre. Välj igen.",
    )
    MANY_AREAS = (
        MalformedError,
        "A group has at most %(most)s subject areas.",
        "En grupp har högst %(most)s ämnesområden.",
    )
    LONG_AREA = (
        MalformedError,
        "Area %(number)s: a name has at most %(most)s letters.",
        "Område %(number)s: ett namn har högst %(most)s bokstäver.",
    )
    AREA_BELOW_ITSELF = (
        MalformedError,
        "Area %(number)s would lie below itself. Choose another one above it.",
        "Område %(number)s skulle ligga under sig självt. Välj ett annat ovanför.",
    )
    PHASE_LENGTH = (
        MalformedError,
        "Phase %(number)s: write how long it lasts, a whole number above 0, or until when.",
        "Skede %(number)s: skriv hur länge det varar, ett heltal över 0, eller till när.",
    )
    PHASE_BOUNDS = (
        MalformedError,
        "Phase %(number)s lasts at least an hour and at most two years.",
        "Skede %(number)s varar minst en timme och högst två år.",
    )
    PHASE_ORDER = (
        MalformedError,
        "Phase %(number)s would end before it begins.",
        "Skede %(number)s skulle sluta innan det börjar.",
    )
    WINDOW_LENGTH = (
        MalformedError,
        "The last two lengths are whole numbers from 0.",
        "De två sista längderna är heltal från 0.",
    )
    QUORUM_NUMBER = (
        MalformedError,
        "A quorum is a whole number: 0 to 100 per cent, or so many voices.",
        "Kravet på deltagande är ett heltal: 0 till 100 procent, eller så många röster.",
    )
    NO_SUCH_TEMPLATE = (
        NotFoundError,
        "The group has no such template.",
        "Gruppen har ingen sådan mall.",
    )
    TEMPLATE_NAME = (
        MalformedError,
        "Give the template a name of at most %(most)s letters.",
        "Ge mallen ett namn med högst %(most)s bokstäver.",
    )
    MANY_TEMPLATES = (
        TooLargeError,
        "A group has at most %(most)s templates. Delete one first.",
        "En grupp har högst %(most)s mallar. Ta bort en först.",
    )
    MANY_SUBSCRIPTIONS = (
        TooLargeError,
        "You follow %(most)s areas, delegates and polls, as many as this server keeps. Stop following some.",
        "Du följer %(most)s områden, ombud och omröstningar, så många som servern sparar. Sluta följa några.",
    )
    NO_TEMPLATE = (
        MalformedError,
        "This isn't a template as it is exported here.",
        "Det här är inte en mall som den exporteras här.",
    )
