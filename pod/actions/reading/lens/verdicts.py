"""What a reader's lens, own hides and this pod's floor say of targets, the three layers told apart.

- The lens: the groups that the reader names, joined by any or all.
- Own hides: the reader's personal group is their own moderation group; a score below 0 there hides. Writers whom the
  reader mutes are hidden with all they write.
- The pod's floor (`pod/actions/reading/lens/floor.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.lens_sources import load_sums
from models.fediverse.followers import Shows
from models.people.accounts import Account
from models.people.mutes import load_muted
from models.people.subscriptions import Following, list_followings
from moderation.lens import Layer, Lens, OwnHide, Verdict, judge
from moderation.shown import is_hosted, layers_over
from pod.actions.access import Reader, open_state, open_those
from pod.actions.reading.lens.floor import load_floor
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import Token
from protocol.state import GroupState
from protocol.visibility import Judged

MOST_FOLLOWED: Final = 500
MOST_JUDGES: Final = 12
Author = tuple[RecordId, int]  # a member: the group, and the number there


class Sums(dict[Token, int]):
    """The sums of votes on those targets that have votes in a group; every other target has 0."""

    def __missing__(self, token: Token) -> int:
        return 0


class Layers(msgspec.Struct, frozen=True):
    """Sums of votes on targets (micro units, without defaults) in the groups of the lens, the reader's own, the floor.

    `defaults`: the default score of each group named. `muted`: the writers whom the reader muted.
    """

    lens: Mapping[RecordId, Sums]
    own: Sums
    floor: Mapping[RecordId, Sums]
    defaults: Mapping[RecordId, int]
    muted: frozenset[Author] = frozenset()

    def judge(self, lens: Lens, token: Token, writer: Author | None = None) -> Verdict:
        """The verdict of the three layers on one target that has defaults: a post, subject or profile."""
        return judge(
            lens,
            {group: self._score(group, sums, token) for group, sums in self.lens.items()},
            own=self.own_hides(token, writer),
            floor={group: self._score(group, sums, token) for group, sums in self.floor.items()},
        )

    def withholds(self, token: Token) -> bool:
        """Whether the floor hides a target that has defaults."""
        return not is_hosted(self._score(group, sums, token) for group, sums in self.floor.items())

    def own_hides(self, token: Token, writer: Author | None) -> list[OwnHide]:
        """Which of the reader's own settings hide a target."""
        hides = [OwnHide.HIDDEN_THING] if self.own[token] < 0 else []
        return [*hides, OwnHide.MUTED_WRITER] if writer in self.muted else hides

    def over(self, lens: Lens, judged: Judged, token: Token, writer: Author) -> tuple[Layer, ...]:
        """Which layers hide a paragraph, whose target is `token`."""
        floor = [sums[token] for sums in self.floor.values()]
        return layers_over(lens, judged, floor=floor, own=self.own_hides(token, writer))

    def _score(self, group: RecordId, sums: Sums, token: Token) -> int:
        return self.defaults[group] + sums[token]


async def home_lens(deps: Deps, account: Account) -> Lens | None:
    """The account's usual lens: the groups that it chose as moderators; None if it chose none."""
    async with deps.store.database.read() as session:
        return await chosen_lens(session, deps, account, await list_followings(session, account.id, MOST_FOLLOWED))


async def chosen_lens(
    session: AsyncSession, deps: Deps, account: Account, followed: Sequence[Following]
) -> Lens | None:
    """The usual lens of an account that follows these groups."""
    judges = [following.group_id for following in followed if following.lens]
    readable = await open_those(session, deps, account, judges[:MOST_JUDGES]) if judges else {}
    return Lens(tuple(readable)) if readable else None


async def load_layers(
    session: AsyncSession,
    deps: Deps,
    reader: Reader,
    groups: Sequence[RecordId],
    tokens: Collection[Token],
    writers: Collection[Author] = (),
    *,
    everybody: bool = False,
) -> Layers:
    """The sums of `tokens` in every layer; raises UnknownGroupError for a group that the reader may not read.

    `writers`: the targets' writers, whom the reader may have muted. `everybody`: leave the reader's own hides out.
    """
    defaults: dict[RecordId, int] = {}
    for group in groups:
        defaults[group] = (await open_state(session, deps, reader, group)).default_score
    held = await load_floor(session, deps)
    defaults |= held
    hider = None if everybody else reader
    own = hider.personal_group if hider else None
    asked = {*groups, *held, *([own] if own else [])}
    sums = await load_sums(session, asked, tokens) if asked else {}
    of = {group: Sums() for group in asked}
    for (group, token), total in sums.items():
        of[group][token] = total
    return Layers(
        lens={group: of[group] for group in groups},
        own=of[own] if own else Sums(),
        floor={group: of[group] for group in held},
        defaults=defaults,
        muted=await load_muted(session, hider.id, writers) if hider else frozenset(),
    )


async def shows_of(session: AsyncSession, deps: Deps, state: GroupState) -> Shows:
    """The scores by which this pod decides which of a group's posts other software gets."""
    return Shows(state.group, state.default_score, await load_floor(session, deps))
