"""A post and its patches become one text: reading order, waiting paragraphs, marks, slots."""

import time

import pytest

from protocol.content import (
    AddressedMark,
    Sheet,
    Text,
    assemble,
    erased,
    extend,
    member_writer,
    patch_sheet,
    post_sheet,
)
from protocol.records.content import Address, Paragraph, Patch, Post, parse_content
from tests.support.folders import read_vectors
from tests.support.writing import ADA, BO, CY, GROUP, a_body, a_patch, a_post, an_id, at, content_of


def read(text: Text) -> list[str]:
    found = (text.paragraph(address) for address in text.order)
    return [paragraph.text if paragraph else "—" for paragraph in found]


def test_the_vectors_reading_order_is_met() -> None:
    vector = read_vectors("records.json")
    sheets: dict[str, Sheet] = {}
    for own, group, content in content_of(vector):
        if isinstance(content, Post):
            sheets["Post"] = post_sheet(own, group, content)
        elif isinstance(content, Patch):
            sheets[own] = patch_sheet(own, group, content)
    text = assemble(sheets.pop("Post"), sheets.values())

    assert [
        {"record": address.record, "index": address.index, "text": said}
        for address, said in zip(text.order, read(text), strict=True)
    ] == vector["reading_order"]


def test_an_add_without_after_stands_before_the_posts_own_paragraphs() -> None:
    text = assemble(a_post("post", "one", "two"), [a_patch("p", [(None, "zero")])])

    assert read(text) == ["zero", "one", "two"]


def test_a_patchs_own_paragraphs_stand_after_what_others_hang_on_the_same_place() -> None:
    patch = a_patch("p", [(at("post"), "a"), (at("p", 0), "b"), (at("p", 0), "c")])
    other = a_patch("q", [(at("p", 0), "x")], writer=BO)

    assert read(assemble(a_post("post", "one", "two"), [other, patch])) == ["one", "a", "x", "b", "c", "two"]


def test_concurrent_adds_stand_in_the_order_of_their_ids() -> None:
    patches = [a_patch(name, [(at("post"), name)]) for name in ("p", "q", "r", "s")]

    expected = [name for _, name in sorted((an_id(name), name) for name in ("p", "q", "r", "s"))]
    assert read(assemble(a_post("post", "one"), patches)) == ["one", *expected]


def test_an_add_after_an_unknown_paragraph_waits_and_is_hung_when_that_comes() -> None:
    late = a_patch("late", [(at("early"), "late")])
    text = assemble(a_post("post", "one"), [late])
    assert (read(text), text.waiting) == (["one"], (at("late"),))
    assert text.paragraph(at("late")) == Paragraph("text", "late")

    whole = extend(text, [a_patch("early", [(at("post"), "early")])])
    assert (read(whole), whole.waiting) == (["one", "early", "late"], ())


@pytest.mark.parametrize(
    "after", [at("another post"), at("post", 7), at("p", 5)], ids=["elsewhere", "past the end", "past its own end"]
)
def test_an_add_after_what_never_comes_waits_for_good(after: Address) -> None:
    text = assemble(a_post("post", "one"), [a_patch("p", [(after, "lost"), (at("p", 0), "with it")])])

    assert read(text) == ["one"]
    assert text.waiting == (at("p", 0), at("p", 1))


def test_a_patch_of_another_post_is_passed_over() -> None:
    text = assemble(a_post("post", "one"), [a_patch("p", [(at("post"), "x")], post="another post")])

    assert read(text) == ["one"]
    assert an_id("p") not in text.sheets


def test_a_patch_that_comes_twice_counts_once() -> None:
    patch = a_patch("p", [(at("post"), "x")])

    assert read(assemble(a_post("post", "one"), [patch, patch])) == ["one", "x"]


def test_a_chain_over_100_000_patches_is_read_without_recursion() -> None:
    patches = [a_patch("0", [(at("post"), "0")])]
    for number in range(1, 100_000):
        patches.append(
            Sheet(an_id(number), an_id("post"), ADA, 0, 1, patches[0].paragraphs, (Address(patches[-1].id, 0),))
        )
    text = assemble(a_post("post", "one"), reversed(patches))

    assert text.order[1:] == tuple(Address(patch.id, 0) for patch in patches)


def test_an_erased_patch_keeps_the_places_and_loses_text_and_marks() -> None:
    patch = a_patch("p", [(at("post"), "secret")], [AddressedMark(at("post"), deleted=True)])
    hung_on_it = a_patch("q", [(at("p"), "below")])
    post = a_post("post", "one", "two")

    for arrival in ([patch, erased(patch), hung_on_it], [erased(patch), hung_on_it, patch]):
        text = assemble(post, arrival)
        assert read(text) == ["one", "—", "below", "two"]
        assert not text.marks


