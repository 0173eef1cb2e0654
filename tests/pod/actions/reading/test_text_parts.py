"""A page's part of a text: all parts together are the text, each is judged as in the whole, and none grows with it."""

from __future__ import annotations

from random import Random

import pytest

from models.content.sheets import blank
from pod.actions.reading.post.slices import MOST_PARAGRAPHS
from pod.actions.reading.post.text_parts import MOST_ADDRESSES, Portion, part_from, part_of
from pod.outlines import Outline, Outlines
from protocol.content import AddressedMark, Sheet, Text, assemble
from protocol.records.content import Address
from protocol.visibility import see
from tests.support.writing import BO, CY, a_patch, a_post, at


def a_long_text(patches: int, seed: int = 1) -> Text:
    """A post that others add to and rewrite, here and there."""
    chance, post = Random(seed), a_post("post", *(f"Sentence {index}." for index in range(50)))
    sheets, places = [post], [at("post", index) for index in range(50)]
    for number in range(patches):
        place = chance.choice(places)
        marks = [AddressedMark(place, replaced_by=at(f"p{number}"))] if chance.random() < 0.4 else []
        sheets.append(a_patch(f"p{number}", [(place, f"By {number}.")], marks, writer=chance.choice((BO, CY))))
        places.append(at(f"p{number}"))
    sheets.append(a_patch("late", [(at("unknown"), "Waits.")]))
    return assemble(post, [blank(sheet) for sheet in sheets])


def parts(text: Text) -> list[tuple[Text, Portion]]:
    found = [part_from(text, 0)]
    while (following := found[-1][1].next) is not None:
        found.append(part_from(text, following))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_w8_all_parts_are_the_text_in_its_order_and_are_judged_as_in_the_whole(seed: int) -> None:
    text, chance = a_long_text(900, seed), Random(seed)
    standing = {address: chance.choice((-1, 0, 0, 1, 2)) for address in text.order}
    whole = {judged.address: judged for judged in see(text, [standing])}
    found = parts(text)
    assert len(found) > 2
    assert [address for _, portion in found for address in portion.own] == list(text.order)
    for part, portion in found:
        judged = see(part, [standing])
        assert tuple(one.address for one in judged[: len(portion.own)]) == portion.own
        assert [one for one in judged if one != whole[one.address]] == []
    assert [part.waiting for part, _ in found] == [()] * (len(found) - 1) + [(at("late"),)]


def test_w8_a_part_does_not_grow_with_the_text() -> None:
    def weight(text: Text) -> int:
        part, _ = part_from(text, 300)
        return len(part.sheets) + len(part.order) + len(part.slots)

    few, many = weight(a_long_text(800)), weight(a_long_text(8000))
    assert many < 1.5 * few
    assert few < 4 * MOST_ADDRESSES


def test_w8_versions_of_one_paragraph_take_one_place_and_a_part_has_an_end_all_the_same() -> None:
    def versions(count: int) -> Text:
        sheets: list[Sheet] = []
        standing = at("post", 0)
        for number in range(count):
            marks = [AddressedMark(standing, replaced_by=at(f"v{number}"))]
            sheets.append(a_patch(f"v{number}", [(standing, "v")], marks, writer=BO))
            standing = at(f"v{number}")
        return assemble(a_post("post", *map(str, range(MOST_PARAGRAPHS))), sheets)

    assert part_from(versions(1), 0)[1].next is None
    assert len(part_from(versions(2 * MOST_ADDRESSES), 0)[1].own) == MOST_ADDRESSES


def test_w8_a_part_begins_with_what_is_asked_about_unless_the_first_page_has_it() -> None:
    text = a_long_text(600)
    late, early = text.order[350], text.order[20]
    assert part_from(text, 0, late)[1].own[0] == late
    assert part_from(text, 0, early)[1].start == 0
    assert part_from(text, 100, late)[1].start == 100
    assert part_from(text, 10**12)[1].own == text.order[-1:]


def test_w8_one_paragraph_is_judged_with_its_versions_and_what_does_not_hang_is_not_there() -> None:
    text = a_long_text(900)
    address = next(iter(text.slots))
    part, portion = part_of(text, [address])
    assert portion.own == (address,)
    assert set(part.order) == set(text.slots[address])
    for unknown in (at("late"), at("unknown"), Address(text.post, 50)):
        assert part_of(text, [unknown])[1].own == ()


def test_w8_outlines_hold_what_is_of_the_present_stamp_and_no_more_than_there_is_room_for() -> None:
    text = a_long_text(10)
    outline = Outline(text)
    outlines = Outlines(3 * (len(text.order) + len(text.waiting) + len(text.sheets)))
    for key in "abcd":
        outlines.keep(key, (1, 1), outline)
    assert [outlines.get(key, (1, 1)) is outline for key in "abcd"] == [False, True, True, True]
    assert outlines.get("b", (1, 2)) is None
    outlines.keep("b", (1, 2), outline)
    assert [outlines.get(key, (1, 1)) is outline for key in "bcd"] == [False, True, True]
