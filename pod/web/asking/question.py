"""Step 1: the question, its background, its language, and what it is to achieve."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from pod.actions.decisions.typed_polls import TypedPoll
from pod.actions.reading.decisions.questions import EarlierPoll, list_earlier
from pod.actions.reading.post.text import describe_reading
from pod.deps import Deps
from pod.errors import NotFoundError
from pod.web.asking.asked import AskedGroup
from pod.web.asking.typed_poll import check_question
from pod.web.kit.forms import Verbatim
from pod.web.post.write import language_choices
from protocol.errors import MalformedError
from protocol.ids import parse_id


class QuestionForm(msgspec.Struct, frozen=True):
    """The fields of the step; `about`, `copy` and `template`: what a new poll begins with."""

    title: str = ""
    text: Verbatim = ""
    language: str = ""
    goal: str = ""
    goal_poll: str = ""
    about: str = ""
    copy: str = ""
    template: str = ""
    do: str = ""


class QuestionView(msgspec.Struct, frozen=True):
    """What the step shows. `about`: the post that the poll came from, as (title, address)."""

    languages: tuple[tuple[str, str], ...]
    goals: tuple[tuple[str, str], ...]
    about: tuple[str, str]
    earlier: tuple[EarlierPoll, ...]


def typed_question(poll: TypedPoll, form: QuestionForm, _: int) -> TypedPoll:
    """The poll with what the step asked."""
    return replace(
        poll,
        title=form.title,
        text=form.text,
        language=form.language,
        goal=form.goal,
        goal_poll=form.goal_poll,
    )


async def check_step(deps: Deps, asked: AskedGroup, poll: TypedPoll) -> None:
    """Refuse what can't be asked."""
    assert deps
    assert asked
    check_question(poll)


async def show_question(deps: Deps, asked: AskedGroup, poll: TypedPoll) -> QuestionView:
    """The step."""
    say = asked.say
    earlier = await list_earlier(deps, asked.account, asked.seen.group)
    return QuestionView(
        languages=language_choices(say, poll.language),
        goals=(("", say("none")), *((one.id, one.title) for one in earlier)),
        about=await about_post(deps, asked, poll.about),
        earlier=earlier,
    )


async def about_post(deps: Deps, asked: AskedGroup, about: str) -> tuple[str, str]:
    """The title and address of the post that a poll came from; empty if this reader finds no such post here."""
    if not about:
        return ("", "")
    try:
        post = parse_id(about)
        reading = await describe_reading(deps, asked.account, asked.seen.group, post)
    except (MalformedError, NotFoundError):
        return ("", "")
    return (reading.card.title or asked.say("a post"), f"/g/{asked.seen.group}/posts/{post}")
