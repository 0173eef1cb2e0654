"""The recovery kit: where a person's groups are, and by which key each knows them; to be kept beside the 24 words.

It holds no words and no key. It tells one's groups, also the private ones.
"""

from __future__ import annotations

from typing import Final

import msgspec

from models.moving.grants import list_grants
from models.people.accounts import Account
from models.people.phrase_checks import set_kit_made
from pod.actions.accounts.overview import kit_groups_of
from pod.actions.chain.views import load_view
from pod.actions.sync.push import pods_of
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.ids import RecordId, parse_id

MOST_HOMES: Final = 50
MOST_PODS: Final = 5


class KitLine(msgspec.Struct, frozen=True):
    """A group of a kit. `pods`: that hold it; `recovery`: the number of the recovery key that it knows."""

    name: str
    group: str
    private: bool
    recovery: int
    pods: tuple[str, ...]


class RecoveryKit(msgspec.Struct, frozen=True):
    """A kit, made at `at` (ms). `second_homes`: pods that keep a copy of the account."""

    name: str
    pod: str
    personal_group: str
    at: int
    groups: tuple[KitLine, ...]
    second_homes: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """The groups as the page for the 24 words takes them: id, pod, and of a private group the key's number."""
        told = []
        for line in self.groups:
            number = f" {line.recovery}" if line.private else ""
            told += [f"{line.group} {pod}{number}" for pod in line.pods]
        return told


async def make_kit(deps: Deps, account: Account) -> RecoveryKit:
    """The kit as it is now, and a note that it was made."""
    if account.personal_group is None:
        raise GroupRule.NO_PERSONAL_GROUP.error()
    now, listed = deps.clock(), await kit_groups_of(deps, account)
    async with deps.store.database.read() as session:
        grants = await list_grants(session, account.id, MOST_HOMES, now=now)
        lines = []
        for group in listed:
            pods = pods_of((await load_view(session, deps, parse_id(group.group))).state)
            # Its own pod comes last: the kit is for the day when it is gone.
            others = sorted(pods, key=lambda pod: pod == deps.identity.base_url)[:MOST_PODS]
            private = group.visibility == "private"
            lines.append(KitLine(group.name, group.group, private, group.recovery, tuple(others)))
    homes = tuple(sorted({grant.pod for grant in grants if grant.expires_at is None}))
    own: RecordId = account.personal_group
    await deps.store.write(lambda session: set_kit_made(session, account.id, now=now))
    return RecoveryKit(account.name, deps.identity.base_url, own, now, tuple(lines), homes)
