"""Strategies for what communities write: posts, forks of patches, conflicting marks, votes; each run says how often.

A world is drawn in the order in which it could have been written (a record can name only earlier ones, by hash), and is
then dealt in any order.
"""

from dataclasses import dataclass

from hypothesis import event, target
from hypothesis import strategies as st

from moderation.scores import Scale
from protocol.content import AddressedMark, Sheet, Text, Writer, assemble
from protocol.records.content import Address, Paragraph, ParagraphTarget, Token
from protocol.votes import CastVote, GuestBallot
from tests.support.writing import ADA, BO, CY, a_post, an_id, at

WRITERS = [ADA, BO, CY]
ELSEWHERE = [at("a record of another post"), at("post", 99)]
VALUES = [-1000, -500, 0, 1, 500, 1000]
WEIGHTS = [-3000, 0, 1, 1000, 2000]


@dataclass(frozen=True)
class World:
    """A post with everything around it."""

    post: Sheet
    patches: list[Sheet]
    votes: list[CastVote]
    weights: dict[int, int]

    def text(self) -> Text:
        return assemble(self.post, self.patches)


@st.composite
def patches(draw: st.DrawFn, known: list[Address], earlier: list[Sheet]) -> Sheet:
    """One more patch; it may name any paragraph written before, and some that never come."""
    name = f"patch {len(earlier)} {draw(st.integers(0, 3))}"
    own = an_id(name)
    afters: list[Address | None] = []
    for index in range(draw(st.integers(0, 3))):
        lower = [Address(own, below) for below in range(index)]
        afters.append(draw(st.sampled_from([None, *known, *known, *lower, *ELSEWHERE])))
    added = [Address(own, index) for index in range(len(afters))]
    writer = draw(st.sampled_from(WRITERS))
    return Sheet(
        own,
        an_id("post"),
        writer,
        draw(st.integers(0, 1)),
        draw(st.integers(1, 4)),
        tuple(Paragraph("text", f"{name}/{index}") for index in range(len(afters))),
        tuple(afters),
        tuple(draw(placed_marks(known, added, replacements(earlier, writer)))),
    )


def replacements(sheets: list[Sheet], writer: Writer) -> list[AddressedMark]:
    """What this writer replaced so far."""
    return [mark for sheet in sheets if sheet.writer == writer for mark in sheet.marks if mark.replaced_by]


@st.composite
def placed_marks(
    draw: st.DrawFn, known: list[Address], added: list[Address], replaced: list[AddressedMark]
) -> list[AddressedMark]:
    """Marks of one patch: edits, chains and cycles of edits, deletions, second thoughts, and wild ones."""
    markable = st.sampled_from([*known, *added, *ELSEWHERE])
    marks = []
    for _ in range(draw(st.integers(0, 3))):
        wish = draw(st.sampled_from(["edit", "edit", "edit again", "undo edit", "replace", "delete", "take back"]))
        paragraph, replacement = draw(markable), None
        if wish == "edit" and added and known:
            paragraph, replacement = draw(st.sampled_from(known)), draw(st.sampled_from(added))
        elif wish in {"edit again", "undo edit"} and replaced:
            edit = draw(st.sampled_from(replaced))
            again = draw(st.sampled_from(added)) if added and wish == "edit again" else edit.paragraph
            paragraph, replacement = edit.replaced_by or paragraph, again
        elif wish == "replace":
            replacement = draw(markable)
        marks.append(AddressedMark(paragraph, wish == "delete", None if replacement == paragraph else replacement))
    return marks


