"""What a new poll begins with: nothing, a post of the group, an earlier poll, or one of the group's templates."""

from __future__ import annotations

from msgspec.structs import replace

from pod.actions.decisions.poll_templates import read_template
from pod.actions.decisions.typed_polls import TypedPoll
from pod.actions.reading.decisions.questions import read_question
from pod.deps import Deps
from pod.web.asking.asked import AskedGroup
from pod.web.asking.question import QuestionForm, about_post
from pod.web.asking.typed_poll import from_template, typed_again
from protocol.ids import parse_id


async def beginning_of(deps: Deps, asked: AskedGroup, form: QuestionForm) -> TypedPoll:
    """The poll as its steps show it at first; raises NotFoundError for an earlier poll or template that isn't there."""
    group = asked.seen.group
    poll = TypedPoll(language=asked.say.language)
    if form.copy:
        poll = typed_again(await read_question(deps, asked.account, group, parse_id(form.copy)))
    elif form.template:
        poll = from_template(poll, await read_template(deps, asked.account, group, form.template))
    title, _ = await about_post(deps, asked, form.about)
    return replace(poll, about=form.about) if title else poll
