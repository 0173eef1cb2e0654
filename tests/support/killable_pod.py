"""The parts of a pod on a folder, in this process, which a kill throws away as the end of a process would."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from models.engine.databases import open_database
from pod.deps import Deps
from tests.support.sinks import SetClock, some_parts


class KillablePod:
    """A pod without HTTP; what it stored is all that is left of it after a kill."""

    def __init__(self, folder: Path, host: int, clock: SetClock) -> None:
        self.folder, self.host, self.clock = folder, host, clock
        self._stack = AsyncExitStack()
        self.deps: Deps

    async def start(self) -> None:
        database = await open_database(f"sqlite+aiosqlite:///{self.folder / 'pod.sqlite'}", durable=False)
        self._stack.push_async_callback(database.close)
        self.deps = await self._stack.enter_async_context(some_parts(database, self.folder, self.clock, host=self.host))

    async def end(self) -> None:
        stack, self._stack = self._stack, AsyncExitStack()
        await stack.aclose()

    async def killed(self) -> None:
        await self.end()
        await self.start()
