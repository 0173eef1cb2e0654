from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import (
    list_votes,
    load_post,
    load_profiles,
    load_sheets,
    load_tally,
)
from models.content.projections import (
    accepted_of,
    dump_projection,
    project,
    project_members,
    rebuild,
    rebuild_and_compare,
    refold_author,
)
from models.engine.databases import Database
from models.engine.writer import Writer
from models.groups.records import load_record, set_state
from moderation.scores import Scale, score
from protocol.content import assemble
from protocol.records.content import PostTarget, Vote
from protocol.records.envelope import Record
from protocol.votes import cast_vote
from tests.models.builders import (
    GROUP,
    a_patch,
    a_post,
    a_profile,
    a_record,
    a_state,
    a_vote,
    accept,
    an_erasure,
)

WEIGHTS = {1: 3000, 2: 1000, 3: 0, 4: -5}
POST = a_post()
TOKEN = PostTarget(POST.id).token


async def take(writer: Writer, *records: Record) -> None:
    async def action(session: AsyncSession) -> None:
        await project(session, await accept(session, *records))

    await writer.write(action)


async def weigh(writer: Writer, weights: dict[int, int], left: frozenset[int] = frozenset()) -> None:
    await writer.write(lambda session: project_members(session, a_state(weights, left)))


async def check(writer: Writer, weights: dict[int, int], left: frozenset[int] = frozenset()) -> None:
    """What folding as things came left is what folding everything anew gives."""
    states = [a_state(weights, left)]
    assert await writer.write(lambda session: rebuild_and_compare(session, states)) == []


def many_records(rng: Random) -> list[Record]:
    counters = dict.fromkeys(WEIGHTS, 1)
    records = [POST, a_patch(POST.id), a_profile(1, 90), a_profile(1, 91, "newer"), a_profile(2, 90)]
    for _ in range(60):
        member = rng.choice(list(WEIGHTS))
        counters[member] += rng.randrange(2)
        key, value = rng.randrange(2), rng.randrange(-1000, 1001)
        target = rng.choice([{"post": POST.id}, {"paragraph": {"record": POST.id, "index": 1}}, {"subject": "well"}])
        records.append(a_record("Vote", member, counters[member], key, target=target, value=value))
    records.append(a_record("Vote", 1, 95, target={"reaction": {"post": POST.id, "emoji": "🙂"}}, value=1000))
    return records


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_and_batches_give_the_sums_of_the_pure_rule(
    database: Database, writer: Writer, seed: int
) -> None:
    rng = Random(seed)
    records = many_records(rng)
    arrived = rng.sample(records, len(records)) + rng.choices(records, k=10)
    weights = dict(WEIGHTS)
    await weigh(writer, {1: 500})
    while arrived:
        size = rng.randrange(1, 12)
        await take(writer, *{record.id: record for record in arrived[:size]}.values())
        arrived = arrived[size:]
        if rng.random() < 0.3:
            weights = {member: rng.randrange(-5, 4) * 100 for member in rng.sample(list(WEIGHTS), 3)}
            await weigh(writer, weights)
    await weigh(writer, WEIGHTS, frozenset({3}))

    votes = [cast_vote(r.id, r.content) for r in records if isinstance(r.content, Vote)]
    async with database.read() as session:
        for token in {vote.target for vote in votes}:
            tally = await load_tally(session, GROUP, token)
            expected = score(Scale(WEIGHTS), [vote for vote in votes if vote.target == token])
            assert tally.sum_micro == (0 if "reaction" in token else expected)
    await check(writer, WEIGHTS, frozenset({3}))


async def test_of_equal_counters_the_highest_id_as_text_counts(database: Database, writer: Writer) -> None:
    await weigh(writer, WEIGHTS)
    rivals = [a_vote(POST.id, 1, 7, value) for value in range(1, 41)]
    for vote in rivals:
        await take(writer, vote)

    async with database.read() as session:
        (standing,) = await list_votes(session, GROUP, TOKEN, 9)
    assert standing.id == max(vote.id for vote in rivals)


async def test_counts_tell_supporters_from_those_whose_votes_weigh(database: Database, writer: Writer) -> None:
    await weigh(writer, WEIGHTS)
    values = {1: -500, 2: 1000, 3: 1000, 4: 1000, 9: 1000}
    await take(writer, *(a_vote(POST.id, member, 5, value) for member, value in values.items()))

    async with database.read() as session:
        tally = await load_tally(session, GROUP, TOKEN)
    assert (tally.sum_micro, tally.up, tally.down) == (-500 * 3000 + 1000 * 1000, 1, 1)
    assert (tally.supporters, tally.votes) == (2, 5)


