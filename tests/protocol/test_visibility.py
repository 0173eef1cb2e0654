"""What a lens shows of a post, paragraph by paragraph, and why."""

import pytest

from moderation.scores import Scale, score
from protocol.content import AddressedMark, Sheet, Text, assemble, erased, patch_sheet, post_sheet
from protocol.records.content import Address, ParagraphTarget, Patch, Post, Vote
from protocol.visibility import Combine, Judged, Reason, see
from protocol.votes import CastVote, cast_vote
from tests.support.folders import read_vectors
from tests.support.writing import BO, CY, a_patch, a_post, at, content_of

ONE = at("post", 0)
WHY = {
    Reason.SUPPORTED: "score above 0",
    Reason.BY_WRITER: "by the post's author, score 0",
    Reason.REJECTED: "score below 0",
    Reason.BY_ANOTHER: "by another author, score 0",
    Reason.MARKED_AWAY: "marked away by the post's author, score 0",
    Reason.OUTRANKED: "another version of this paragraph has the better score",
    Reason.ERASED: "erased by its author",
}


def judge_all(text: Text, *standings: dict[Address, int], combine: Combine = Combine.ANY) -> dict[Address, Judged]:
    return {judged.address: judged for judged in see(text, standings, combine)}


def test_the_vectors_paragraphs_are_shown_and_hidden_for_their_reasons() -> None:
    vector = read_vectors("records.json")
    sheets: list[Sheet] = []
    votes: list[CastVote] = []
    for own, group, content in content_of(vector):
        match content:
            case Post():
                sheets.insert(0, post_sheet(own, group, content))
            case Patch():
                sheets.append(patch_sheet(own, group, content))
            case Vote():
                votes.append(cast_vote(own, content))
    text = assemble(sheets[0], sheets[1:])
    scale = Scale(weights={1: 3000, 2: 2000})
    standing = {
        address: score(scale, [vote for vote in votes if vote.target == ParagraphTarget(address).token])
        for address in text.order
    }
    seen = [(text.paragraph(judged.address), judged) for judged in see(text, [standing])]

    assert [paragraph.text for paragraph, judged in seen if paragraph and judged.shown] == vector["shown"]
    hidden = {paragraph.text: WHY[judged.reason] for paragraph, judged in seen if paragraph and not judged.shown}
    assert hidden == {entry["text"]: entry["why"] for entry in vector["hidden"]}


@pytest.mark.parametrize(
    ("score_micro", "writer", "marked", "reason"),
    [
        (1, BO, True, Reason.SUPPORTED),
        (-1, None, False, Reason.REJECTED),
        (0, None, False, Reason.BY_WRITER),
        (0, None, True, Reason.MARKED_AWAY),
        (0, BO, False, Reason.BY_ANOTHER),
    ],
)
def test_a_paragraphs_score_writer_and_mark_decide(
    score_micro: int, writer: object, marked: bool, reason: Reason
) -> None:
    paragraph = at("p") if writer else ONE
    patches = [a_patch("p", [(ONE, "by bo")], writer=BO)]
    if marked:
        patches.append(a_patch("q", marks=[AddressedMark(paragraph, deleted=True)]))
    judged = judge_all(assemble(a_post("post", "one"), patches), {paragraph: score_micro})[paragraph]

    assert (judged.reason, judged.shown) == (reason, reason in {Reason.SUPPORTED, Reason.BY_WRITER})


def test_a_strangers_deletion_hides_nothing() -> None:
    text = assemble(a_post("post", "one"), [a_patch("p", marks=[AddressedMark(ONE, deleted=True)], writer=BO)])

    assert judge_all(text)[ONE].shown


def edited(*more: Sheet) -> Text:
    """Ada's paragraph, and a better one by bo and by cy each."""
    better = [
        a_patch(name, [(ONE, name)], [AddressedMark(ONE, replaced_by=at(name))], writer=writer)
        for name, writer in (("p", BO), ("q", CY))
    ]
    return assemble(a_post("post", "one", "two"), [*better, *more])


def test_of_a_slot_the_highest_score_stands_and_the_others_name_it() -> None:
    seen = judge_all(edited(), {at("p"): 500, at("q"): 700})

    assert [address for address, judged in seen.items() if judged.shown] == [at("q"), at("post", 1)]
    assert (seen[at("p")].reason, seen[at("p")].instead) == (Reason.OUTRANKED, at("q"))
    assert (seen[ONE].reason, seen[ONE].instead) == (Reason.OUTRANKED, at("q"))


def test_a_proposal_that_nobody_supports_replaces_nothing() -> None:
    seen = judge_all(edited())

    assert [address for address, judged in seen.items() if judged.shown] == [ONE, at("post", 1)]
    assert seen[at("p")].reason is Reason.BY_ANOTHER
    assert seen[at("p")].instead == ONE


def test_among_equals_the_one_that_the_writer_chose_stands() -> None:
    for chosen in ("p", "q"):
        text = edited(a_patch("r", marks=[AddressedMark(ONE, replaced_by=at(chosen))]))
        shown = {address for address, judged in judge_all(text, {at("p"): 5, at("q"): 5}).items() if judged.shown}
        assert shown == {at(chosen), at("post", 1)}


def test_among_equals_that_the_writer_left_open_the_lowest_address_stands() -> None:
    shown = {address for address, judged in judge_all(edited(), {at("p"): 5, at("q"): 5}).items() if judged.shown}

    assert shown == {min(at("p"), at("q")), at("post", 1)}


def test_the_writers_replacements_in_a_circle_still_show_one_where_votes_hold_them() -> None:
    there = a_patch("p", [(ONE, "new")], [AddressedMark(ONE, replaced_by=at("p"))])
    and_back = a_patch("q", marks=[AddressedMark(at("p"), replaced_by=ONE)], counter=3)
    text = assemble(a_post("post", "one"), [there, and_back])

    assert not any(judged.shown for judged in see(text, []))
    assert [judged.address for judged in see(text, [{ONE: 1, at("p"): 1}]) if judged.shown] == [min(ONE, at("p"))]


def test_an_erased_replacement_gives_the_place_back() -> None:
    edit = a_patch("p", [(ONE, "new")], [AddressedMark(ONE, replaced_by=at("p"))])
    seen = judge_all(assemble(a_post("post", "one"), [erased(edit)]), {at("p"): 1000})

    assert seen[ONE].shown
    assert seen[at("p")].reason is Reason.ERASED


@pytest.mark.parametrize(("combine", "shown"), [(Combine.ANY, True), (Combine.ALL, False)])
def test_two_groups_that_disagree_are_joined_by_any_or_all(combine: Combine, shown: bool) -> None:
    text = assemble(a_post("post", "one"), [])
    judged = judge_all(text, {ONE: 3}, {ONE: -2}, combine=combine)[ONE]

    assert (judged.shown, judged.scores) == (shown, (3, -2))
    assert judged.reason is (Reason.SUPPORTED if shown else Reason.REJECTED)


def test_a_lens_of_no_group_shows_the_writers_own_version() -> None:
    assert [address for address, judged in judge_all(edited()).items() if judged.shown] == [ONE, at("post", 1)]
