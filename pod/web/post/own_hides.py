"""The list of what a person hides for themselves, each with a button that shows it again."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.actions.posts.votes_and_marks import hide, mute
from pod.actions.reading.person.own_hides import MOST_HIDES, HiddenThing, MutedWriter, list_hides
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.posts import PostRule
from pod.translations import Translator
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.lens_bar import with_query
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from pod.web.post.links import Link, anchor_of, named, target_in
from pod.web.post.wording import called, title_of
from protocol.ids import parse_id
from protocol.records.content import ParagraphTarget

routes = web.RouteTableDef()
PATH = "/me/hides"


class HideLine(msgspec.Struct, frozen=True):
    """Something hidden, and the button's value that shows it again."""

    what: Link
    note: str
    value: str
    label: str


class HidesView(msgspec.Struct, frozen=True):
    """The page of one's own hides."""

    things: tuple[HideLine, ...]
    writers: tuple[HideLine, ...]
    more: str


class HideForm(msgspec.Struct, frozen=True):
    """A pressed button: `unhide:<target>` or `unmute:<group>.<member>`."""

    act: str = ""


@routes.get(PATH)
@contract("account", media_type=HTML)
async def get_hides(request: web.Request) -> web.Response:
    """What one hides for oneself: posts, paragraphs, writers."""
    hides, say = await list_hides(request.app[DEPS], account_of(request)), say_of(request)
    most = say.number(MOST_HIDES)
    view = HidesView(
        tuple(_thing(say, thing) for thing in hides.things),
        tuple(_writer(say, writer) for writer in hides.writers),
        say("The latest %(most)s are listed; as you show some again, earlier ones appear.", most=most)
        if hides.more
        else "",
    )
    return render(request, "post/hides.html", view)


@routes.post(PATH)
@contract("account", media_type=HTML)
async def post_hides(request: web.Request) -> web.Response:
    """Show something, or somebody, again."""
    signer, form = signer_of(request), await read_form(request, HideForm)
    act, _, what = form.act.partition(":")
    match act:
        case "unhide":
            await hide(request.app[DEPS], signer, target_in(what), hidden=False)
        case "unmute":
            group, _, member = what.partition(".")
            await mute(request.app[DEPS], signer.account, parse_id(group), _number(member), muted=False)
        case _:
            raise PostRule.NO_SUCH_BUTTON.error()
    return see_other(PATH, said="unhidden")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 15:
        raise PostRule.MEMBER_NUMBER.error()
    return int(text)


def _thing(say: Translator, thing: HiddenThing) -> HideLine:
    value, card = f"unhide:{named(thing.target)}", thing.card
    if card is None:
        name = say("Something that this server doesn't hold")
        return HideLine(Link(name, ""), say.day(thing.at), value, name)
    title = title_of(say, card.title, called(say, card.author, {}), erased=card.erased)
    path = f"/g/{card.group}/posts/{card.post}"
    if isinstance(thing.target, ParagraphTarget):
        name = say("A paragraph of “%(title)s”", title=title)
        return HideLine(
            Link(name, with_query(path, [], anchor_of(thing.target.paragraph))), say.day(thing.at), value, name
        )
    return HideLine(Link(title, path), say.day(thing.at), value, title)


def _writer(say: Translator, writer: MutedWriter) -> HideLine:
    name = called(say, writer.member, {writer.member: writer.nickname} if writer.nickname else {})
    note = say("in %(group)s, %(day)s", group=writer.group_name, day=say.day(writer.at))
    return HideLine(Link(name, f"/g/{writer.group}"), note, f"unmute:{writer.group}.{writer.member}", name)
