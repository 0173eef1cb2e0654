"""Versions of a post and the steps between them: what was written, whatever votes say."""

from hypothesis import given
from hypothesis import strategies as st

from moderation.versions import Step, steps, version
from protocol.content import AddressedMark, Sheet, assemble
from tests.support.writing import ADA, BO, CY, a_patch, a_post, an_id, at

POST = a_post("post", "one", "two", "three")
SIX = [
    POST,
    a_patch("p1", [(at("post", 1), "two and a half")], counter=2),
    a_patch("p2", [(at("post", 0), "One")], [AddressedMark(at("post", 0), replaced_by=at("p2"))], writer=BO, counter=1),
    a_patch("p3", [], [AddressedMark(at("post", 2), deleted=True)], counter=3),
    a_patch("p4", [(at("post", 0), "ONE")], [AddressedMark(at("post", 0), replaced_by=at("p4"))], writer=CY, counter=1),
    a_patch("p5", [], [AddressedMark(at("post", 2))], counter=4),
    a_patch("p6", [], [AddressedMark(at("p1"), deleted=True)], counter=5),
]
WHOLE = assemble(POST, SIX)


def told(count: int) -> list[str]:
    return [WHOLE.paragraph(place).text for place in version(POST.id, SIX[:count])]  # type: ignore[union-attr]


def test_md_12_each_version_has_every_record_up_to_it() -> None:
    assert [told(count) for count in range(1, 8)] == [
        ["one", "two", "three"],
        ["one", "two", "two and a half", "three"],
        ["One", "two", "two and a half", "three"],
        ["One", "two", "two and a half"],
        ["ONE", "two", "two and a half"],
        ["ONE", "two", "two and a half", "three"],
        ["ONE", "two", "three"],
    ]


def test_md_12_a_replaced_paragraph_and_the_one_in_its_place_are_one_change() -> None:
    first, last = version(POST.id, SIX[:2]), version(POST.id, SIX[:4])
    assert steps(WHOLE, first, last) == (
        Step(at("post", 0), at("p2")),
        Step(at("post", 1), at("post", 1)),
        Step(at("p1"), at("p1")),
        Step(at("post", 2), None),
    )


def test_md_12_an_erased_record_is_in_no_version() -> None:
    bare = Sheet(an_id("p1"), POST.id, ADA, 0, 2, (None,), (at("post", 1),), erased=True)
    assert version(POST.id, [POST, bare]) == tuple(at("post", index) for index in range(3))


@given(first=st.integers(1, 7), second=st.integers(1, 7))
def test_md_12_both_sides_of_the_steps_are_the_two_versions(first: int, second: int) -> None:
    before, after = version(POST.id, SIX[:first]), version(POST.id, SIX[:second])
    walked = steps(WHOLE, before, after)
    assert {step.before for step in walked} - {None} == set(before)
    assert {step.after for step in walked} - {None} == set(after)
    assert len([step for step in walked if step.before]) == len(before)
    assert len([step for step in walked if step.after]) == len(after)
