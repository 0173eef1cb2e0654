"""What a reader's lens, own hides and this pod's floor say of targets, the three layers told apart.

- The lens: the groups that the reader names, joined by any or all.
- Own hides: the reader's personal group is their own moderation group; a score below 0 there hides.
- The pod's floor: the groups of `[moderation] floor`. One that this pod doesn't hold says nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.chain import load_group
from models.content import NO_VOTES, load_tallies
from moderation.lens import Lens, OwnHide, Verdict, judge
from pod.actions.chains import load_view
from pod.actions.reading.access import Reader, load_readable
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import Token

Sums = Mapping[Token, int]


class Layers(msgspec.Struct, frozen=True):
    """Votes on targets without defaults (micro units): in each group of the lens, in the reader's own, in the floor's.

    `defaults`: what a post's score starts from in each group named.
    """

    lens: Mapping[RecordId, Sums]
    own: Sums
    floor: Mapping[RecordId, Sums]
    defaults: Mapping[RecordId, int]

    def judge(self, lens: Lens, token: Token) -> Verdict:
        """What the three layers say of one target that has defaults: a post, subject or profile."""
        return judge(
            lens,
            {group: self._score(group, sums, token) for group, sums in self.lens.items()},
            own=[OwnHide.HIDDEN_THING] if self.own.get(token, 0) < 0 else [],
            floor={group: self._score(group, sums, token) for group, sums in self.floor.items()},
        )

    def _score(self, group: RecordId, sums: Sums, token: Token) -> int:
        return self.defaults[group] + sums.get(token, 0)


async def load_layers(
    session: AsyncSession, deps: Deps, reader: Reader, groups: Sequence[RecordId], tokens: Collection[Token]
) -> Layers:
    """The sums of `tokens` in every layer; raises UnknownGroupError for a group that the reader may not see."""
    defaults: dict[RecordId, int] = {}
    for group in groups:
        defaults[group] = (await load_readable(session, deps, reader, group)).state.default_score
    floor = [RecordId(group) for group in deps.config.moderation.floor]
    held = [group for group in floor if await load_group(session, group)]
    for group in held:
        defaults[group] = (await load_view(session, deps, group)).state.default_score
    own = reader.personal_group if reader else None
    return Layers(
        lens={group: await _sums(session, group, tokens) for group in groups},
        own=await _sums(session, own, tokens) if own else {},
        floor={group: await _sums(session, group, tokens) for group in held},
        defaults=defaults,
    )


async def _sums(session: AsyncSession, group: RecordId, tokens: Collection[Token]) -> Sums:
    tallies = await load_tallies(session, group, tokens)
    return {token: tallies.get(token, NO_VOTES).sum_micro for token in tokens}
