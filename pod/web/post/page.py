"""The page of a post: its text in a lens, to read or to work on; votes, answers, and where else it appears."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web
from markupsafe import Markup

from moderation.lens import Hide, Layer
from pod.actions.reading.decisions.poll_titles import CommentedPoll
from pod.actions.reading.post.story import read_story
from pod.app_keys import DEPS
from pod.budgets.heavy import computed
from pod.contracts import HTML, contract
from pod.cursors import place_in
from pod.rules.requests import RequestRule
from pod.translations import Translator
from pod.web.kit.leads_elsewhere import leads_to_new_pod
from pod.web.kit.lens_bar import LensBar, lens_fields, load_lens_bar, with_query
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import reader_of, say_of
from pod.web.post.drawn_items import Frame, drawn_item
from pod.web.post.imported import ImportedView, imported_view
from pod.web.post.links import WIKI, Link, PostLinks, address_in, links_of, sign_in_to
from pod.web.post.paragraphs import Desk, ItemView, desk_of, slice_view
from pod.web.post.replies import Press, ReplyView, reply_views, vote_presses
from pod.web.post.wording import (
    LayerView,
    Score,
    called,
    language_of,
    layer_sentence,
    layer_view,
    post_title,
    score_view,
)
from protocol.records.content import Address, PostTarget

routes = web.RouteTableDef()
MOVING: Final = "/about#moving"


class HiddenView(msgspec.Struct, frozen=True):
    """Why the whole post is hidden: by which layers, in words, and the address that shows it anyway, if any does."""

    layers: tuple[tuple[LayerView, str], ...]
    anyway: str
    withheld: bool
    mine: bool
    moving: str


class AppearanceView(msgspec.Struct, frozen=True):
    """A group in which the post appears, public or one of the reader's own."""

    group: Link
    score: Score


class PostView(msgspec.Struct, frozen=True):
    """The page of a post. `language` is empty when its author named none; `acts` is where its buttons are sent.

    `reply` is where an answer is sent, empty where the reader may give none; `answers_go`: in which group it stands.
    `ask`: where a poll about the post is begun, empty where the reader may begin none.
    """

    title: str
    language: str
    group: Link
    byline: str
    answers_to: Link | None
    score: Score
    why: Link
    votes: tuple[Press, ...]
    votes_go: str
    bench: str
    sign_in: str
    lens: LensBar
    tabs: tuple[tuple[str, str, bool], ...]
    wiki: bool
    hidden: HiddenView | None
    items: tuple[Markup | ItemView, ...]
    more_text: str
    replies: tuple[ReplyView, ...]
    more_replies: str
    orphans: tuple[ReplyView, ...]
    appears: tuple[AppearanceView, ...]
    polls: tuple[Link, ...]
    ask: str
    own: tuple[Press, ...]
    links: tuple[Link, ...]
    path: str
    back: str
    reply: str
    answers_go: str
    alternate: str
    imported: ImportedView | None


@routes.get("/g/{group}/posts/{post}")
@contract(media_type=HTML)
@held
async def get_post_page(request: web.Request) -> web.Response:
    """A post in a lens: what is shown, what is hidden and by whom, votes, comments and answers."""
    links, thread = links_of(request), _thread(request)
    story = await read_story(
        request.app[DEPS],
        reader_of(request),
        links.group,
        links.post,
        links.lens,
        start=number_of(request, "from"),
        thread=thread,
        after_reply=place_in(request.query.get("replies"), "replies"),
    )
    if (elsewhere := await leads_to_new_pod(request, links.group)) is not None:
        return elsewhere
    desk = desk_of(say_of(request), links, story, thread, signed_in=reader_of(request) is not None)
    bar = await _bar(request, desk)

    def draw() -> web.Response:
        return render(request, "post/post.html", post_view(desk, bar))

    return await computed(len(story.reading.all_judged), draw)


async def _bar(request: web.Request, desk: Desk) -> LensBar:
    links = desk.links
    fields = [("a", str(group)) for group in links.lens.groups] or [("a", "off")]
    return await load_lens_bar(
        request,
        links.lens,
        usual=(links.group,),
        counts=await computed(len(desk.story.reading.all_judged), lens_counts, desk),
        token=PostTarget(links.post).token,
        compare=with_query(f"{links.path}/compare", fields),
    )


