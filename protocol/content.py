"""A post and its patches read the same on every pod, whatever arrived first; nothing later swaps two paragraphs.

Rules of this file (protocol §4, `Patch`):

1. A paragraph's address is (record, index). A post's paragraph i hangs on paragraph i-1, its first on the start; an
   add hangs where its `after` says. `after` names a record by its hash, or a lower index: so the paragraphs are a tree.
2. Siblings: first those of other records by (id, index), then those of the parent's own record by index. The text is
   the pre-order walk of the tree, without recursion: chains may be 100,000 deep.
3. An add whose `after` isn't known here waits: kept and addressable, hung when the other record comes (ADR 0011).
   The same holds for a mark on, or a replacement by, an unknown paragraph. Patches of other posts are passed over.
4. Marks are registers per (writer, paragraph): the highest (key, counter, id) counts, within a patch the last.
5. Slots: `replaced_by` joins two paragraphs if the post's writer marks a paragraph of his own, or if the writer of the
   replacement says, newest wish first, which one paragraph it replaces (ADR 0012). Transitive; cycles do no harm.
6. An erased record keeps its paragraphs' places and loses texts and marks.
"""

from collections.abc import Iterable, Mapping
from typing import NewType

import msgspec

from protocol.ids import RecordId
from protocol.records.content import Address, Paragraph, Patch, Post

Writer = NewType("Writer", str)
MarkRank = tuple[int, int, RecordId, int]


class AddressedMark(msgspec.Struct, frozen=True):
    """A mark whose addresses are complete."""

    paragraph: Address
    deleted: bool = False
    replaced_by: Address | None = None


class Sheet(msgspec.Struct, frozen=True):
    """What one record adds to a post. In an erased record's sheet every paragraph is None; only their places remain."""

    id: RecordId
    post: RecordId
    writer: Writer
    key: int
    counter: int
    paragraphs: tuple[Paragraph | None, ...]
    afters: tuple[Address | None, ...]
    marks: tuple[AddressedMark, ...] = ()
    erased: bool = False


class StandingMark(msgspec.Struct, frozen=True):
    """The mark that counts in its register."""

    rank: MarkRank
    deleted: bool
    replaced_by: Address | None


class Text(msgspec.Struct, frozen=True):
    """A post as this pod knows it, before any lens.

    `order`: every paragraph that hangs on the post, in reading order; `waiting`: the others, sorted. `marks`: registers
    of marks on `order`. `slots`: for each paragraph with alternatives, all paragraphs of its slot, sorted. `led_to`:
    where the writer's own replacements end.
    """

    post: RecordId
    writer: Writer
    sheets: dict[RecordId, Sheet]
    order: tuple[Address, ...]
    waiting: tuple[Address, ...]
    marks: dict[tuple[Writer, Address], StandingMark]
    slots: dict[Address, tuple[Address, ...]]
    led_to: frozenset[Address]

    def paragraph(self, address: Address) -> Paragraph | None:
        """The paragraph, also a waiting one; None if it was erased; KeyError or IndexError if there never was one."""
        return self.sheets[address.record].paragraphs[address.index]

    def writer_of(self, address: Address) -> Writer:
        """The writer of this paragraph."""
        return self.sheets[address.record].writer


def member_writer(group: RecordId, number: int) -> Writer:
    """A member of a group, in the form in which writers are stored."""
    return Writer(f"{group}/{number}")


def post_sheet(record: RecordId, group: RecordId, post: Post) -> Sheet:
    """The sheet of a member's post."""
    afters = (None, *(Address(record, index) for index in range(len(post.paragraphs) - 1)))
    writer = member_writer(group, post.author)
    return Sheet(record, record, writer, post.key, post.counter, post.paragraphs, afters[: len(post.paragraphs)])


def patch_sheet(record: RecordId, group: RecordId, patch: Patch) -> Sheet:
    """The sheet of a member's patch."""
    return Sheet(
        id=record,
        post=patch.post,
        writer=member_writer(group, patch.author),
        key=patch.key,
        counter=patch.counter,
        paragraphs=tuple(Paragraph(add.style, add.text) for add in patch.adds),
        afters=tuple(add.after.within(record) if add.after else None for add in patch.adds),
        marks=tuple(
            AddressedMark(
                mark.paragraph.within(record),
                mark.deleted,
                mark.replaced_by.within(record) if mark.replaced_by else None,
            )
            for mark in patch.marks
        ),
    )


def erased(sheet: Sheet) -> Sheet:
    """The sheet of the record after its writer erased it."""
    return msgspec.structs.replace(sheet, paragraphs=(None,) * len(sheet.afters), marks=(), erased=True)


def assemble(post: Sheet, patches: Iterable[Sheet]) -> Text:
    """The text of a post from its sheets, which may come in any order and more than once."""
    return _text(post, {post.id: post}, patches)


def extend(text: Text, patches: Iterable[Sheet]) -> Text:
    """The text with more patches; the same as assembling all of them again."""
    return _text(text.sheets[text.post], text.sheets, patches)


