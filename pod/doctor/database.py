"""What a pod remembers: the database, its shape, whether the keys open it, what waits too long, the floor's groups."""

from __future__ import annotations

from migrations import is_current
from models.accounts import list_accounts
from models.chain import list_groups, load_group
from models.engines import Database
from models.pending import list_operations
from models.records import list_pending
from pod.actions.founding import seed_of
from pod.clock import Clock
from pod.config import Config
from pod.doctor.findings import Finding, fail, ok, warn
from pod.keyring import KeyringError, open_keyring
from protocol.ids import RecordId

MOST_GROUPS = 10_000
LONG_MS = 10 * 60 * 1000  # after which a record counts as withheld


async def check_shape(database: Database) -> Finding:
    """Whether the tables are those that this version expects."""
    if not await is_current(database):
        return fail("migrations", "The tables are of another version", "Run `pod migrate` while the pod doesn't serve.")
    return ok("migrations", "The tables are those of this version")


async def check_keys(config: Config, database: Database) -> Finding:
    """Whether the key file is the one that sealed what the database holds, by opening one seed."""
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


async def check_waiting(config: Config, database: Database) -> Finding:
    """Whether records and operations get their place within minutes."""
    now, oldest, where = Clock(config.clock_file)(), 0, ""
    async with database.read() as session:
        for group in await list_groups(session, MOST_GROUPS):
            records = [record.accepted_at for record in await list_pending(session, group.id, 0, 1)]
            operations = [operation.arrived_at for operation in await list_operations(session, group.id, 1)]
            age = max((now - since for since in records + operations), default=0)
            oldest, where = max((oldest, where), (age, str(group.id)))
    if oldest > LONG_MS:
        mend = f"See whether the steward's pod answers: `pod group show {where}`."
        return warn("waiting", f"Something has waited {oldest // 60_000} minutes for its steward", mend)
    return ok("waiting", "Nothing waits long for its steward")


async def check_floor(config: Config, database: Database) -> Finding:
    """Whether the groups of the floor are here: one that isn't says nothing."""
    async with database.read() as session:
        missing = [group for group in config.moderation.floor if await load_group(session, RecordId(group)) is None]
    if missing:
        return warn("floor", f"Not here: {', '.join(missing)}", "Join the group, or take it out of `moderation.floor`.")
    return ok("floor", f"{len(config.moderation.floor)} groups, all here")
