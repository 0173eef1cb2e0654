"""What an operator looks after: projections, deliveries, hosts that are gone, mail, backups."""

from __future__ import annotations

import tempfile
from pathlib import Path

from msgspec.structs import replace
from yarl import URL

from models.engine.databases import Database
from models.engine.sqlite_copy import copy_sqlite
from models.fediverse.host_states import HostState, walk_hosts
from models.people.accounts import load_first_sign_up
from pod.actions.chain.rebuild_projections import rebuild_projections
from pod.backups.backup import FOLDER
from pod.backups.folder import list_backups
from pod.clock import Clock
from pod.config import Config, is_local
from pod.doctor.findings import Finding, fail, ok, warn
from pod.mail import MailError, greet
from pod.parts import open_parts
from pod.storage import storage_bytes

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS
OLD_BACKUP_MS = 7 * DAY_MS
DEAD_MS = 7 * DAY_MS
SHOWN = 5
LARGEST_TO_FOLD_BYTES = 64 * 1024**2


async def check_projections(config: Config) -> Finding:
    """Whether posts and scores follow from the records. They are folded anew in a copy; the pod isn't changed."""
    path = Path(config.database_url.partition(":///")[2])
    if not config.database_url.startswith("sqlite") or storage_bytes(config)["database"] > LARGEST_TO_FOLD_BYTES:
        return ok("projections", "Not folded anew here: `pod rebuild --check` does it while the pod rests")
    with tempfile.TemporaryDirectory(prefix="althing-doctor-") as room:
        copy = Path(room) / path.name
        copy_sqlite(path, copy, lambda _done, _of: None)
        storage = replace(config.storage, database=f"sqlite+aiosqlite:///{copy}", key_file=str(config.key_file))
        async with open_parts(replace(config, storage=storage)) as deps:
            differed = await rebuild_projections(deps)
    if differed:
        return fail(
            "projections", f"Not what the records say: {', '.join(differed)}", "Stop the pod and run `pod rebuild`."
        )
    return ok("projections", "Folded anew in a copy, they came out the same")


async def check_queue(config: Config, database: Database) -> Finding:
    """Whether deliveries are sent. If one host fails, the fault is there; if many fail, it is here."""
    now = Clock(config.clock_file)()
    hosts = await _hosts(database)
    late = [state for state in hosts if state.waiting and now - (state.oldest_at or now) > HOUR_MS]
    waiting = sum(state.waiting for state in hosts)
    if late and len(late) * 10 > len(hosts):
        says = f"For {len(late)} of {len(hosts)} hosts something has waited for more than an hour"
        return warn("queue", says, "See `pod host list`; if all fail alike, this machine can't reach the network.")
    return ok("queue", f"{waiting} deliveries wait, none for long" if not late else f"{waiting} deliveries wait")


async def check_hosts(config: Config, database: Database) -> Finding:
    """Which hosts have been silent for a week."""
    now = Clock(config.clock_file)()
    dead = [
        state.host.host
        for state in await _hosts(database)
        if state.host.first_failed_at is not None and now - state.host.first_failed_at > DEAD_MS
    ]
    if dead:
        named = ", ".join(dead[:SHOWN]) + (" …" if len(dead) > SHOWN else "")
        return warn(
            "dead hosts", f"Silent for a week: {named}", "They are asked ever more rarely; see `pod host list`."
        )
    return ok("dead hosts", "Every host was heard within a week")


async def _hosts(database: Database) -> list[HostState]:
    async with database.read() as session:
        return [state async for state in walk_hosts(session)]


async def check_mail(config: Config) -> Finding:
    """Whether the mail server accepts this pod's name and password."""
    host = URL(config.base_url).host or ""
    if not config.mail.host:
        if is_local(host):
            return ok("mail", "No server is set: mails are shown on the console")
        mend = "Set `host` under [mail] in pod.toml, then run `pod mail test ADDRESS`."
        return warn("mail", "No server is set, so nobody gets a mail", mend)
    try:
        said = await greet(config.mail, host)
    except MailError as error:
        return fail(
            "mail", f"The mail server says: {error.answer}", "Mend [mail] in pod.toml; `pod mail test` tries it."
        )
    return ok("mail", f"{config.mail.host} says {said.answer}")


async def check_backups(config: Config, database: Database) -> Finding:
    """Whether there is a recent backup, once the pod has accounts."""
    if not config.database_url.startswith("sqlite"):
        return ok("backup", "PostgreSQL is backed up by pg_dump")
    now = Clock(config.clock_file)()
    made = [one.manifest.made_at for one in list_backups(config.data / FOLDER) if one.manifest is not None]
    if made and now - max(made) <= OLD_BACKUP_MS:
        return ok("backup", f"The last one is {(now - max(made)) // HOUR_MS} hours old")
    async with database.read() as session:
        since = await load_first_sign_up(session)
    if since is None or now - since < DAY_MS:
        return ok("backup", "There is none, and not much to lose yet")
    says = f"The last one is {(now - max(made)) // DAY_MS} days old" if made else "There is none"
    mend = "Run `pod backup create` each night, and keep a copy on another machine."
    return warn("backup", says, mend)
