"""What the pod's admins chose in the browser: one row a setting, what isn't there has its default."""

from __future__ import annotations

from typing import Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import upsert

Language = Literal["en", "sv"]
Registration = Literal["open", "approval", "invite", "closed"]


class SettingRow(Base):
    """One setting; `value` is JSON."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    changed_at: Mapped[int]


class Settings(msgspec.Struct, frozen=True):
    """All settings. `name` and `contact` are empty until chosen; `terms` and `description` are plain text."""

    name: str = ""
    language: Language = "en"
    registration: Registration = "approval"
    contact: str = ""
    terms: str = ""
    description: str = ""


SETTINGS = table_of(SettingRow)


async def load_settings(session: AsyncSession) -> Settings:
    """The present settings; settings of a newer version are ignored."""
    rows = await session.execute(select(SETTINGS.c.key, SETTINGS.c.value))
    kept = {key: msgspec.json.decode(value) for key, value in rows}
    return msgspec.convert(kept, Settings)


async def save_settings(session: AsyncSession, settings: Settings, *, now: int) -> None:
    """Store what changed; raises ValidationError for an unknown language or mode."""
    chosen = msgspec.to_builtins(msgspec.convert(msgspec.to_builtins(settings), Settings))
    held = msgspec.to_builtins(await load_settings(session))
    changed = {key: value for key, value in chosen.items() if held[key] != value}
    rows = [
        {"key": key, "value": msgspec.json.encode(value).decode(), "changed_at": now} for key, value in changed.items()
    ]
    await upsert(session, SETTINGS, rows)
