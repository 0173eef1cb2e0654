"""Set-up links work once and for a while; settings have defaults and keep what was chosen."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import Database
from models.engine.writer import Writer
from models.pod.settings import Settings, load_settings, save_settings
from models.pod.setup_links import insert_setup_link, load_setup_link, take_setup_link

HASH, OTHER = b"h" * 32, b"o" * 32


async def made(writer: Writer, *, now: int = 1000, expires_at: int = 2000, sha256: bytes = HASH) -> None:
    await writer.write(lambda session: insert_setup_link(session, sha256=sha256, now=now, expires_at=expires_at))


async def taken(writer: Writer, now: int, sha256: bytes = HASH) -> bool:
    return await writer.write(lambda session: take_setup_link(session, sha256, now))


async def test_op_02_a_link_works_once(database: Database, writer: Writer) -> None:
    await made(writer)
    async with database.read() as session:
        link = await load_setup_link(session, HASH)
        assert await load_setup_link(session, OTHER) is None
    assert link is not None
    assert link.works(1999)
    assert not link.works(2000)
    assert not await taken(writer, 1500, OTHER)
    assert await taken(writer, 1500)
    assert not await taken(writer, 1501)
    async with database.read() as session:
        link = await load_setup_link(session, HASH)
    assert link is not None
    assert (link.used_at, link.works(1501)) == (1500, False)


async def test_op_02_a_link_that_is_too_old_is_not_taken(writer: Writer) -> None:
    await made(writer)
    assert not await taken(writer, 2000)
    assert await taken(writer, 1999)


async def test_links_that_ended_long_ago_are_dropped(database: Database, writer: Writer) -> None:
    await made(writer)
    await made(writer, now=2000 + 24 * 3600 * 1000 + 1, sha256=OTHER)
    async with database.read() as session:
        assert await load_setup_link(session, HASH) is None


async def test_settings_have_defaults_and_keep_what_was_chosen(database: Database, writer: Writer) -> None:
    async with database.read() as session:
        assert await load_settings(session) == Settings()
    chosen = Settings(name="Nedre Brunn", language="sv", registration="open", terms="Var snäll.")

    async def save(session: AsyncSession) -> None:
        await save_settings(session, chosen, now=5)

    await writer.write(save)
    await writer.write(save)
    async with database.read() as session:
        assert await load_settings(session) == chosen


async def test_a_setting_that_is_none_of_its_choices_is_not_saved(database: Database, writer: Writer) -> None:
    wrong = Settings(registration="everybody")  # type: ignore[arg-type]
    with pytest.raises(msgspec.ValidationError):
        await writer.write(lambda session: save_settings(session, wrong, now=5))
    async with database.read() as session:
        assert await load_settings(session) == Settings()