def _text(post: Sheet, known: Mapping[RecordId, Sheet], more: Iterable[Sheet]) -> Text:
    sheets = dict(known)
    for sheet in more:
        # If a record came both with its text and erased, it is erased, in either order.
        if sheet.post == post.id and (sheet.id not in sheets or sheet.erased):
            sheets[sheet.id] = sheet
    order = reading_order(post.id, sheets.values())
    hung = frozenset(order)
    marks = standing_marks(sheets.values(), hung)
    return Text(
        post=post.id,
        writer=post.writer,
        sheets=sheets,
        order=order,
        waiting=unreached(sheets.values(), hung),
        marks=marks,
        slots=_slots(_joins(post.writer, sheets, marks)),
        led_to=_led_to(post.writer, marks),
    )


def reading_order(post: RecordId, sheets: Iterable[Sheet]) -> tuple[Address, ...]:
    """Every paragraph that hangs on the start of the post, directly or through others."""
    children: dict[Address | None, list[Address]] = {}
    for sheet in sheets:
        for index, after in enumerate(sheet.afters):
            children.setdefault(hangs_on(after), []).append(Address(sheet.id, index))
    order: list[Address] = []
    unread = _siblings(children, None, post)
    while unread:
        address = unread.pop()
        order.append(address)
        unread += _siblings(children, address, address.record)
    return tuple(order)


def _siblings(
    children: Mapping[Address | None, list[Address]], parent: Address | None, record: RecordId
) -> list[Address]:
    # In reverse, because the walk takes from the end.
    found = children.get(parent, [])
    return sorted(found, key=lambda child: sibling_key(record, child), reverse=True)


def hangs_on(after: Address | None) -> Address | None:
    """What an add hangs on: exactly what it names, and nothing else if that isn't known yet."""
    return after


def sibling_key(parent_record: RecordId, child: Address) -> tuple[bool, RecordId, int]:
    """Rule 2. The record's own paragraphs come last, so that what others insert after one stays next to it."""
    return (child.record == parent_record, child.record, child.index)


def unreached(sheets: Iterable[Sheet], hung: frozenset[Address]) -> tuple[Address, ...]:
    """The paragraphs that wait for another record."""
    return tuple(
        sorted(
            address
            for sheet in sheets
            for index in range(len(sheet.afters))
            if (address := Address(sheet.id, index)) not in hung
        )
    )


def standing_marks(sheets: Iterable[Sheet], hung: frozenset[Address]) -> dict[tuple[Writer, Address], StandingMark]:
    """Rules 3 and 4: the mark that counts in each register, if it deletes, or replaces by something known."""
    registers: dict[tuple[Writer, Address], StandingMark] = {}
    for sheet in sheets:
        for position, mark in enumerate(sheet.marks):
            if mark.paragraph not in hung:
                continue
            register = (sheet.writer, mark.paragraph)
            rank = mark_rank(sheet, position)
            if register not in registers or registers[register].rank < rank:
                registers[register] = StandingMark(rank, mark.deleted, mark.replaced_by)
    return {register: mark for register, mark in registers.items() if mark.deleted or mark.replaced_by in hung}


def mark_rank(sheet: Sheet, position: int) -> MarkRank:
    """The order of a writer's marks; the newest is the greatest."""
    return (sheet.key, sheet.counter, sheet.id, position)


def _joins(
    post_writer: Writer,
    sheets: Mapping[RecordId, Sheet],
    marks: Mapping[tuple[Writer, Address], StandingMark],
) -> list[tuple[Address, Address]]:
    joins: list[tuple[Address, Address]] = []
    claims: dict[Address, tuple[MarkRank, Address]] = {}
    for (writer, paragraph), mark in marks.items():
        replacement = mark.replaced_by
        if replacement is None:
            continue
        if writer == post_writer == sheets[paragraph.record].writer:
            joins.append((paragraph, replacement))
        elif writer == sheets[replacement.record].writer:
            # A replacement stands for only one paragraph. Otherwise a stranger could pull a whole post into one slot.
            claim = (mark.rank, paragraph)
            claims[replacement] = max(claim, claims.get(replacement, claim))
    return joins + [(paragraph, replacement) for replacement, (_, paragraph) in claims.items()]


def _slots(joins: Iterable[tuple[Address, Address]]) -> dict[Address, tuple[Address, ...]]:
    neighbours: dict[Address, list[Address]] = {}
    for one, other in joins:
        neighbours.setdefault(one, []).append(other)
        neighbours.setdefault(other, []).append(one)
    slots: dict[Address, tuple[Address, ...]] = {}
    for start in neighbours:
        if start in slots:
            continue
        reached = {start}
        unread = [start]
        while unread:
            fresh = [address for address in neighbours[unread.pop()] if address not in reached]
            reached.update(fresh)
            unread += fresh
        slot = tuple(sorted(reached))
        slots.update(dict.fromkeys(slot, slot))
    return slots


def _led_to(writer: Writer, marks: Mapping[tuple[Writer, Address], StandingMark]) -> frozenset[Address]:
    """Where the writer's replacements end; a cycle has no end."""
    own = {paragraph: mark.replaced_by for (by, paragraph), mark in marks.items() if by == writer and mark.replaced_by}
    return frozenset(own.values()) - own.keys()
