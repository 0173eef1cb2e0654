"""Diffs give both texts exactly, are the shortest there are, and never cost more than they may."""

from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.diffs import Change, Piece, diff_words, units_of

WORDS = st.lists(st.sampled_from(["a", "b", "c", " ", ".", "\n"]), max_size=12).map("".join)


def side(pieces: tuple[Piece, ...], without: Change) -> str:
    return "".join(piece.text for piece in pieces if piece.change is not without)


def fewest(old: list[str], new: list[str]) -> int:
    """By trying everything: how few units must go or come."""

    @cache
    def between(x: int, y: int) -> int:
        if x == len(old) or y == len(new):
            return len(old) - x + len(new) - y
        if old[x] == new[y]:
            return between(x + 1, y + 1)
        return 1 + min(between(x + 1, y), between(x, y + 1))

    return between(0, 0)


@given(before=st.text(), after=st.text(), steps=st.integers(0, 300))
def test_md_12_deleting_and_inserting_gives_both_texts(before: str, after: str, steps: int) -> None:
    pieces = diff_words(before, after, most_steps=steps)
    assert side(pieces, Change.NEW) == before
    assert side(pieces, Change.GONE) == after


@given(before=WORDS, after=WORDS)
def test_md_12_no_shorter_diff_exists(before: str, after: str) -> None:
    changed = [piece for piece in diff_words(before, after) if piece.change is not Change.SAME]
    assert sum(len(units_of(piece.text)) for piece in changed) == fewest(units_of(before), units_of(after))


@given(before=WORDS, after=WORDS)
def test_md_12_between_what_stays_one_piece_goes_and_then_one_comes(before: str, after: str) -> None:
    kinds = [piece.change for piece in diff_words(before, after)]
    for first, second in pairwise(kinds):
        assert (first, second) in {
            (Change.SAME, Change.GONE),
            (Change.SAME, Change.NEW),
            (Change.GONE, Change.NEW),
            (Change.GONE, Change.SAME),
            (Change.NEW, Change.SAME),
        }


def test_md_12_a_sentence_is_compared_by_words() -> None:
    assert diff_words("The well is dry.", "The old well is not dry.") == (
        Piece(Change.SAME, "The "),
        Piece(Change.NEW, "old "),
        Piece(Change.SAME, "well is"),
        Piece(Change.NEW, " not"),
        Piece(Change.SAME, " dry."),
    )


def test_md_12_texts_without_likeness_are_replaced_at_once_and_cheaply() -> None:
    before, after = (" ".join(f"{letter}{number}" for number in range(20_000)) for letter in "ab")
    pieces = diff_words(before, after)
    assert side(pieces, Change.NEW) == before
    assert side(pieces, Change.GONE) == after
    hostile = diff_words("a b " * 20_000, "b a b b " * 10_000)
    assert side(hostile, Change.GONE) == "b a b b " * 10_000


@pytest.mark.parametrize(
    "units",
    [
        ["\U0001f468\u200d\U0001f469\u200d\U0001f467", " ", "\U0001f44d\U0001f3fd", "\u2764\ufe0f", "1\ufe0f\u20e3"],
        ["\U0001f1f8\U0001f1ea", "\U0001f1f8\U0001f1ee", "\U0001f1f8"],
        ["cafe\u0301s", " ", "noir", ".", "x"],
        ["\u0939\u093f\u0928\u094d\u0926\u0940", " ", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35"],
    ],
)
def test_public_19_what_people_see_as_one_is_one_unit(units: list[str]) -> None:
    assert units_of("".join(units)) == units


def test_public_19_a_comparison_cuts_no_letter() -> None:
    pieces = diff_words("cafe\u0301 noir", "cafe noir")
    assert [piece.text for piece in pieces] == ["cafe\u0301", "cafe", " noir"]
