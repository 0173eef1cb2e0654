"""All checks in one round, in the order in which to mend; one that can't be made says so and hides no other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

from federation.addresses import bracketed
from federation.errors import RemoteError
from models.engine.databases import Database, open_database
from pod.config import Config, ConfigError, load_config
from pod.doctor import database, machine, network, upkeep
from pod.doctor.findings import Finding, fail, ok
from pod.parts import USER_AGENT
from protocol.errors import RefusedError


async def examine(data: Path) -> list[Finding]:
    """All checks of the pod in this data folder."""
    found = [machine.check_python(), machine.check_packages(), machine.check_sqlite(), machine.check_open_files()]
    try:
        config = load_config(data / "pod.toml")
    except ConfigError as error:
        return [*found, fail("configuration", str(error), "Mend pod.toml; `pod config check` tells when it is right.")]
    found += [ok("configuration", str(data / "pod.toml")), machine.check_folder(config), machine.check_media(config)]
    found += [machine.check_key_file(config), machine.check_clock(config), machine.check_disk(config)]
    return [*found, await _port(config), await upkeep.check_mail(config), *await _database(config)]


def _said(error: Exception) -> str:
    """The database's own message, without the text that the library adds for programmers."""
    return str(getattr(error, "orig", error))


async def _database(config: Config) -> list[Finding]:
    if config.database_url.startswith("sqlite") and not _sqlite_file(config).exists():
        return [fail("database", "There is none yet", "Run `pod migrate`.")]
    try:
        opened = await open_database(config.database_url)
    except Exception as error:  # noqa: BLE001  (the finding tells any error that keeps it from opening)
        return [fail("database", f"It doesn't open: {_said(error)}", "See that the server runs and the file is whole.")]
    try:
        return await _remembered(config, opened)
    finally:
        await opened.close()


async def _remembered(config: Config, opened: Database) -> list[Finding]:
    # `open_database` reads its settings back and refuses a database that doesn't store durably.
    durable = "write-ahead log, synchronous=FULL, foreign keys" if opened.is_sqlite else "fsync, synchronous_commit"
    found = [ok("database", f"Opens; set as it must be: {durable}"), database.check_wal(config)]
    found += [await database.check_pages(opened), await database.check_shape(opened)]
    if any(finding.mend for finding in found[-2:]):
        return found
    checks = {
        "indexes": database.check_indexes(opened),
        "orphan rows": database.check_orphans(opened),
        "keys": database.check_keys(config, opened),
        "name": database.check_name(config, opened),
        "projections": upkeep.check_projections(config),
        "waiting": database.check_waiting(config, opened),
        "floor": database.check_floor(config, opened),
        "queue": upkeep.check_queue(config, opened),
        "dead hosts": upkeep.check_hosts(config, opened),
        "backup": upkeep.check_backups(config, opened),
    }
    found += [await _told(name, check) for name, check in checks.items()]
    async with network.door_out(config, USER_AGENT) as http:
        found += await network.check_outside(config, opened, http, served=await is_served(config))
        return [*found, await network.check_clocks(config, opened, http)]


async def _told(name: str, check: Awaitable[Finding]) -> Finding:
    try:
        return await check
    except Exception as error:  # noqa: BLE001  (a check that can't be made is a finding, too)
        return fail(name, f"It couldn't be looked at: {_said(error)}", "Mend what is told above first.")


def _sqlite_file(config: Config) -> Path:
    return Path(config.database_url.partition(":///")[2])


async def is_served(config: Config) -> bool:
    """Whether a program listens on the pod's address."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(_reached(config), config.server.port), 3)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _port(config: Config) -> Finding:
    """Whether the port is free, or a pod answers there."""
    address = f"{bracketed(config.server.listen)}:{config.server.port}"
    if not await is_served(config):
        return ok("port", f"{address} is free; the pod isn't serving")
    url = f"http://{bracketed(_reached(config))}:{config.server.port}/healthz"
    try:
        async with network.neighbour_door(config, USER_AGENT) as http:
            answer = await http.get_json(url)
    except (RemoteError, RefusedError) as error:
        return fail("port", f"{address} is held by something else: {error}", "End it, or choose another `server.port`.")
    if answer != {"status": "ok"}:
        return fail("port", f"{address} is held by something else", "End it, or choose another `server.port`.")
    return ok("port", f"A pod serves on {address}")


def _reached(config: Config) -> str:
    host = config.server.listen
    return {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (compared, not bound)