@st.composite
def cast_votes(draw: st.DrawFn, targets: list[Token]) -> list[CastVote]:
    """Votes of a few members; equal (key, counter) with different values happen on purpose."""
    votes: list[CastVote] = []
    for _ in range(draw(st.integers(0, 12))):
        member, value = draw(st.integers(1, 4)), draw(st.sampled_from(VALUES))
        key, counter = draw(st.integers(0, 1)), draw(st.integers(1, 3))
        token = draw(st.sampled_from(targets))
        votes.append(CastVote(member, token, value, key, counter, an_id((member, value, key, counter, token))))
    return votes


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A post of up to four paragraphs with up to eight patches, votes on its paragraphs, and weights."""
    post = a_post("post", *(f"{index}" for index in range(draw(st.integers(0, 4)))))
    known = [Address(post.id, index) for index in range(len(post.afters))]
    sheets: list[Sheet] = []
    for _ in range(draw(st.integers(0, 8))):
        sheet = draw(patches(known, sheets))
        sheets.append(sheet)
        known += [Address(sheet.id, index) for index in range(len(sheet.afters))]
    targets = [ParagraphTarget(address).token for address in known or ELSEWHERE]
    votes = draw(cast_votes(targets))
    weights = {member: draw(st.sampled_from(WEIGHTS)) for member in range(1, draw(st.integers(1, 5)))}
    world = World(post, sheets, votes, weights)
    report(world)
    return world


@st.composite
def ballot_boxes(draw: st.DrawFn) -> tuple[Scale, list[CastVote], list[GuestBallot]]:
    """Votes of members and guests on one target."""
    subject = Token('{"subject":"well"}')
    votes = draw(cast_votes([subject]))
    scale = Scale(
        weights={member: draw(st.sampled_from(WEIGHTS)) for member in range(1, draw(st.integers(1, 5)))},
        default_score=draw(st.sampled_from([-7, 0, 1_000_000])),
        others_weight=draw(st.sampled_from([-1000, 0, 500])),
    )
    ballots = [
        GuestBallot(f"{host}/{draw(st.integers(0, 2))}", host, subject, draw(st.sampled_from(VALUES)), log_index=index)
        for index, host in enumerate(draw(st.lists(st.sampled_from(["m.example", "n.example"]), max_size=6)))
    ]
    if draw(st.booleans()):
        event("a host beyond its limit")
        ballots += [
            GuestBallot(f"wave/{number}", "wave.example", subject, 1000, log_index=100 + number)
            for number in range(101)
        ]
    return scale, votes, ballots


def report(world: World) -> None:
    """Say which shapes occurred, and push the search towards large slots."""
    text = world.text()
    afters = [after for sheet in world.patches for after in sheet.afters]
    registers = [(sheet.writer, mark.paragraph) for sheet in world.patches for mark in sheet.marks]
    ranks = [(vote.member, vote.target, vote.key, vote.counter) for vote in world.votes]
    shapes = {
        "concurrent adds": len(afters) > len(set(afters)),
        "waiting paragraphs": bool(text.waiting),
        "conflicting marks of one writer": len(registers) > len(set(registers)),
        "a slot": bool(text.slots),
        "a slot of three or more": any(len(slot) > 2 for slot in text.slots.values()),
        "a cycle of replacements": has_cycle(text),
        "a chain of replacements": has_chain(text),
        "two votes of one rank": len(ranks) > len(set(ranks)),
        "a patch without effect": any(not sheet.afters and not sheet.marks for sheet in world.patches),
    }
    for shape, occurs in shapes.items():
        if occurs:
            event(shape)
    target(float(max((len(slot) for slot in text.slots.values()), default=0)), label="largest slot")


def has_cycle(text: Text) -> bool:
    """Whether some writer's replacements lead back to where they began."""
    following = _replacements(text)
    for writer, start in following:
        place, steps = following[writer, start], 0
        while (writer, place) in following and place != start and steps < len(following):
            place, steps = following[writer, place], steps + 1
        if place == start:
            return True
    return False


def has_chain(text: Text) -> bool:
    """Whether some writer replaced a replacement."""
    following = _replacements(text)
    return any((writer, place) in following for (writer, _), place in following.items())


def _replacements(text: Text) -> dict[tuple[Writer, Address], Address]:
    return {register: mark.replaced_by for register, mark in text.marks.items() if mark.replaced_by}
