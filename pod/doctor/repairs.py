"""What the doctor mends without being told how: never a record, item or group."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from models.engine.databases import open_database
from models.engine.integrity import make_missing_indexes, remove_orphans
from models.engine.writer import Action, running_writer
from pod.config import Config
from pod.doctor.findings import Finding, Level

Cure = Callable[[Config], Awaitable[None]]


async def mend(config: Config, findings: Iterable[Finding]) -> list[str]:
    """Repair what can be repaired; returns the names of the checks whose findings were treated."""
    ill = [finding.check for finding in findings if finding.level is not Level.OK and finding.check in CURES]
    for check in dict.fromkeys(ill):
        await CURES[check](config)
    return list(dict.fromkeys(ill))


async def _close_key_file(config: Config) -> None:
    if config.key_file.exists():
        config.key_file.chmod(0o600)
        config.key_file.parent.chmod(0o700)


async def _close_folder(config: Config) -> None:
    if config.data.is_dir():
        config.data.chmod(config.data.stat().st_mode & ~0o022)


def _written(action: Action[None]) -> Cure:
    async def cure(config: Config) -> None:
        database = await open_database(config.database_url)
        try:
            async with running_writer(database) as writer:
                await writer.write(action)
        finally:
            await database.close()

    return cure


CURES: Final[dict[str, Cure]] = {
    "key file": _close_key_file,
    "data folder": _close_folder,
    "indexes": _written(make_missing_indexes),
    "orphan rows": _written(remove_orphans),
}
