"""How this group decides, in words for its members: a page that it can link to."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of

routes = web.RouteTableDef()


class HowView(msgspec.Struct, frozen=True):
    """The page: questions with their answers, paragraph by paragraph."""

    frame: PageFrame
    answers: tuple[tuple[str, tuple[str, ...]], ...]


@routes.get("/g/{group}/how-we-decide")
@contract("reader", media_type=HTML)
async def get_how(request: web.Request) -> web.Response:
    """How polls are asked, voted and counted here, and how anybody checks a result."""
    seen, frame = await load_frame(request, "polls")
    by_weight = (seen.state.policy.voting or {}).get("votes") == "member-weight"
    view = HowView(frame, tuple(answers_of(say_of(request), by_weight=by_weight)))
    return render(request, "decisions/how.html", view)


def answers_of(say: Translator, *, by_weight: bool) -> list[tuple[str, tuple[str, ...]]]:
    """Each question that people ask, and what holds."""
    vote = say("Each vote counts its member's weight.") if by_weight else say("Each member has one vote.")
    return [
        (
            say("Who may vote?"),
            (
                say(
                    "When a poll opens, its roll is fixed: members with enough weight who did something in the group"
                    " within the year before. Nobody joins a roll later and nobody is taken off it."
                ),
                vote,
            ),
        ),
        (
            say("What if I don't vote?"),
            (
                say(
                    "Then your vote follows the delegates whom you chose, in the order of your list. Only if that chain"
                    " reaches nobody who votes is a second choice used: as few second choices as possible, then the"
                    " shortest way. If you chose nobody, your vote isn't counted."
                ),
                say("Your own ballot always goes before that, also after your delegate has voted, until the end."),
                say("Blank counts for the quorum and gives no option anything. Not voting is something else."),
            ),
        ),
        (
            say("Who sees how I vote?"),
            (
                say(
                    "Ballots and delegations stand under your number in the group's log, and whoever may read the group"
                    " can read them. Pages show no sums before the end, but somebody who reads the log can count."
                ),
                say("Bets on predictions stay hidden until their phase ends; the pod at your home knows them."),
            ),
        ),
        (
            say("When is a poll over?"),
            (
                say("Nothing but time ends it. The first item of the group's chain at or after the end closes it."),
                say(
                    "Delegates are frozen before the end. If several options win, the group votes once more among them;"
                    " if they tie again, a lot is drawn that no pod can steer alone."
                ),
            ),
        ),
        (
            say("Who counts?"),
            (
                say(
                    "No server states a result: each pod of the group counts it from the same signed records, and so"
                    " can you. Every result has a file; the command pod verify-result counts it anew, without any"
                    " server and with the network off."
                ),
                say(
                    "A steward that leaves out a ballot which it has confirmed proves its own fault, and the other"
                    " keepers don't confirm what it seals."
                ),
            ),
        ),
        (
            say("What if somebody stole my account?"),
            (
                say(
                    "Deciding needs a proof that it is you, and you are told of everything that is decided in your"
                    " name. After the count there is a time in which you can take your votes out of it with your 24"
                    " words; the count is then repeated once."
                ),
            ),
        ),
    ]
