"""Where a text may be cut: never within what people take for one letter or picture (UAX 29, extended clusters).

Rules of this file:

1. A mark, joiner, skin tone or tag belongs to what stands before it, and what follows a joiner does, too.
2. Two letters of a flag are one; vowels and finals of a Hangul syllable belong to its beginning; CR and LF are one.
3. Of a cluster that is longer than what may be kept nothing is kept.
"""

import re
import unicodedata
from typing import Final

JOINER: Final = "\u200d"
FLAG_LETTER: Final = re.compile("[\U0001f1e6-\U0001f1ff]")
_ON_WHAT_STANDS_BEFORE: Final = re.compile("[\u200c\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_HANGUL_FIRST: Final = re.compile("[\u1100-\u115f\ua960-\ua97c]")
_HANGUL_AFTER: Final = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb]")


def is_on_what_stands_before(letter: str) -> bool:
    """Whether a code point is drawn on the one before it, or joins two others."""
    return unicodedata.category(letter)[0] == "M" or _ON_WHAT_STANDS_BEFORE.match(letter) is not None


def beginning(text: str, most: int) -> str:
    """The longest beginning of at most `most` code points that doesn't cut a cluster."""
    if len(text) <= most:
        return text
    end = most
    while end > 0 and _is_within(text, end):
        end -= 1
    return text[:end]


def first_cluster(text: str) -> str:
    """What people see as the first letter of a text."""
    end = min(1, len(text))
    while end < len(text) and _is_within(text, end):
        end += 1
    return text[:end]


def _is_within(text: str, at: int) -> bool:
    """Whether the code points before and at a place belong together; `at`: from 1 to the last place."""
    last, first = text[at - 1], text[at]
    if last.isascii() and first.isascii():
        return last == "\r" and first == "\n"
    if last == JOINER or is_on_what_stands_before(first):
        return True
    if FLAG_LETTER.match(first):
        return _flag_letters_before(text, at) % 2 == 1
    if _HANGUL_FIRST.match(first):
        return _HANGUL_FIRST.match(last) is not None
    return _HANGUL_AFTER.match(first) is not None


def _flag_letters_before(text: str, at: int) -> int:
    count = 0
    while count < at and FLAG_LETTER.match(text[at - 1 - count]):
        count += 1
    return count
