"""What a pod remembers: the database, its shape, whether the keys open it, what waits too long, the floor's groups."""

from __future__ import annotations

from pathlib import Path

from migrations import is_current
from models.engine import integrity
from models.engine.databases import Database
from models.groups.groups_and_items import list_group_ids, load_group
from models.groups.records import list_pending
from models.groups.waiting_records import list_operations
from models.people.accounts import list_accounts
from pod.actions.reading.lens.floor import list_floor, list_lacking_floor
from pod.actions.signer import seed_of
from pod.clock import Clock
from pod.config import Config
from pod.doctor.findings import Finding, fail, ok, warn
from pod.keyring import KeyringError, open_keyring
from protocol.state import load_state

MUCH_LOG_BYTES = 1024**3
LONG_MS = 10 * 60 * 1000  # a record that waits longer counts as withheld


async def check_shape(database: Database) -> Finding:
    """Whether the tables are the ones that this version expects."""
    if not await is_current(database):
        return fail("migrations", "The tables are of another version", "Run `pod migrate` while the pod doesn't serve.")
    return ok("migrations", "The tables are those of this version")


async def check_pages(database: Database) -> Finding:
    """Whether the SQLite file is whole; PostgreSQL checks its own files."""
    async with database.read() as session:
        broken = await integrity.check_pages(session)
    if broken:
        return fail(
            "integrity",
            f"The database is damaged: {broken[0]}",
            "Stop the pod, and bring back a backup: `pod restore`.",
        )
    return ok("integrity", "Every page of the database is whole")


async def check_indexes(database: Database) -> Finding:
    """Whether all indexes exist; without one, everything works but gets slower and slower."""
    async with database.read() as session:
        missing = await integrity.list_missing_indexes(session)
    if missing:
        return fail("indexes", f"Missing: {', '.join(missing)}", "Run `pod doctor --fix`, which makes them.")
    return ok("indexes", "All are there")


async def check_orphans(database: Database) -> Finding:
    """Whether rows are left whose owner no longer exists."""
    async with database.read() as session:
        orphans = await integrity.count_orphans(session)
    if orphans:
        told = ", ".join(f"{count} of {table}" for table, count in orphans.items())
        return warn("orphan rows", f"Rows whose owner is gone: {told}", "Run `pod doctor --fix`, which removes them.")
    return ok("orphan rows", "Every row has its owner")


def check_wal(config: Config) -> Finding:
    """Whether the write-ahead log is emptied from time to time; a reader that never ends prevents it."""
    path = Path(config.database_url.partition(":///")[2] + "-wal")
    if not config.database_url.startswith("sqlite") or not path.exists():
        return ok("write-ahead log", "There is none now")
    size = path.stat().st_size
    if size > MUCH_LOG_BYTES:
        mend = "See which program keeps the database open; when the pod has been started anew it shrinks."
        return warn("write-ahead log", f"It has grown to {size / 1024**2:.0f} MiB", mend)
    return ok("write-ahead log", f"{size / 1024**2:.1f} MiB")


async def check_keys(config: Config, database: Database) -> Finding:
    """Whether the key file fits the database: it must decrypt one seed."""
    try:
        keyring = open_keyring(config.key_file)
        async with database.read() as session:
            accounts = await list_accounts(session, 1)
        if not accounts:
            return ok("keys", "Nobody is at home here yet, so there is nothing to open")
        seed_of(keyring, accounts[0])
    except KeyringError as error:
        return fail("keys", str(error), "Bring back the key file that belongs to this database.")
    return ok("keys", "The key file opens what the database holds")


async def check_name(config: Config, database: Database) -> Finding:
    """Whether the groups know this pod by its configured URL."""
    keyring = open_keyring(config.key_file)
    ours = {keyring.pod_key.did, *(key.did for key in keyring.former)}
    async with database.read() as session:
        groups = [account.personal_group for account in await list_accounts(session, 1)]
        stored = await load_group(session, groups[0]) if groups and groups[0] else None
    home = load_state(stored.snapshot, (), {}).steward if stored else None
    if home is not None and home.key in ours and home.pod != config.base_url:
        says = f"Groups know this pod as {home.pod}, the configuration says {config.base_url}"
        return fail("name", says, f'Put `base_url = "{home.pod}"` back: a pod keeps its name for good.')
    return ok("name", "Groups know this pod by its base_url" if home else "No group knows this pod yet")


async def check_waiting(config: Config, database: Database) -> Finding:
    """Whether records and operations are logged or sealed within minutes."""
    now, oldest, where = Clock(config.clock_file)(), 0, ""
    async with database.read() as session:
        for group in await list_group_ids(session):
            records = [record.accepted_at for record in await list_pending(session, group, 0, 1)]
            operations = [operation.arrived_at for operation in await list_operations(session, group, 1)]
            age = max((now - since for since in records + operations), default=0)
            oldest, where = max((oldest, where), (age, str(group)))
    if oldest > LONG_MS:
        mend = f"See whether the steward's pod answers: `pod group show {where}`."
        return warn("waiting", f"Something has waited {oldest // 60_000} minutes for its steward", mend)
    return ok("waiting", "Nothing waits long for its steward")


async def check_floor(config: Config, database: Database) -> Finding:
    """Whether the groups of the floor are here; one that isn't can't hide anything."""
    async with database.read() as session:
        floor, lacking = await list_floor(session, config), await list_lacking_floor(session, config)
    if not lacking:
        return ok("floor", f"{len(floor)} groups, all here")
    if nameless := [one.group for one in lacking if not one.pod]:
        mend = f"Write the address of its page instead of the id: {', '.join(nameless)}."
    else:
        mend = "The pod fetches them while it serves: see whether theirs answer."
    says = ", ".join(f"{one.group} of {one.pod}" if one.pod else one.group for one in lacking)
    return warn("floor", f"Not here, so what they would hide is shown: {says}", mend)