def lens_counts(desk: Desk) -> tuple[str, ...]:
    """What the bar tells: how much is hidden, how many versions stand back, how many edits others made."""
    say, reading = desk.say, desk.story.reading
    hidden = [judged for judged in reading.own_judged if desk.hiding(judged)]
    beside = sum(1 for judged in hidden if judged.instead)
    edits = sum(1 for sheet in reading.text.sheets.values() if sheet.writer != reading.text.writer)
    gone = len(hidden) - beside
    counts = (
        say.many("%(count)s paragraph hidden", "%(count)s paragraphs hidden", gone) if gone else "",
        say.many("%(count)s other version", "%(count)s other versions", beside) if beside else "",
        say.many("%(count)s edit by others", "%(count)s edits by others", edits) if edits else "",
        say("more edits than are read") if reading.more else "",
    )
    told = tuple(count for count in counts if count)
    return told if reading.portion.whole or not told else (*told, say("on this page"))


def post_view(desk: Desk, lens: LensBar) -> PostView:
    """The page, from what was read."""
    say, links, story = desk.say, desk.links, desk.story
    reading, card, text = story.reading, story.reading.card, slice_view(desk)
    who = called(say, card.author, story.nicknames)
    frame = Frame(links.wiki, language_of(card.language))
    mine = story.votes.get(PostTarget(links.post).token, 0)
    return PostView(
        title=post_title(say, reading, story.nicknames),
        language=frame.language,
        group=Link(reading.summary.name, links.group_path),
        byline=f"{who} · {say.moment(card.at)}" if card.at else who,
        answers_to=_answers_to(desk),
        score=score_view(say, reading.lens_score),
        why=Link(say("Why?"), links.to("why", target=links.post)),
        votes=vote_presses(say, links.post, say("this post"), mine) if desk.votes else (),
        votes_go=_votes_go(desk),
        bench=story.bench.group,
        sign_in="" if desk.signed_in else sign_in_to(_here(desk)),
        lens=lens,
        tabs=page_tabs(say, links, WIKI if links.wiki else "read"),
        wiki=links.wiki,
        hidden=_hidden(desk),
        items=tuple(drawn_item(say, frame, item) for item in text.items),
        more_text="" if text.next is None else links.here(**{"from": str(text.next)}),
        replies=reply_views(say, links, story.replies, story.votes, writes=desk.votes),
        more_replies=links.here(replies=str(story.next_reply), anchor="answers") if story.next_reply else "",
        orphans=reply_views(say, links, story.orphans, {}, writes=False),
        appears=_appearances(desk),
        polls=tuple(Link(poll.title, f"{links.group_path}/polls/{poll.id}") for poll in story.polls),
        ask=f"{links.group_path}/polls/new?about={links.post}" if reading.summary.asks else "",
        own=_own(desk),
        links=_links(desk),
        path=links.path,
        back=_here(desk),
        reply=links.to("reply") if story.answers_in else "",
        answers_go=_answers_go(desk),
        alternate=f"/records/{links.post}",
        imported=imported_view(say, reading, story.proven),
    )


def _here(desk: Desk) -> str:
    """The address of the part of the text that is looked at."""
    start = desk.story.reading.portion.start
    return desk.links.here(**({"from": str(start)} if start else {}))


def _votes_go(desk: Desk) -> str:
    """Where the reader's votes count, when that isn't plain."""
    say, lens, bench = desk.say, desk.links.lens, desk.story.bench
    if not desk.votes or lens.groups in ((), (desk.links.group,)):
        return ""
    if lens.groups == (bench.group,):
        return say("Your votes count in %(group)s, through which you look.", group=bench.name)
    return say("Your votes count in %(group)s; the scores are those of your lens.", group=bench.name)


def _answers_go(desk: Desk) -> str:
    """In which group an answer of the reader's is written, when that isn't the post's."""
    say, group = desk.say, desk.story.answers_in
    if group is None or group.group == desk.links.group:
        return ""
    return say("Your answer is written in %(group)s, through which you look.", group=group.name)


def page_tabs(say: Translator, links: PostLinks, current: str) -> tuple[tuple[str, str, bool], ...]:
    """The pages of a post, one of them current."""
    pages = {
        "read": (say("Read"), links.to()),
        "wiki": (say("Work on it"), links.to(mode=WIKI)),
        "history": (say("History"), links.to("history")),
        "blame": (say("Who wrote what"), links.to("blame")),
        "compare": (say("Compare lenses"), links.to("compare")),
    }
    return tuple((text, href, name == current) for name, (text, href) in pages.items())


