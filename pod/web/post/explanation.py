"""Why a text is shown or hidden: every term of its score, the rule, the layers, and what other lenses say."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web

from moderation.explain import Kind, Line
from moderation.lens import Layer, OwnHide
from pod.actions.reading.post.explanation import GroupWhy, OtherLens, VerifiedVotes, Why, explain_why
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.kit.lens_bar import LensBar, load_lens_bar, with_query
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import reader_of, say_of
from pod.web.post.links import Link, PostLinks, anchor_of, links_of, named, target_in
from pod.web.post.wording import (
    LayerView,
    Nicknames,
    Score,
    called,
    layer_sentence,
    layer_view,
    post_title,
    reason_sentence,
    score_view,
)
from protocol.records.content import ParagraphTarget

routes = web.RouteTableDef()
MOST_LINES: Final = 300


class LineView(msgspec.Struct, frozen=True):
    """One term of a score: who, what they voted, what it weighs, what it comes to, and what is to be said of it."""

    who: str
    vote: str
    weight: str
    amount: str
    note: str
    tone: str


class SumView(msgspec.Struct, frozen=True):
    """A score in one group as its terms; `verified` tells what a second look at the signatures gave."""

    name: str
    href: str
    lines: tuple[LineView, ...]
    total: Score
    verdict: str
    pods: tuple[tuple[str, str, str], ...]
    verified: str
    faults: tuple[str, ...]
    verify: str


class WhyView(msgspec.Struct, frozen=True):
    """The page. `quote` is the paragraph asked about, empty for the whole post."""

    title: str
    back: Link
    lens: LensBar
    quote: str
    verdict: str
    shown: bool
    layers: tuple[tuple[LayerView, str], ...]
    rule: str
    sums: tuple[SumView, ...]
    floor: tuple[SumView, ...]
    others: str
    lenses: tuple[tuple[Link, Score, str], ...]
    anyway: str
    vote: str


@routes.get("/g/{group}/posts/{post}/why")
@contract(media_type=HTML)
@held
async def get_why(request: web.Request) -> web.Response:
    """Why a post or paragraph is shown or hidden in a lens."""
    links = links_of(request)
    target = target_in(request.query.get("target", links.post))
    verify = request.query.get("verify") == "1"
    why = await explain_why(
        request.app[DEPS], reader_of(request), links.group, links.post, target, links.lens, verify=verify
    )
    bar = await load_lens_bar(request, links.lens, usual=(links.group,), token=target.token)
    return render(request, "post/why.html", why_view(say_of(request), links, why, bar))


def why_view(say: Translator, links: PostLinks, why: Why, lens: LensBar) -> WhyView:
    """The page, from what was found out."""
    title = post_title(say, why.reading, why.nicknames)
    anchor = anchor_of(why.target.paragraph) if isinstance(why.target, ParagraphTarget) else ""
    shows = sum(1 for other in why.others if other.shown)
    counts = {"shown": say.number(shows), "hidden": say.number(len(why.others) - shows)}
    return WhyView(
        title=_title(say, why, title),
        back=Link(title, links.to(anchor=anchor)),
        lens=lens,
        quote=_quote(why),
        verdict=say("Shown") if why.shown else say("Hidden"),
        shown=why.shown,
        layers=tuple((layer_view(say, layer), _layer(say, why, layer)) for layer in why.hiding),
        rule=_rule(say, why),
        sums=tuple(_sum(say, links, why, group) for group in why.groups),
        floor=tuple(_sum(say, links, why, group) for group in why.floor),
        others=say("Other groups that voted: shown in %(shown)s, hidden in %(hidden)s", **counts) if why.others else "",
        lenses=tuple(_other(say, links, why, other) for other in why.others),
        anyway="" if why.shown or Layer.POD in why.hiding else links.to(showing="everything", anchor=anchor),
        vote=links.to(mode="wiki", anchor=anchor),
    )


def _title(say: Translator, why: Why, title: str) -> str:
    if why.judged is None:
        text = say("Why “%(title)s” is shown") if why.shown else say("Why “%(title)s” is hidden")
    elif why.shown:
        text = say("Why a paragraph of “%(title)s” is shown")
    else:
        text = say("Why a paragraph of “%(title)s” is hidden")
    return text % {"title": title}


def _quote(why: Why) -> str:
    return (why.reading.words(why.judged.address) or "") if why.judged else ""


def _layer(say: Translator, why: Why, layer: Layer) -> str:
    if layer is Layer.OWN and OwnHide.MUTED_WRITER in why.own:
        return say("you muted its writer")
    return layer_sentence(say, layer)


def _rule(say: Translator, why: Why) -> str:
    if why.judged is None:
        return say("The rule: a post is shown in a group when its score there is above 0.")
    because = reason_sentence(say, why.judged.reason)
    return say(
        "The rule: a paragraph is shown when its score is above 0; at 0 when the post's author wrote it and didn't mark"
        " it away; of several versions only the one with the highest score. Here: %(reason)s.",
        reason=because,
    )


def _sum(say: Translator, links: PostLinks, why: Why, found: GroupWhy) -> SumView:
    explanation = found.explanation
    shown = [line_view(say, line, found.nicknames) for line in explanation.lines[:MOST_LINES]]
    if why.judged is not None:
        shown[0] = msgspec.structs.replace(shown[0], note=say("paragraphs have none"))
    rest = explanation.lines[MOST_LINES:]
    if rest:
        text = say.many("%(count)s more vote", "%(count)s more votes", len(rest))
        shown.append(LineView(text, "", "", say.score(sum(line.amount for line in rest)), "", ""))
    verified = found.verified
    return SumView(
        name=found.name,
        href=f"/g/{found.group}",
        lines=tuple(shown),
        total=score_view(say, explanation.total),
        verdict=_verdict(say, found),
        pods=tuple(
            (pod or say("unknown"), say.many("%(count)s vote", "%(count)s votes", votes), say.score(amount))
            for pod, (votes, amount) in found.pods.items()
        ),
        verified=_verified(say, verified),
        faults=tuple(f"…{record[-12:]}: {fault}" for record, fault in verified.faults) if verified else (),
        verify="" if verified else links.to("why", target=named(why.target), verify="1"),
    )


def _verdict(say: Translator, found: GroupWhy) -> str:
    if found.reason is not None:
        reason = reason_sentence(say, found.reason)
        return say("shown: %(reason)s", reason=reason) if found.shown else say("hidden: %(reason)s", reason=reason)
    return say("above 0, so it is shown") if found.shown else say("not above 0, so it is hidden")


def _verified(say: Translator, verified: VerifiedVotes | None) -> str:
    if verified is None:
        return ""
    if verified.faults:
        return say.many("%(count)s record is at fault", "%(count)s records are at fault", len(verified.faults))
    return say.many(
        "%(count)s signature was checked again and holds ✓",
        "%(count)s signatures were checked again and hold ✓",
        verified.checked,
    )


def line_view(say: Translator, line: Line, nicknames: Nicknames) -> LineView:
    """One term, in words by its kind."""
    tone = "up" if line.amount > 0 else "down" if line.amount < 0 else "even"
    amount = say.score(line.amount) if line.kind in {Kind.DEFAULT, Kind.VOTE, Kind.GUESTS, Kind.CAP} else "–"
    day = say.day(line.at) if line.at else ""
    note = [_note(say, line), say("“%(reason)s”", reason=line.reason) if line.reason else "", day]
    return LineView(
        who=_who(say, line, nicknames),
        vote="" if line.kind in {Kind.DEFAULT, Kind.CAP} else say.quantity(line.value, 3, sign=True),
        weight="" if line.kind in {Kind.DEFAULT, Kind.CAP, Kind.NO_MEMBER} else f"× {say.weight(line.weight)}",
        amount=amount,
        note=" · ".join(part for part in note if part),
        tone=tone,
    )


def _who(say: Translator, line: Line, nicknames: Nicknames) -> str:
    match line.kind:
        case Kind.DEFAULT:
            return say("Default score of the group")
        case Kind.GUESTS:
            return say.many("%(count)s guest of %(host)s", "%(count)s guests of %(host)s", line.voices, host=line.host)
        case Kind.CAP:
            return say("Limit for guests of %(host)s", host=line.host)
        case _:
            return called(say, line.member or 0, nicknames)


def _note(say: Translator, line: Line) -> str:
    match line.kind:
        case Kind.WITHDRAWN:
            return say("withdrawn")
        case Kind.SUPERSEDED:
            return say("changed later, so it doesn't count")
        case Kind.WEIGHTLESS:
            return say("no weight above 0, so it doesn't count")
        case Kind.NO_MEMBER:
            return say("no longer a member, so it doesn't count")
        case Kind.CAP:
            return say("together at most %(votes)s votes", votes=say.weight(line.value))
        case _:
            return ""


def _other(say: Translator, links: PostLinks, why: Why, other: OtherLens) -> tuple[Link, Score, str]:
    href = with_query(f"{links.path}/why", [("target", named(why.target)), ("lens", str(other.group))])
    return Link(other.name, href), score_view(say, other.score), say("shown") if other.shown else say("hidden")
