"""What others wrote, among our own words: whether anything of it is seen, and that it turns nothing else around.

1. Text is seen if a letter, number, sign or picture is in it. Blanks, joiners, marks and fillers alone are nothing that
   could be a name, or a link that can be pressed.
2. Text that is written from right to left, or that holds signs which turn what follows, is isolated (UAX 9): the
   sentence around it keeps its order. Plain text stays as it is.
"""

from __future__ import annotations

from typing import Final
from unicodedata import bidirectional, category

# Unicode calls them visible, but they look empty: Hangul fillers and the empty Braille cell.
BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800")
TURNING: Final = frozenset({"R", "AL", "AN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
OPENING: Final = frozenset("\u2066\u2067\u2068")
CLOSING: Final = "\u2069"
FIRST_STRONG: Final = "\u2068"


def is_seen(text: str) -> bool:
    """Whether the text has any visible character."""
    return any(category(letter)[0] in "LNPS" and letter not in BLANK for letter in text)


def isolated(text: str) -> str:
    """The text with marks around it, so that it can't change the direction of the sentence in which it stands."""
    if text.isascii() or not any(bidirectional(letter) in TURNING for letter in text):
        return text
    whole = text if _is_balanced(text) else "".join(letter for letter in text if letter not in {*OPENING, CLOSING})
    return f"{FIRST_STRONG}{whole}{CLOSING}"


def _is_balanced(text: str) -> bool:
    """Whether every directional isolate that begins in the text also ends in it."""
    depth = 0
    for letter in text:
        depth += (letter in OPENING) - (letter == CLOSING)
        if depth < 0:
            return False
    return depth == 0
