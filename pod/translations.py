"""What pages say, in the reader's language: gettext catalogues, and numbers and times as people write them.

The English sentence is the message itself; `pod/locale/<language>/*.po` translate it, one file an area. Catalogues
are read as they are written, so there is no build step; a test holds them complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from pod.foreign_text import isolated

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "sv": "Svenska"}
DEFAULT: Final = "en"
MINUS: Final = "−"
MOST_NUMBERS: Final = 1000

Message = str | tuple[str, ...]


class Translator:
    """The sentences of one language: `say("%(n)s posts", n=3)`; `say.many(…)` chooses the plural for a number."""

    def __init__(self, language: str, messages: Mapping[str, Message]) -> None:
        self.language = language
        self._messages = messages
        self._locale = Locale.parse(language)

    def __call__(self, text: str, /, **values: object) -> str:
        """The sentence, translated, with its `%(names)s` filled in; markup if any of the values is."""
        found = self._messages.get(text, text)
        said = found if isinstance(found, str) else found[0]
        return _filled(said, values) if values else said.replace("%%", "%")

    def many(self, one: str, more: str, count: int, /, **values: object) -> str:
        """The sentence for `count` things, translated; `%(count)s` is the number."""
        found = self._messages.get(one, (one, more))
        forms = (found, found) if isinstance(found, str) else found
        said = forms[0 if count == 1 else -1]
        return _filled(said, {"count": self.number(count), **values})

    def number(self, number: float) -> str:
        """A number with the language's separators."""
        return _decimal(number, self._locale) if type(number) is int else format_decimal(number, locale=self._locale)

    def quantity(self, number: int, decimals: int, *, sign: bool = False) -> str:
        """10^-decimals units, exactly, with at least one decimal and the language's decimal sign: 2.5, +1.0, −0.5."""
        whole, part = divmod(abs(number), 10**decimals)
        fraction = f"{part:0{decimals}}".rstrip("0") or "0"
        mark = MINUS if number < 0 else "+" if sign and number > 0 else ""
        return f"{mark}{whole}{self._point}{fraction}"

    def score(self, score_micro: int) -> str:
        """A score, exactly, with its sign."""
        return self.quantity(score_micro, 6, sign=True)

    def weight(self, weight: int) -> str:
        """A weight in thousandths, exactly."""
        return self.quantity(weight, 3)

    def moment(self, at_ms: int) -> str:
        """A time in UTC, to the minute; empty if it is outside the calendar."""
        at = _datetime(at_ms)
        return f"{format_datetime(at, 'd MMM y HH:mm', locale=self._locale)} UTC" if at else ""

    def day(self, at_ms: int) -> str:
        """A date in UTC; empty if it is outside the calendar."""
        at = _datetime(at_ms)
        return format_date(at, "d MMM y", locale=self._locale) if at else ""

    def stamp(self, at_ms: int) -> str:
        """A time in the form of RFC 3339, for programs; empty if it is outside the calendar."""
        at = _datetime(at_ms)
        return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""

    def time(self, at_ms: int) -> Markup:
        """The moment as a `<time>` element."""
        return Markup('<time datetime="{}">{}</time>').format(self.stamp(at_ms), self.moment(at_ms))

    @property
    def _point(self) -> str:
        return str(self._locale.number_symbols["latn"]["decimal"])


@lru_cache(MOST_NUMBERS)
def _decimal(number: int, locale: Locale) -> str:
    return str(format_decimal(number, locale=locale))


def _filled(said: str, values: Mapping[str, object]) -> str:
    """The sentence with these values, each isolated so that it can't change the sentence's direction.

    Beside a value that is markup all else is escaped; such a sentence stands in a page as it is, and in no attribute.
    """
    filling, marked = dict(values), False
    for name, value in values.items():
        if isinstance(value, Markup):
            marked = True
        elif isinstance(value, str):
            filling[name] = isolated(value)
    return escape(said) % filling if marked else said % filling


def _datetime(at_ms: int) -> datetime | None:
    if at_ms == 0:  # an erased record has no time
        return None
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


@cache
def translator_for(language: str) -> Translator:
    """The translator of a language in LANGUAGES."""
    return Translator(language, {} if language == DEFAULT else messages_of(language))


def messages_of(language: str) -> dict[str, Message]:
    """All translated messages of a language's catalogues, with their translations."""
    found: dict[str, Message] = {}
    for catalogue in catalogues(language).values():
        for message in catalogue:
            if message.id and message.string and not message.fuzzy:
                key = message.id if isinstance(message.id, str) else message.id[0]
                found[key] = message.string if isinstance(message.string, str) else tuple(message.string)
    return found


def catalogues(language: str) -> dict[str, Catalog]:
    """The catalogues of a language by area."""
    folder = files("pod").joinpath("locale", language)
    entries = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".po")), key=lambda entry: entry.name)
    return {entry.name.removesuffix(".po"): read_po(BytesIO(entry.read_bytes()), locale=language) for entry in entries}


def preferred(accepted: str) -> str | None:
    """Which of our languages an Accept-Language field prefers; None if it names none of them."""
    wanted = []
    # Upper and lower case mean the same here (RFC 4647, RFC 9110).
    for part in accepted[:500].lower().split(","):
        name, *parameters = part.split(";")
        wanted.append((-_quality(parameters), name.strip().replace("_", "-").partition("-")[0]))
    ranked = sorted(wanted, key=lambda entry: entry[0])
    return next((name for rank, name in ranked if rank < 0 and name in LANGUAGES), None)


def _quality(parameters: Sequence[str]) -> float:
    named = dict(parameter.replace(" ", "").partition("=")[::2] for parameter in parameters)
    try:
        return float(named.get("q", "1"))
    except ValueError:
        return 0.0
