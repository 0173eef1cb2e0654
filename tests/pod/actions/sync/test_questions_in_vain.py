"""A server that only records name is asked a few times, whatever the reason and the port."""

from pathlib import Path

import pytest

from federation.errors import RemoteError
from federation.rules.answers import RemoteFault
from models.engine.databases import open_database
from pod.actions.sync.questions_in_vain import asking
from pod.errors import TooManyTriesError
from tests.support.sinks import SetClock, some_parts
from tests.support.tables import copy_tables

NOON = 1_900_000_000_000
TWO_HOURS_MS = 2 * 3600 * 1000


async def test_w5_questions_in_vain_are_few_whatever_ports_are_named(tmp_path: Path) -> None:
    database = await open_database(copy_tables(tmp_path / "pod.sqlite"), durable=False)
    clock = SetClock(NOON)
    asked = 0
    async with some_parts(database, tmp_path, clock) as deps:

        async def ask_in_vain(port: int) -> None:
            nonlocal asked
            async with asking(deps, f"http://victim.example:{port}"):
                asked += 1
                raise RemoteError(RemoteFault.NOT_REACHED, retry=True)

        for port in range(8000, 8040):
            with pytest.raises((RemoteError, TooManyTriesError)):
                await ask_in_vain(port)
        assert 0 < asked <= 6
        async with asking(deps, "http://other.example"):
            pass
        clock.ms += TWO_HOURS_MS
        async with asking(deps, "http://victim.example"):
            pass
    await database.close()
