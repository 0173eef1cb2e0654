"""Texts as search sees them: small plain letters, cut into words, and into pairs of letters where blanks part no words.

Both engines index these pieces, so both find the same; what they think of Ä, hyphens and Chinese differs.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from unicodedata import category, normalize

MOST_TERMS = 12
MOST_PIECES = 36
_WORD = re.compile(r"[^\W_]+")
# With marks, か and は become other letters (が, ぱ); other marks are removed, because people search without them.
_VOICING = "\u3099\u309a"
# Thai, Lao, Myanmar, Korean, Khmer, Japanese, Chinese: no spaces between words, or endings joined to them.
_RUN = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aad\u3005-\u30ff\u3100-\u31ff"
    "\u3400-\u9fff\ua960-\ua97f\ua9e0-\ua9ff\uaa60-\uaadf\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f"
    "\U00020000-\U0003ffff]+)"
)


def folded(text: str) -> str:
    """The pieces of a text as they are indexed, separated by spaces."""
    return " ".join(piece for word in words_of(text) for piece in _pieces(word))


def words_of(text: str) -> Iterator[str]:
    """The words of a text in small letters; in Chinese and similar scripts, each run of letters."""
    plain = _plain(text)
    if plain.isascii() or _RUN.search(plain) is None:
        yield from _WORD.findall(plain)
        return
    for found in _WORD.findall(plain):
        yield from filter(None, _RUN.split(found))


def name_key(name: str) -> str:
    """The key by whose beginning a name is found."""
    return " ".join(words_of(name))


def asked_terms(asked: str) -> list[list[str]]:
    """The terms of a search, each as its pieces in order; the last piece of a word may be a beginning."""
    return [_asked_pieces(word) for word in list(words_of(asked))[:MOST_TERMS]]


def asked_pieces(asked: str) -> list[str]:
    """The pieces with which the index is searched: a text must have each, or a piece that begins with it."""
    return [piece for word in asked_terms(asked) for piece in word][:MOST_PIECES]


def has_terms(text: str, asked: str) -> bool:
    """Whether a text has all the terms of a search, each of which may be a beginning."""
    pieces = folded(text).split()
    return all(_stands_in(word, pieces) for word in asked_terms(asked))


def _plain(text: str) -> str:
    if text.isascii():
        return text.casefold()
    parts = (letter for letter in normalize("NFKD", text) if letter in _VOICING or category(letter)[0] != "M")
    return normalize("NFC", "".join(parts)).casefold()


def _pieces(word: str) -> list[str]:
    """A run cut into overlapping pairs, and its last letter, so that each letter begins a piece."""
    if word.isascii() or not _RUN.match(word):
        return [word]
    return [word[at : at + 2] for at in range(len(word))]


def _asked_pieces(word: str) -> list[str]:
    pairs = ["".join(pair) for pair in pairwise(word)]
    return pairs if pairs and _RUN.match(word) else [word]


def _stands_in(word: Sequence[str], pieces: Sequence[str]) -> bool:
    *whole, last = word
    return any(
        pieces[at].startswith(last) and list(pieces[at - len(whole) : at]) == whole
        for at in range(len(whole), len(pieces))
    )