def _appearances(desk: Desk) -> tuple[AppearanceView, ...]:
    say, links = desk.say, desk.links
    return tuple(
        AppearanceView(Link(at.name, _through(links, at.group)), score_view(say, at.score)) for at in desk.story.appears
    )


def _through(links: PostLinks, group: str) -> str:
    fields = [] if group == links.group else [("lens", group)]
    return with_query(links.path, fields)


def _hidden(desk: Desk) -> HiddenView | None:
    reading, links = desk.story.reading, desk.links
    if reading.verdict.shown:
        return None
    hides = reading.verdict.hides
    layers = tuple((layer_view(desk.say, hide.layer), _why_hidden(desk, hide)) for hide in hides)
    pod = any(hide.layer is Layer.POD for hide in hides)
    only_lens = all(hide.layer is Layer.LENS for hide in hides)
    query = [*([("mode", WIKI)] if links.wiki else []), *lens_fields(links.lens, (links.group,))]
    return HiddenView(
        layers,
        anyway=with_query(links.path, [*query, ("showing", "everything")]) if only_lens else "",
        withheld=reading.withheld,
        mine=reading.summary.member == reading.card.author,
        moving=MOVING if pod else "",
    )


def _why_hidden(desk: Desk, hide: Hide) -> str:
    say = desk.say
    scores = ", ".join(say.score(verdict.score) for verdict in hide.groups)
    what = layer_sentence(say, hide.layer)
    if hide.layer is Layer.OWN:
        muted = hide.own == "muted_writer"
        return say("you muted its writer") if muted else what
    return say("%(what)s: the score is %(scores)s, and only what is above 0 is shown", what=what, scores=scores)


def _answers_to(desk: Desk) -> Link | None:
    card, say = desk.story.reading.card, desk.say
    if card.subject:
        return Link(say("an answer to the subject %(name)s", name=card.subject), "")
    if card.reply_record is None:
        return None
    found = desk.story.answered
    if isinstance(found, CommentedPoll):
        path = f"/g/{desk.story.reading.summary.group}/polls/{found.id}/talk"
        about = {"about": str(card.reply_record)} if card.reply_record != found.id else {}
        name = found.title or say("a poll that this pod doesn't show")
        return Link(say("a comment on the poll %(name)s", name=name), with_query(path, about.items()))
    return Link(say("an answer to another post"), f"/g/{found.group}/posts/{found.post}" if found else "")


def _own(desk: Desk) -> tuple[Press, ...]:
    """What the reader may do for themselves alone: hide the post, mute its writer."""
    say, links, reading = desk.say, desk.links, desk.story.reading
    author = reading.card.author
    if not desk.signed_in or author == reading.summary.member:
        return ()
    hidden = desk.story.own_votes.get(PostTarget(links.post).token, 0) < 0
    muted = (links.group, author) in reading.layers.muted
    presses = [
        Press(f"unhide:{links.post}", say("Show this post to me again"), "")
        if hidden
        else Press(f"hide:{links.post}", say("Hide this post for me"), "")
    ]
    presses = [] if reading.summary.visibility == "private" else presses
    text = say("Unmute its writer") if muted else say("Mute its writer")
    return (*presses, Press(f"{'unmute' if muted else 'mute'}:{links.post}", text, "")) if author else tuple(presses)


def _links(desk: Desk) -> tuple[Link, ...]:
    say, reading = desk.say, desk.story.reading
    mine = reading.summary.member == reading.card.author
    erase = (Link(say("Erase"), f"{desk.links.path}/erase"),) if mine else ()
    return (*erase, Link(say("What you hide"), "/me/hides")) if desk.signed_in else ()


def _thread(request: web.Request) -> Address | None:
    named = request.query.get("thread", "")
    return address_in(named) if named else None


def number_of(request: web.Request, name: str) -> int:
    """A number in the query, 0 when absent; raises MalformedError."""
    value = request.query.get(name, "0")
    if not (value.isascii() and value.isdecimal()) or len(value) > 15:
        raise RequestRule.NUMBER_NEEDED.error(name=name)
    return int(value)
