"""The page for somebody who sent their recovery kit: what it names, what of it answers, and the ways on from there."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import BodyPartReader, web

from pod.actions.accounts.recovery_kit import KitLine, RecoveryKit
from pod.actions.moving.asked_anew import whom_to_ask
from pod.actions.moving.asked_grants import host_in
from pod.actions.moving.kit_lookup import KitSight, look_up_kit
from pod.actions.recovery.known_groups import RecoveryWhereabouts
from pod.app_keys import DEPS
from pod.archive.opened_kit import MOST_KIT_BYTES, open_kit
from pod.rules.archives import ArchiveRule
from pod.translations import Translator
from pod.web.kit.form_page import FormView
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of
from pod.web.moving.invited_anew import InviteDraft, invite_draft
from protocol.ids import parse_id

PIECE: Final = 64 * 1024


class KitGroupLine(msgspec.Struct, frozen=True):
    """A group of the kit, and what is known of it."""

    name: str
    says: str


class HomeLine(msgspec.Struct, frozen=True):
    """A second home, as the file says: its host, and whether it answers."""

    host: str
    says: str


class SentKitView(FormView, frozen=True):
    """`lives`: the old pod answers; `lines`: the groups, for the page of the words."""

    name: str
    host: str
    made: str
    lives: bool
    homes: tuple[HomeLine, ...]
    groups: tuple[KitGroupLine, ...]
    lines: str
    drafts: tuple[InviteDraft, ...]


async def read_kit(part: BodyPartReader) -> RecoveryKit:
    """The kit in a file that is being sent; raises MalformedError."""
    text = b""
    while piece := await part.read_chunk(PIECE):
        text += piece
        if len(text) > MOST_KIT_BYTES:
            raise ArchiveRule.NOT_A_KIT.error()
    return open_kit(text)


async def show_kit(request: web.Request, kit: RecoveryKit) -> web.Response:
    """The page; nothing of the kit is kept here."""
    deps, say = request.app[DEPS], say_of(request)
    sight = await look_up_kit(deps, kit)
    places = [RecoveryWhereabouts(parse_id(line.group), pod) for line in kit.groups for pod in line.pods or (kit.pod,)]
    names = {line.group: line.name for line in kit.groups}
    was = f"@{kit.name}@{host_in(kit.pod)}"
    lost = [one for one in await whom_to_ask(deps, places) if one.group != kit.personal_group]
    named = [msgspec.structs.replace(one, name=one.name or names[one.group]) for one in lost]
    view = SentKitView(
        name=kit.name,
        host=host_in(kit.pod),
        made=say.day(kit.at),
        lives=kit.pod in sight.answering,
        homes=tuple(HomeLine(host_in(pod), _told(say, sight, pod)) for pod in kit.second_homes),
        groups=tuple(KitGroupLine(line.name, _standing(say, sight, line)) for line in kit.groups),
        lines="\n".join(kit.lines),
        drafts=tuple(invite_draft(say, was, one) for one in named),
    )
    return render(request, "moving/sent-kit.html", view, private=True)


def _standing(say: Translator, sight: KitSight, line: KitLine) -> str:
    if line.group in sight.here:
        return say("It is here already.")
    if not line.pods:
        return say("The kit names no server that has it.")
    return _told(say, sight, line.pods[0])


def _told(say: Translator, sight: KitSight, pod: str) -> str:
    if pod in sight.answering:
        return say("%(host)s answers.", host=host_in(pod))
    if pod in sight.asked:
        return say("%(host)s doesn't answer.", host=host_in(pod))
    return say("%(host)s wasn't asked.", host=host_in(pod))
