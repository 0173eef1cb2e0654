"""A look at the pod from outside, for its admins: whether its name leads here, and its inbox takes what comes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from federation.errors import KeyOwnerError, RemoteError
from federation.signatures import SignedRequest, sign
from models.people.accounts import Account
from models.pod.outside_checks import Look, load_looks, save_looks
from pod.actions.fediverse.actors import POD, signing_key
from pod.clock import random_bytes
from pod.deps import Deps
from pod.doctor.findings import Level
from pod.doctor.network import check_outside
from protocol.errors import RefusedError

INBOX = "inbox"
MAIL = "mail"
KNOWN_AGAIN = f'"{KeyOwnerError.code}"'.encode()
LONGEST_WORD = 300


async def look(deps: Deps, admin: Account) -> None:
    """Run every check once and store the results."""
    await deps.store.limits.take("look of an account", str(admin.id), now=deps.clock())
    findings = await check_outside(deps.config, deps.store.database, deps.outside.http, served=True)
    now = deps.clock()
    looks = [Look(one.check, one.level is not Level.FAIL, f"{one.says}. {one.mend}".strip(), now) for one in findings]
    await _keep(deps, [*looks, await _inbox(deps)])


async def note_look(deps: Deps, name: str, found: str, *, ok: bool) -> None:
    """Store the result of a check that an admin ran."""
    await _keep(deps, [Look(name, ok, found, deps.clock())])


async def last_looks(deps: Deps) -> dict[str, Look]:
    """The latest result of each check, by the check's name."""
    async with deps.store.database.read() as session:
        return await load_looks(session)


async def _keep(deps: Deps, looks: Sequence[Look]) -> None:
    await deps.store.write(lambda session: save_looks(session, looks))


async def _inbox(deps: Deps) -> Look:
    """Whether a signed delivery gets through everything in front of the pod, such as a proxy.

    A pod refuses activities of its own actor. It answers `wrong_key_owner` only if host, path, date and the body's
    digest arrived as they were signed.
    """
    actor = f"{deps.identity.base_url}/{POD}"
    key = await signing_key(deps, actor)

    def signed(request: SignedRequest) -> Mapping[str, str]:
        return sign(request, key, scheme="cavage", now=deps.clock())

    activity = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{actor}#look-{random_bytes(16).hex()}",
        "type": "Read",
        "actor": actor,
        "object": actor,
    }
    body = json.dumps(activity).encode()
    try:
        await deps.outside.http.post(f"{deps.identity.base_url}/inbox", body, sign=signed, hear_refusal=True)
    except RefusedError as error:
        return _not_taken(deps, str(error))
    except RemoteError as error:
        if KNOWN_AGAIN not in error.body:
            return _not_taken(deps, f"{error} {error.body[:LONGEST_WORD].decode(errors='replace')}")
    return Look(INBOX, ok=True, found="A signed delivery came through as it was sent.", at=deps.clock())


def _not_taken(deps: Deps, why: str) -> Look:
    found = f"A signed delivery to this pod's own inbox didn't come through as it was sent: {why}"
    return Look(INBOX, ok=False, found=found, at=deps.clock())