async def test_the_text_assembles_from_stored_sheets(database: Database, writer: Writer) -> None:
    patch = a_patch(POST.id)
    await take(writer, patch)
    await take(writer, POST)

    async with database.read() as session:
        sheets = {sheet.id: sheet for sheet in await load_sheets(session, GROUP, POST.id, 99)}
    read = assemble(sheets[POST.id], sheets.values())
    words = [paragraph.text for address in read.order if (paragraph := read.paragraph(address))]
    assert words == ["one", "added", "two"]
    assert len(read.marks) == 1


@pytest.mark.parametrize("erasure_first", [True, False], ids=["wish first", "record first"])
async def test_an_erased_record_keeps_its_places_and_loses_every_word(
    database: Database, writer: Writer, *, erasure_first: bool
) -> None:
    profile, patch = a_profile(1, 2, "secretname"), a_patch(POST.id)
    wish = an_erasure(1, 9, POST.id, profile.id)
    steps = [[wish], [POST, profile, patch]] if erasure_first else [[POST, profile, patch], [wish]]
    for step in steps:
        await take(writer, *step)

    async with database.read() as session:
        stored, card = await load_record(session, POST.id), await load_post(session, GROUP, POST.id)
        sheets = {sheet.id: sheet for sheet in await load_sheets(session, GROUP, POST.id, 9)}
        profiles = await load_profiles(session, [(GROUP, 1)])
        everything = b"".join((await dump_projection(session)).values())
    assert stored is not None
    assert card is not None
    assert stored.erased
    assert card.erased
    assert b"Title" not in stored.wire
    assert b"proof" not in stored.wire
    assert card.title == ""
    assert sheets[POST.id].paragraphs == (None, None)
    assert len(assemble(sheets[POST.id], sheets.values()).order) == 3
    assert profiles[GROUP, 1].nickname == ""
    assert not [word for word in (b"Title", b"secretname", b'"one"') if word in everything]
    await check(writer, {})


async def test_nobody_erases_what_another_wrote(database: Database, writer: Writer) -> None:
    await take(writer, POST)
    await take(writer, an_erasure(2, 9, POST.id))

    async with database.read() as session:
        stored = await load_record(session, POST.id)
    assert stored is not None
    assert not stored.erased
    await check(writer, {})


async def test_records_that_stop_counting_leave_nothing_behind(database: Database, writer: Writer) -> None:
    await weigh(writer, WEIGHTS)
    old, new = a_vote(POST.id, 2, 5, 300), a_vote(POST.id, 2, 6, 1000)
    await take(writer, POST, old, new, a_profile(2, 7), a_vote(a_post(counter=50).id, 2, 8))

    async def refuse(session: AsyncSession) -> None:
        await set_state(session, [new.id], "refused")
        await refold_author(session, GROUP, 2)

    await writer.write(refuse)
    async with database.read() as session:
        assert (await load_tally(session, GROUP, TOKEN)).sum_micro == 300 * 1000
    await check(writer, WEIGHTS)


async def test_a_weight_change_moves_only_that_members_targets(database: Database, writer: Writer) -> None:
    await weigh(writer, WEIGHTS)
    await take(writer, a_vote(POST.id, 1, 5), a_vote(POST.id, 2, 5))
    await weigh(writer, {**WEIGHTS, 2: -1})

    async with database.read() as session:
        tally = await load_tally(session, GROUP, TOKEN)
    assert (tally.sum_micro, tally.up, tally.supporters) == (3_000_000, 1, 1)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE scores SET sum_micro = sum_micro + 1",
        "DELETE FROM votes",
        "UPDATE posts SET title = 'another'",
        "UPDATE members SET weight = weight + 1 WHERE number = 2",
    ],
)
async def test_a_check_names_the_table_that_was_tampered_with(writer: Writer, damage: str) -> None:
    await weigh(writer, WEIGHTS)
    await take(writer, POST, a_vote(POST.id, 2, 5))

    async def tamper(session: AsyncSession) -> list[str]:
        await session.execute(text(damage))
        return await rebuild_and_compare(session, [a_state(WEIGHTS)])

    assert await writer.write(tamper) == [damage.split()[2 if "FROM" in damage else 1]]


async def test_a_rebuild_folds_every_record_that_counts(writer: Writer) -> None:
    await take(writer, POST, a_vote(POST.id, 2, 5))

    assert await writer.write(lambda session: rebuild(session, [a_state(WEIGHTS)])) == 2


async def test_a_type_that_nobody_knows_is_passed_over(writer: Writer) -> None:
    unknown = a_record("Sculpture", 1, 3, stone="granite")
    await take(writer, unknown)

    await writer.write(lambda session: project(session, [accepted_of(unknown, 1)]))
    await check(writer, {})
