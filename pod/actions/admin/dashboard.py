"""What those who run the pod see of it: what is still to do, whether it is well, its hosts and its mails."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.fediverse.deliveries import hasten
from models.fediverse.host_states import HostPlace, HostState, QueueCount, count_queue, list_hosts, load_host
from models.groups.groups_and_items import count_groups
from models.people.accounts import Account
from models.people.people_list import count_admins
from models.pod.floor_groups import FloorGroup
from models.pod.outside_checks import Look
from models.pod.sent_mails import MailSent, list_mails
from models.pod.settings import Settings, load_settings
from pod.actions.admin.outside_check import MAIL, last_looks, note_look
from pod.actions.admin.readiness import Hindrance, reasons_against
from pod.actions.admin.test_mail import Tried, try_mail
from pod.actions.audit import write_down
from pod.actions.reading.lens.floor import list_lacking_floor
from pod.backups.backup import FOLDER
from pod.backups.folder import list_backups
from pod.deps import Deps
from pod.doctor.findings import Finding
from pod.doctor.machine import check_disk, free_bytes
from pod.rules.admin import AdminRule


class Running(msgspec.Struct, frozen=True):
    """The pod at a glance."""

    settings: Settings
    looks: dict[str, Look]
    reasons: list[Hindrance]
    disk: Finding
    free_bytes: int
    queue: QueueCount
    last_mail: MailSent | None
    backup_at: int | None
    admins: int
    groups: int
    version: str
    floor_lacking: tuple[FloorGroup, ...] = ()


async def look_over(deps: Deps) -> Running:
    """The pod at a glance."""
    reasons = await reasons_against(deps)
    backup_at = await asyncio.to_thread(_last_backup, deps)
    disk = await asyncio.to_thread(check_disk, deps.config)
    async with deps.store.database.read() as session:
        mails = await list_mails(session, 1)
        return Running(
            settings=await load_settings(session),
            looks=await last_looks(deps),
            reasons=reasons,
            disk=disk,
            free_bytes=await asyncio.to_thread(free_bytes, deps.config),
            queue=await count_queue(session),
            last_mail=mails[0] if mails else None,
            backup_at=backup_at,
            admins=await count_admins(session),
            groups=await count_groups(session),
            version=version("althing"),
            floor_lacking=tuple(await list_lacking_floor(session, deps.config)),
        )


def _last_backup(deps: Deps) -> int | None:
    made = [one.manifest.made_at for one in list_backups(deps.config.data / FOLDER) if one.manifest is not None]
    return max(made, default=None)


async def read_hosts(deps: Deps, limit: int, *, after: HostPlace | None = None) -> list[HostState]:
    """A page of the hosts that this pod delivers to, failing ones first."""
    async with deps.store.database.read() as session:
        return await list_hosts(session, limit, after=after)


async def read_host(deps: Deps, name: str) -> HostState:
    """One host; raises NotFoundError."""
    async with deps.store.database.read() as session:
        found = await load_host(session, name)
    if found is None:
        raise AdminRule.NOTHING_SENT.error()
    return found


async def retry_host(deps: Deps, admin: Account, name: str) -> None:
    """Have the pod try now to deliver what waits for a host."""
    await read_host(deps, name)

    async def action(session: AsyncSession) -> None:
        await hasten(session, [name], now=deps.clock())
        await write_down(session, deps, admin.name, "retry", name)

    await deps.store.write(action)
    deps.signals.deliver()


async def read_mails(deps: Deps) -> list[MailSent]:
    """The latest mails, each with the mail server's answer."""
    async with deps.store.database.read() as session:
        return await list_mails(session)


async def test_mail(deps: Deps, admin: Account, to: str) -> Tried:
    """Send a test mail and store the result; raises BadAddressError."""
    await deps.store.limits.take("test mail of an account", str(admin.id), now=deps.clock())
    tried = await try_mail(deps, to)
    await note_look(deps, MAIL, tried.answer, ok=tried.ok)
    after = "taken" if tried.ok else "refused"
    await deps.store.write(lambda session: write_down(session, deps, admin.name, "test mail", to, after=after))
    return tried
