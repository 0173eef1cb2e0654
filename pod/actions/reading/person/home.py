"""What somebody finds at home: posts of their groups and of whom they follow, moderated; or what a pod is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.belonging import list_belonging, list_open
from models.content.busy_groups import GroupActivity, list_active
from models.content.home_feed import FeedCard, list_feed
from models.content.lens_sources import load_group_names
from models.people.accounts import Account, Membership, list_memberships
from models.people.phrase_checks import load_kit_made_at, load_phrase_check
from models.people.subscriptions import Following, list_followings
from models.pod.settings import Settings, load_settings
from moderation.home_lens import Judge, shows_post
from moderation.lens import Layer, Lens
from pod.actions.access import open_those
from pod.actions.accounts.overview import is_kit_due
from pod.actions.groups.subscriptions import MOST_FOLLOWED
from pod.actions.reading.group.profiles import load_writers
from pod.actions.reading.lens.verdicts import Layers, load_layers
from pod.actions.reading.post.cards import Moderators, VisibleCard, load_excerpts, visible_card
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import PostTarget
from protocol.visibility import Combine

MOST_JUDGES: Final = 12


class HomeSight(msgspec.Struct, frozen=True):
    """A page of home: the posts, and the groups that moderate them; `next` is the `before` of the next page.

    `names`: of the groups that repost. `phrase_check_due`: the account's owner hasn't shown yet that they have the 24
    words. `unheard`: how many chosen moderators are left out, because there are too many. `kit_due`: they have the
    words, and no recovery kit of the last month.
    """

    posts: tuple[VisibleCard, ...]
    moderators: Moderators
    memberships: tuple[Membership, ...]
    followings: tuple[Following, ...]
    phrase_check_due: bool
    next: int | None = None
    names: Mapping[RecordId, str] = {}
    unheard: int = 0
    kit_due: bool = False

    @property
    def choosing(self) -> int:
        """How many moderators choose what is shown; the others only hide."""
        return sum(not Judge(default).only_hides for default in self.moderators.defaults.values())


class FrontSight(msgspec.Struct, frozen=True):
    """What a visitor sees: the pod's own words, and public groups, the busiest first, with how many belong to each."""

    settings: Settings
    groups: tuple[GroupActivity, ...]
    members: Mapping[RecordId, int]


async def load_front(deps: Deps, limit: int) -> FrontSight:
    """The front page for visitors who aren't signed in."""
    async with deps.store.database.read() as session:
        groups = tuple(await list_active(session, limit))
        opened = await open_those(session, deps, None, [one.group for one in groups])
        members = {group: sum(found.state.homes.values()) for group, found in opened.items()}
        return FrontSight(await load_settings(session), groups, members)


async def _nags(session: AsyncSession, deps: Deps, account: Account) -> tuple[bool, bool]:
    """Whether the words, and else the recovery kit, are to be asked for."""
    check, made_at = await load_phrase_check(session, account.id), await load_kit_made_at(session, account.id)
    if check is None or check.checked_at is None:
        return True, False
    return False, is_kit_due(made_at, now=deps.clock())


async def load_home(
    deps: Deps, account: Account, combine: Combine = Combine.ANY, *, before: int | None, limit: int
) -> HomeSight:
    """The newest posts of the account's groups and of those that it follows.

    `combine`: whether one of its moderators must show a post, or all.
    """
    async with deps.store.database.read() as session:
        memberships = await list_memberships(session, account.id)
        followings = await list_followings(session, account.id, MOST_FOLLOWED)
        mine = await list_belonging(session, account.id)
        wanted = mine | await list_open(session, [following.group_id for following in followings])
        feed, following_page = await list_feed(session, sorted(wanted), limit, before=before) if wanted else ([], None)
        chosen = [following.group_id for following in followings if following.lens]
        asked = {card.via or card.group_id for card in feed} | set(chosen[:MOST_JUDGES])
        opened = await open_those(session, deps, account, sorted(asked))
        groups = {group: found.state.default_score for group, found in opened.items()}
        cards = [card for card in feed if (card.via or card.group_id) in groups]
        names = await load_group_names(session, {card.via for card in cards if card.via})
        moderators = Moderators({group: groups[group] for group in chosen[:MOST_JUDGES] if group in groups}, combine)
        tokens = [PostTarget(card.id).token for card in cards]
        phrase_check_due, kit_due = await _nags(session, deps, account)
        writers = {(card.group_id, card.author) for card in cards}
        layers = await load_layers(session, deps, account, tuple(moderators.defaults), tokens, writers)
        lenses = {card.id: Lens((card.via or card.group_id,)) for card in cards}
        excerpts = await load_excerpts(session, deps, account, lenses, moderators=moderators)
        nicknames = await load_writers(session, deps, writers)
    words = {card.id: (excerpts.get(card.id, ""), nicknames.get((card.group_id, card.author), "")) for card in cards}
    posts = tuple(_line(card, groups[card.via or card.group_id], layers, moderators, words[card.id]) for card in cards)
    return HomeSight(
        posts,
        moderators,
        tuple(memberships),
        tuple(followings),
        phrase_check_due,
        following_page,
        names,
        len(chosen[MOST_JUDGES:]),
        kit_due=kit_due,
    )


def _line(
    card: FeedCard, default_score: int, layers: Layers, moderators: Moderators, words: tuple[str, str]
) -> VisibleCard:
    """A feed post's card; `words`: its excerpt and its writer's nickname."""
    score, token = default_score + card.sum_micro, PostTarget(card.id).token
    layer = layers.judge(Lens(), token, (card.group_id, card.author)).layer
    judges = [Judge(default, layers.lens[group][token]) for group, default in moderators.defaults.items()]
    if layer is None and not shows_post(score, judges, moderators.combine):
        layer = Layer.LENS
    return visible_card(card, score, layer, *words)
