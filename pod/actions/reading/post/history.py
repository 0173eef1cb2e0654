"""What happened to a post's text: its records in the log's order, any two versions, who wrote what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.lens_sources import list_joined, load_sums
from models.groups.records import load_records
from moderation.lens import Lens
from moderation.shown import lets_through
from moderation.versions import Step, steps, version
from pod.actions.access import Reader
from pod.actions.reading.group.profiles import load_nicknames
from pod.actions.reading.post.text import VisiblePost, author_of, in_order, load_reading
from pod.budgets.heavy import computed
from pod.deps import Deps
from pod.rules.posts import PostRule
from protocol.content import Sheet, Text
from protocol.ids import RecordId
from protocol.records.content import Address
from protocol.visibility import see

MOST_LENSES = 4


class Entry(msgspec.Struct, frozen=True):
    """A record of a post's text: its number in the log's order, and when its author says it was written."""

    number: int
    sheet: Sheet
    author: int
    at: int
    log_index: int | None


class AuthorShares(msgspec.Struct, frozen=True):
    """How many paragraphs of each record a lens shows."""

    group: RecordId
    name: str
    shown: Mapping[RecordId, int]


class Past(msgspec.Struct, frozen=True):
    """A post's records, and what lenses show of each: the present lens first, then the reader's own groups."""

    reading: VisiblePost
    entries: tuple[Entry, ...]
    nicknames: Mapping[int, str]
    lenses: tuple[AuthorShares, ...]


class Difference(msgspec.Struct, frozen=True):
    """What changed from one version to another. `before` and `after`: two entries or two paragraphs."""

    reading: VisiblePost
    steps: tuple[Step, ...]
    before: Entry | Address
    after: Entry | Address
    nicknames: Mapping[int, str]


async def read_past(deps: Deps, reader: Reader, group: RecordId, post: RecordId, lens: Lens) -> Past:
    """The whole history of a post; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        reading = await load_reading(session, deps, reader, group, post, lens)
        entries = await _entries(session, reading.text)
        joined = await list_joined(session, reader.id, MOST_LENSES) if reader else []
        size = len(reading.all_judged)
        shares = [await computed(size, _share, reading, group, "")]
        own = [(other, name) for other, name in joined if (other,) != lens.groups]
        sums = await load_sums(session, [other for other, _ in own], list(reading.tokens.values()))
        for other, name in own:
            standing = {at: sums.get((other, token), 0) for at, token in reading.tokens.items()}
            all_judged = await computed(size, see, reading.text, [standing])
            looked = msgspec.structs.replace(reading, all_judged=all_judged, lens=Lens((other,)))
            shares.append(await computed(size, _share, looked, other, name))
        nicknames = await load_nicknames(session, deps, group, {entry.author for entry in entries})
    return Past(reading, entries, nicknames, tuple(shares))


async def compare_versions(
    deps: Deps, reader: Reader, group: RecordId, post: RecordId, first: RecordId | Address, second: RecordId | Address
) -> Difference:
    """How the post after `second` differs from the post after `first`; or two paragraphs compared."""
    async with deps.store.database.read() as session:
        reading = await load_reading(session, deps, reader, group, post, Lens((group,)))
        text, entries = reading.text, await _entries(session, reading.text)
        writers = {entry.author for entry in entries}
        nicknames = await load_nicknames(session, deps, group, writers)
    if isinstance(first, Address) and isinstance(second, Address):
        _check_paragraphs(text, first, second)
        return Difference(reading, (Step(first, second),), first, second, nicknames)
    if isinstance(first, Address) or isinstance(second, Address):
        raise PostRule.COMPARE_TWO.error()
    by_record = {entry.sheet.id: entry for entry in entries}
    if first not in by_record or second not in by_record:
        raise PostRule.NOT_OF_THIS_POST.error()
    sheets = [entry.sheet for entry in entries]
    ends = [sheets[: by_record[record].number] for record in (first, second)]
    walked = await computed(len(text.order), _walked, text, *ends)
    return Difference(reading, walked, by_record[first], by_record[second], nicknames)


def _walked(text: Text, first: Sequence[Sheet], second: Sequence[Sheet]) -> tuple[Step, ...]:
    return steps(text, version(text.post, first), version(text.post, second))


def _check_paragraphs(text: Text, *addresses: Address) -> None:
    for address in addresses:
        sheet = text.sheets.get(address.record)
        if sheet is None or address.index >= len(sheet.paragraphs):
            raise PostRule.NO_SUCH_PARAGRAPH.error()


async def _entries(session: AsyncSession, text: Text) -> tuple[Entry, ...]:
    stored = await load_records(session, list(text.sheets))
    return tuple(
        Entry(number, sheet, author_of(sheet), stored[sheet.id].at or 0, stored[sheet.id].log_index)
        for number, sheet in enumerate(in_order(text, stored), 1)
    )


def _share(reading: VisiblePost, group: RecordId, name: str) -> AuthorShares:
    shown: dict[RecordId, int] = {}
    for judged in reading.all_judged:
        if lets_through(reading.lens, judged):
            shown[judged.address.record] = shown.get(judged.address.record, 0) + 1
    return AuthorShares(group, name, shown)
