import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import Database
from models.engine.writer import MOST_PATIENT, Bulk, StoppedError, Writer, after_commit, running_writer

pytestmark = pytest.mark.usefixtures("plain_notes")
INSERT = text("INSERT INTO plain_notes (id, at) VALUES (:id, 0)")


class RefusedOnPurposeError(Exception):
    pass


def inserting(*ids: str, then: Exception | None = None) -> Any:
    async def action(session: AsyncSession) -> str:
        for id_ in ids:
            await session.execute(INSERT, {"id": id_})
        if then is not None:
            raise then
        return ids[-1]

    return action


async def stored(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.scalars(text("SELECT id FROM plain_notes ORDER BY id")))


async def test_an_answer_comes_after_the_commit(database: Database, writer: Writer) -> None:
    assert await writer.write(inserting("a")) == "a"
    assert await stored(database) == ["a"]


async def test_concurrent_actions_share_commits(database: Database, writer: Writer) -> None:
    await asyncio.gather(*(writer.write(inserting(f"{number:03}")) for number in range(200)))

    assert len(await stored(database)) == 200
    assert writer.commits <= 2


async def test_who_is_patient_gives_way_and_is_written_all_the_same(writer: Writer) -> None:
    written: list[str] = []

    def noting(name: str) -> Any:
        async def action(_: AsyncSession) -> None:
            written.append(name)

        return action

    patient = [f"patient {number}" for number in range(9)]
    await asyncio.gather(
        *(writer.write(noting(name), patient=True) for name in patient), *map(writer.write, map(noting, "ab"))
    )

    assert written == ["a", "b", *patient]
    assert writer.commits == len(patient) // MOST_PATIENT + 1


async def test_the_writer_tells_while_somebody_waits_who_is_not_patient(writer: Writer) -> None:
    told: list[bool] = []
    writer.told = told.append
    await writer.write(inserting("a"), patient=True)
    assert told == [False, False]
    await writer.write(inserting("b"))
    assert told[2:] == [True, False]


async def test_a_writer_that_stops_writes_what_the_patient_brought(database: Database) -> None:
    async with running_writer(database) as writer:
        waiting = [
            asyncio.ensure_future(writer.write(inserting(f"{number}"), patient=True))
            for number in range(MOST_PATIENT * 3)
        ]
        await asyncio.sleep(0)
    assert len(await asyncio.gather(*waiting)) == MOST_PATIENT * 3


async def test_a_failing_action_undoes_only_itself(database: Database, writer: Writer) -> None:
    actions = [
        inserting("a"),
        inserting("b", "c", then=RefusedOnPurposeError()),
        inserting("a"),
        inserting("d"),
    ]
    outcomes = await asyncio.gather(*map(writer.write, actions), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [str, RefusedOnPurposeError, IntegrityError, str]
    assert await stored(database) == ["a", "d"]
    assert writer.commits == 1


async def test_a_commit_that_fails_fails_everybody_and_the_next_one_works(database: Database, writer: Writer) -> None:
    async def break_the_transaction(session: AsyncSession) -> None:
        await (await session.connection()).get_raw_connection()
        await session.execute(INSERT, {"id": "x"})
        await session.execute(text("ROLLBACK"))

    outcomes = await asyncio.gather(
        writer.write(inserting("a")), writer.write(break_the_transaction), return_exceptions=True
    )

    assert all(isinstance(outcome, Exception) for outcome in outcomes)
    assert await stored(database) == []
    assert await writer.write(inserting("b")) == "b"


async def test_callbacks_run_after_the_commit_and_not_for_undone_actions(writer: Writer) -> None:
    called: list[tuple[str, int]] = []

    def noting(name: str, then: Exception | None = None) -> Any:
        async def action(session: AsyncSession) -> None:
            after_commit(session, lambda: called.append((name, writer.commits)))
            if then is not None:
                raise then

        return action

    await asyncio.gather(
        writer.write(noting("a")), writer.write(noting("b", RefusedOnPurposeError())), return_exceptions=True
    )

    assert called == [("a", 1)]


async def test_a_callback_that_raises_hurts_nobody(writer: Writer, caplog: pytest.LogCaptureFixture) -> None:
    async def action(session: AsyncSession) -> str:
        after_commit(session, lambda: 1 / 0)  # type: ignore[arg-type]
        return "done"

    assert await writer.write(action) == "done"
    assert "callback" in caplog.text


async def insert_all(session: AsyncSession, ids: list[str]) -> Sequence[str | Exception]:
    BATCHES.append(len(ids))
    wanted = [{"id": id_} for id_ in ids if id_ != "refused"]
    await session.execute(INSERT, wanted)
    return [RefusedOnPurposeError() if id_ == "refused" else id_.upper() for id_ in ids]


BATCHES: list[int] = []
SEEN = Bulk("seen", insert_all)


async def test_bulk_items_of_one_commit_come_as_one_list(database: Database, writer: Writer) -> None:
    BATCHES.clear()
    results = await asyncio.gather(*(writer.put(SEEN, f"{number:03}x") for number in range(50)))

    assert BATCHES == [50]
    assert results[7] == "007X"
    assert len(await stored(database)) == 50


async def test_one_bad_bulk_item_hurts_no_other(database: Database, writer: Writer) -> None:
    await writer.write(inserting("b"))
    outcomes = await asyncio.gather(*(writer.put(SEEN, id_) for id_ in "abc"), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [str, IntegrityError, str]
    assert await stored(database) == ["a", "b", "c"]


async def test_a_bulk_handler_refuses_one_item_by_returning_the_refusal(writer: Writer) -> None:
    outcomes = await asyncio.gather(*(writer.put(SEEN, id_) for id_ in ("a", "refused")), return_exceptions=True)

    assert outcomes[0] == "A"
    assert isinstance(outcomes[1], RefusedOnPurposeError)


async def test_stopping_writes_what_was_accepted_and_refuses_the_rest(database: Database) -> None:
    writer = Writer(database.writing, most_per_commit=8)
    waiting = [asyncio.ensure_future(writer.write(inserting(f"{number:02}"))) for number in range(40)]
    await asyncio.sleep(0)
    writer.start()
    await writer.stop()

    assert len(await asyncio.gather(*waiting)) == 40
    assert len(await stored(database)) == 40
    with pytest.raises(StoppedError):
        await writer.write(inserting("late"))


async def test_a_caller_that_gives_up_does_not_stop_the_writer(database: Database, writer: Writer) -> None:
    begun = asyncio.Event()

    async def slow(session: AsyncSession) -> None:
        await session.execute(INSERT, {"id": "slow"})
        begun.set()
        await asyncio.sleep(0)

    first = asyncio.ensure_future(writer.write(slow))
    await begun.wait()
    first.cancel()
    second = asyncio.ensure_future(writer.write(inserting("never")))
    await asyncio.sleep(0)
    second.cancel()

    assert await writer.write(inserting("z")) == "z"
    assert await stored(database) == ["slow", "z"]
