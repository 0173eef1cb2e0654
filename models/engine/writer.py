"""The only thing that writes: each action under its own savepoint, many in one commit, answers after it.

- `write(action)` gives what the action returned once its changes are on disk, or raises what it raised; then
  only its own changes are undone. A commit that fails fails all whose work was in it.
- `put(bulk, item)` hands an item to a handler that takes all items of a commit as one list: one statement
  instead of many. If the handler raises, each item is tried alone, so one bad item hurts nobody else.
- `after_commit(session, callback)` is for what may only happen when the change is certain; an undone
  action's callbacks are forgotten with it. Callbacks are plain functions, run in order; one that raises is a
  bug, and is logged.
- A `patient` action gives way to others: a commit takes only few of these.
- A caller that is cancelled while it waits doesn't stop the writer: what hasn't begun is dropped, what has
  is committed.
- `stop()` finishes all that was accepted, then refuses what comes later.

While one commit is on its way to the disk the next batch gathers, so the longer a commit takes, the more it
carries. Several processes may write to one database: each transaction waits for its turn
(`models/engine/commits.py`), and `others` is called when somebody else wrote since this writer did. `told` is
called with True while somebody who isn't patient waits for a commit, and with False when it is over.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from models.engine.commits import Turns
from models.engine.databases import WRITING, Database
from models.engine.full_disk import is_full

MOST_PER_COMMIT: Final = 256
TURNS: Final = 4
MOST_PATIENT: Final = 2  # per commit, because callers that come meanwhile wait for all of them
_CALLBACKS: Final = "after_commit"
_LOG = logging.getLogger(__name__)

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741  (I is an item, R its result)
R = TypeVar("R")

Action = Callable[[AsyncSession], Awaitable[T]]
Callback = Callable[[], None]


class StoppedError(RuntimeError):
    """The writer was stopped, because the pod is stopping."""


class TransactionLostError(RuntimeError):
    """The database undid more than one action, so nothing in this commit counts as written."""


class Bulk(Generic[I, R]):
    """A handler of many items at once; returns one result for each, in order.

    A result may be an exception, which is then raised for that item's caller alone.
    """

    def __init__(
        self, name: str, handle: Callable[[AsyncSession, list[I]], Awaitable[Sequence[R | Exception]]]
    ) -> None:
        self.name = name
        self.handle = handle


class _Wish:
    """Something to be written, and the future of its caller."""

    __slots__ = ("bulk", "future", "outcome", "patient", "what")

    def __init__(self, what: Any, bulk: Bulk[Any, Any] | None, future: asyncio.Future[Any], *, patient: bool) -> None:
        self.what = what
        self.bulk = bulk
        self.future = future
        self.patient = patient
        self.outcome: Any = None


def after_commit(session: AsyncSession, callback: Callback) -> None:
    """Call `callback` once this action's changes are committed."""
    session.info.setdefault(_CALLBACKS, []).append(callback)


class Writer:
    """Group commit over one connection. Make it with `running_writer`, or call `start` and `stop`."""

    def __init__(self, engine: AsyncEngine, *, most_per_commit: int = MOST_PER_COMMIT) -> None:
        self._engine = engine
        self._most = most_per_commit
        self._wishes: asyncio.Queue[_Wish | None] = asyncio.Queue()
        self._patient: deque[_Wish] = deque()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._turns = Turns()
        self.others: Callback = _nobody
        self.told: Callable[[bool], None] = _nobody_asks
        self.commits = 0
        self.full = False  # the last commit failed because the disk is full

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="writer")

    async def stop(self) -> None:
        """Write what was accepted, then end. Later calls raise StoppedError."""
        self._stopping = True
        if self._task is not None:
            self._wishes.put_nowait(None)
            await self._task
            self._task = None

    @property
    def waiting(self) -> int:
        """How many wishes wait for the next commit."""
        return self._wishes.qsize() + len(self._patient)

    async def write(self, action: Action[T], *, patient: bool = False) -> T:
        """Run `action` in its own savepoint; returns its value after the commit, or raises its exception."""
        result: T = await self._enqueue(action, None, patient=patient)
        return result

    async def put(self, bulk: Bulk[I, R], item: I) -> R:
        """Give `item` to `bulk` with all other items of the same commit; returns its result after the commit."""
        result: R = await self._enqueue(item, bulk)
        return result

    def _enqueue(self, what: Any, bulk: Bulk[Any, Any] | None, *, patient: bool = False) -> asyncio.Future[Any]:
        if self._stopping:
            raise StoppedError("This pod is stopping and writes nothing more.")
        future = asyncio.get_running_loop().create_future()
        self._wishes.put_nowait(_Wish(what, bulk, future, patient=patient))
        return future

    async def _run(self) -> None:
        wanted = True
        while wanted:
            batch, wanted = await self._gather()
            if batch:
                self.told(any(not wish.patient for wish in batch))
                await self._commit(batch)
                self.told(False)

    async def _gather(self) -> tuple[list[_Wish], bool]:
        entries = [] if self._patient and self._wishes.empty() else [await self._wishes.get()]
        # Wait some turns of the event loop for wishes that are about to arrive, because a commit costs as much as
        # dozens of records in it. If none is coming, these turns take almost no time.
        quiet, seen = 0, self._wishes.qsize()
        while quiet < TURNS and self._wishes.qsize() < self._most:
            await asyncio.sleep(0)
            quiet = quiet + 1 if self._wishes.qsize() == seen else 0
            seen = self._wishes.qsize()
        while not self._wishes.empty() and len(entries) < self._most:
            entries.append(self._wishes.get_nowait())
        if None in entries and not self._wishes.empty():
            self._wishes.put_nowait(None)  # the end comes after all that was accepted before it
            entries = [entry for entry in entries if entry is not None]
        ends = None in entries
        self._patient.extend(entry for entry in entries if entry is not None and entry.patient)
        most = len(self._patient) if ends else min(MOST_PATIENT, len(self._patient))
        wishes = [entry for entry in entries if entry is not None and not entry.patient]
        wishes += [self._patient.popleft() for _ in range(most)]
        return [wish for wish in wishes if not wish.future.done()], not ends

    async def _take_turn(self, connection: AsyncConnection, batch: list[_Wish]) -> list[Callback]:
        if await self._turns.take(connection):
            self.others()
        return [callback for work in _in_order(batch) for callback in await _perform(connection, work)]

    async def _commit(self, batch: list[_Wish]) -> None:
        try:
            async with self._engine.connect() as connection:
                await connection.begin()
                callbacks = await self._take_turn(connection, batch)
                await connection.commit()
        except Exception as failure:  # noqa: BLE001  (every waiting caller must get the error, of whatever kind)
            self.full = is_full(failure)
            for wish in batch:
                _answer(wish.future, failure)
            return
        except BaseException:
            for wish in batch:
                wish.future.cancel()
            raise
        self._turns.committed()
        self.commits += 1
        self.full = any(is_full(wish.outcome) for wish in batch if isinstance(wish.outcome, Exception))
        for callback in callbacks:
            _call(callback)
        for wish in batch:
            _answer(wish.future, wish.outcome)


