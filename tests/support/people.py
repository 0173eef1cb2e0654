"""What people do over the API in journeys, and what their pods must agree on."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import insert_token, load_account_named
from pod.actions.groups.founding import token_hash
from pod.deps import Deps
from protocol.keys import PrivateKey
from tests.support.rig import Person, ServedPod, eventually


def anew(person: Person, pod: ServedPod, name: str = "") -> Person:
    """The same person with a new token of `pod`, where they are called `name`: a switch ends those at the old pod."""
    name, token = name or person.account["name"], secrets.token_hex(8)

    async def insert(session: AsyncSession, deps: Deps) -> None:
        account = await load_account_named(session, name)
        assert account is not None
        await insert_token(
            session, sha256=token_hash(token), account=account.id, name=token, now=deps.clock(), decides=True
        )

    pod.act(lambda deps: deps.store.write(partial(insert, deps=deps)))
    return Person(pod, {**person.account, "name": name, "token": token})


def joined(host: Person, group: str, guest: Person, weight: int) -> int:
    """`guest` joins by an invitation of `host`; the member number that the settled join gave."""
    secret = secrets.token_bytes(32)
    wishes = {"weight": weight, "to": PrivateKey.from_seed(secret).did, "expires": 2**50}
    link = host.post(f"/api/v1/groups/{group}/invitations", wishes)
    guest.post("/api/v1/joins", {**link, "secret": secret.hex()})

    def number() -> Any:
        memberships = guest.get("/api/v1/me")["memberships"]
        return next(entry["number"] for entry in memberships if entry["group"] == group)

    return int(eventually(number))


def sight(person: Person, group: str) -> tuple[Any, ...]:
    """What two pods must agree on."""
    seen = person.get(f"/api/v1/groups/{group}")
    return seen["head"], seen["anchor"], seen["state_hash"], seen["log"]["root"], seen["log"]["held"]


def agreed(group: str, *people: Person) -> bool:
    return len({sight(person, group) for person in people}) == 1


def waits(person: Person, group: str) -> bool:
    """Whether something that the person's pod has of the group still waits for its log."""
    return bool(person.get(f"/groups/{group}/pending?from=0")["records"])


def log_size(person: Person, group: str) -> int:
    return int(person.get(f"/api/v1/groups/{group}")["log"]["size"])


def settled_sizes(group: str, size: int, *people: Person) -> bool:
    """All see the same, with a log of `size` held (one look each, or two pods could agree on the past)."""
    sights = {sight(person, group) for person in people}
    return len(sights) == 1 and sights.pop()[-1] == size