def test_of_a_writers_marks_the_newest_counts_and_neither_takes_it_back() -> None:
    post = a_post("post", "one")
    delete = a_patch("p", marks=[AddressedMark(at("post"), deleted=True)], counter=2)
    back = a_patch("q", marks=[AddressedMark(at("post"))], counter=3)
    of_later_key = a_patch("r", marks=[AddressedMark(at("post"), deleted=True)], counter=1, key=1)

    assert (ADA, at("post")) in assemble(post, [delete]).marks
    assert not assemble(post, [back, delete]).marks
    assert (ADA, at("post")) in assemble(post, [of_later_key, back, delete]).marks


def test_of_two_marks_in_one_patch_the_last_counts() -> None:
    marks = [AddressedMark(at("post"), deleted=True), AddressedMark(at("post"))]

    assert not assemble(a_post("post", "one"), [a_patch("p", marks=marks)]).marks


def test_marks_on_paragraphs_of_other_posts_do_nothing() -> None:
    marks = [AddressedMark(at("elsewhere"), deleted=True), AddressedMark(at("post"), replaced_by=at("elsewhere"))]

    text = assemble(a_post("post", "one"), [a_patch("p", marks=marks)])
    assert not text.marks
    assert not text.slots


def test_replaced_by_joins_transitively_and_a_cycle_ends() -> None:
    post = a_post("post", "one", "other")
    patches = [
        a_patch("p", [(at("post"), "two")], [AddressedMark(at("post"), replaced_by=at("p"))]),
        a_patch("q", [(at("p"), "three")], [AddressedMark(at("p"), replaced_by=at("q"))], counter=3),
        a_patch("r", marks=[AddressedMark(at("q"), replaced_by=at("post"))], counter=4),
    ]
    slot = tuple(sorted([at("post"), at("p"), at("q")]))

    assert assemble(post, patches[:2]).led_to == {at("q")}
    text = assemble(post, patches)
    assert text.slots == dict.fromkeys(slot, slot)
    assert not text.led_to


def test_a_stranger_joins_his_own_replacement_only_and_to_one_paragraph() -> None:
    post = a_post("post", "one", "two", "three")
    pull_together = a_patch(
        "p",
        [(at("post"), "mine")],
        [
            AddressedMark(at("post", 0), replaced_by=at("post", 1)),
            AddressedMark(at("post", 1), replaced_by=at("p")),
            AddressedMark(at("post", 2), replaced_by=at("p")),
        ],
        writer=BO,
    )
    slot = tuple(sorted([at("post", 2), at("p")]))

    assert assemble(post, [pull_together]).slots == dict.fromkeys(slot, slot)


def test_another_stranger_cant_replace_by_what_somebody_else_wrote() -> None:
    proposal = a_patch("p", [(at("post"), "better")], writer=BO)
    by_cy = a_patch("q", marks=[AddressedMark(at("post"), replaced_by=at("p"))], writer=CY)

    assert not assemble(a_post("post", "one"), [proposal, by_cy]).slots


def test_the_writer_accepts_a_strangers_replacement() -> None:
    proposal = a_patch("p", [(at("post"), "better")], writer=BO)
    accepted = a_patch("q", marks=[AddressedMark(at("post"), replaced_by=at("p"))], writer=ADA)

    assert set(assemble(a_post("post", "one"), [proposal, accepted]).slots) == {at("post"), at("p")}


def test_a_patch_names_its_own_new_paragraph_as_replacement() -> None:
    body = a_body(
        post=an_id("post"),
        adds=[{"after": {"record": an_id("post"), "index": 0}, "style": "text", "text": "new"}],
        marks=[{"paragraph": {"record": an_id("post"), "index": 0}, "replaced_by": {"index": 0}}],
    )
    patch = parse_content("Patch", body)
    assert isinstance(patch, Patch)
    sheet = patch_sheet(an_id("p"), GROUP, patch)

    assert sheet.marks == (AddressedMark(at("post"), replaced_by=at("p")),)
    assert sheet.writer == member_writer(GROUP, 1)


def test_200_paragraphs_and_50_patches_of_500_adds_in_all_take_less_than_a_blink() -> None:
    post = a_post("post", *map(str, range(200)))
    patches = [
        a_patch(
            f"patch {number}",
            [(at("post", 3 * number), str(add)) for add in range(10)],
            [AddressedMark(at("post", 3 * number), replaced_by=at(f"patch {number}"))],
            counter=number + 2,
        )
        for number in range(50)
    ]
    started = time.perf_counter()
    for _ in range(10):
        text = assemble(post, patches)
    per_text = (time.perf_counter() - started) / 10

    assert len(text.order) == 700
    assert per_text < 0.05, f"{per_text * 1000:.1f} ms"  # about 2 ms; the bound allows for busy neighbours