def _nobody_asks(_: bool) -> None:  # noqa: FBT001  (the callback takes one bool)
    """The default if nobody wants to know whether a commit is in progress."""


def _nobody() -> None:
    """The default if nobody keeps anything that other processes may change."""


def _in_order(batch: list[_Wish]) -> list[list[_Wish]]:
    """One list for each action, and one for each bulk handler at the place of its first item."""
    works: list[list[_Wish]] = []
    by_bulk: dict[int, list[_Wish]] = {}
    for wish in batch:
        if wish.bulk is None:
            works.append([wish])
        elif (together := by_bulk.get(id(wish.bulk))) is not None:
            together.append(wish)
        else:
            by_bulk[id(wish.bulk)] = [wish]
            works.append(by_bulk[id(wish.bulk)])
    return works


async def _perform(connection: AsyncConnection, work: list[_Wish]) -> list[Callback]:
    bulk = work[0].bulk
    if bulk is None:
        return await _alone(connection, work[0], work[0].what)
    try:
        async with _savepoint(connection) as session:
            results = await _handle(bulk, session, [wish.what for wish in work])
    except TransactionLostError:
        raise
    except Exception as failure:  # noqa: BLE001
        if len(work) == 1:
            work[0].outcome = failure
            return []
        return await _one_by_one(connection, bulk, work)
    for wish, result in zip(work, results, strict=True):
        wish.outcome = result
    return list(session.info.get(_CALLBACKS, ()))


async def _handle(bulk: Bulk[Any, Any], session: AsyncSession, items: list[Any]) -> Sequence[Any]:
    results = await bulk.handle(session, items)
    if len(results) != len(items):
        raise RuntimeError(f"{bulk.name} gave {len(results)} results for {len(items)} items.")
    return results


async def _one_by_one(connection: AsyncConnection, bulk: Bulk[Any, Any], work: list[_Wish]) -> list[Callback]:
    callbacks = []
    for wish in work:

        async def alone(session: AsyncSession, item: Any = wish.what) -> Any:
            (result,) = await _handle(bulk, session, [item])
            if isinstance(result, Exception):
                raise result
            return result

        callbacks += await _alone(connection, wish, alone)
    return callbacks


async def _alone(connection: AsyncConnection, wish: _Wish, action: Action[Any]) -> list[Callback]:
    try:
        async with _savepoint(connection) as session:
            wish.outcome = await action(session)
    except TransactionLostError:
        raise
    except Exception as failure:  # noqa: BLE001  (raised again where the caller waits)
        wish.outcome = failure
        return []
    return list(session.info.get(_CALLBACKS, ()))


@asynccontextmanager
async def _savepoint(connection: AsyncConnection) -> AsyncIterator[AsyncSession]:
    # A session for each action, so that the next one doesn't see what a failed one had loaded.
    session = AsyncSession(connection, autoflush=False, expire_on_commit=False, join_transaction_mode="rollback_only")
    session.info[WRITING] = True
    await connection.exec_driver_sql("SAVEPOINT action")
    try:
        yield session
        await session.flush()
        await connection.exec_driver_sql("RELEASE SAVEPOINT action")
    except BaseException:
        await _undo(connection)
        raise
    finally:
        session.expunge_all()


async def _undo(connection: AsyncConnection) -> None:
    try:
        await connection.exec_driver_sql("ROLLBACK TO SAVEPOINT action")
        await connection.exec_driver_sql("RELEASE SAVEPOINT action")
    except Exception as lost:
        # SQLite undoes the whole transaction when the disk is full; a connection can die. Earlier actions in
        # this commit must not be acknowledged.
        raise TransactionLostError("The transaction was lost; nothing of this commit was written.") from lost


def _answer(future: asyncio.Future[Any], outcome: Any) -> None:
    if future.done():  # the caller was cancelled meanwhile
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _call(callback: Callback) -> None:
    try:
        callback()
    except Exception:  # noqa: BLE001  (the commit stands, and its callers must be answered)
        _LOG.exception("a callback after a commit failed")


@asynccontextmanager
async def running_writer(database: Database) -> AsyncIterator[Writer]:
    """A writer that runs inside this block and is drained at its end."""
    writer = Writer(database.writing)
    writer.start()
    try:
        yield writer
    finally:
        await writer.stop()
