"""The order of names in a list: that of the reader's language, capitals and small letters together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from unicodedata import combining, normalize

# At most so many names are sorted at once. A longer list is in the order of code points, which a database pages
# through without reading all of it.
MOST_SORTED: Final = 2000

# Separate letters, after z. In other languages they are sorted with the letter without its mark.
_AFTER_Z: Final = "z\uffff"
_OWN_LETTERS: Final[Mapping[str, Mapping[str, str]]] = {
    "sv": {letter: f"{_AFTER_Z}{place}" for letter, place in (("å", 1), ("ä", 2), ("æ", 2), ("ö", 3), ("ø", 3))}
}

NamePlace = tuple[str, str, str]


def name_place(name: str, language: str) -> NamePlace:
    """The sort key of a name: first its letters, then their marks, then whether they are capitals."""
    text = normalize("NFC", name).casefold()
    if text.isascii():
        return text, text, name
    own = _OWN_LETTERS.get(language, {})
    return "".join(own.get(letter) or _without_marks(letter) for letter in text), text, name


def _without_marks(letter: str) -> str:
    return "".join(part for part in normalize("NFKD", letter) if not combining(part))
