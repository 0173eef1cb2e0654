"""Templates of polls: what a group's polls usually begin with, kept on this pod for those who may start one."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.poll_templates import StoredTemplate, delete_template, list_templates, save_template
from models.people.accounts import Account
from pod.actions.decisions.poll_drafts import check_may_ask
from pod.deps import Deps
from pod.rules.questions import AskingRule
from protocol.ids import RecordId
from protocol.limits import MAX_NAME_LENGTH
from protocol.records.content.polls import Lengths, PollKind, Quorum

MOST_TEMPLATES: Final = 20
TemplateName = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]


class PollTemplate(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a poll begins with, under a name. Lengths are in ms; the file that is exported is this, too."""

    name: TemplateName
    kind: PollKind
    lengths: Lengths
    quorum: Quorum = Quorum()


async def list_poll_templates(deps: Deps, account: Account, group: RecordId) -> tuple[PollTemplate, ...]:
    """The group's templates by name; raises MayNotWriteError for who may start no poll."""
    async with deps.store.database.read() as session:
        await check_may_ask(session, deps, account, group)
        found = await list_templates(session, group, MOST_TEMPLATES)
    return tuple(msgspec.json.decode(one.says, type=PollTemplate) for one in found)


async def read_template(deps: Deps, account: Account, group: RecordId, name: str) -> PollTemplate:
    """One template; raises NotFoundError, or MayNotWriteError."""
    found = {one.name: one for one in await list_poll_templates(deps, account, group)}
    if name not in found:
        raise AskingRule.NO_SUCH_TEMPLATE.error()
    return found[name]


async def keep_template(deps: Deps, account: Account, group: RecordId, template: PollTemplate) -> None:
    """Keep a template in place of one of the same name; raises TooLargeError where there are too many."""

    async def action(session: AsyncSession) -> None:
        await check_may_ask(session, deps, account, group)
        held = {one.name for one in await list_templates(session, group, MOST_TEMPLATES)}
        if template.name not in held and len(held) >= MOST_TEMPLATES:
            raise AskingRule.MANY_TEMPLATES.error(most=MOST_TEMPLATES)
        await save_template(session, StoredTemplate(group, template.name, msgspec.json.encode(template)))

    await deps.store.write(action)


async def drop_template(deps: Deps, account: Account, group: RecordId, name: str) -> None:
    """Delete a template; one that isn't there is deleted already."""

    async def action(session: AsyncSession) -> None:
        await check_may_ask(session, deps, account, group)
        await delete_template(session, group, name)

    await deps.store.write(action)


def template_in(text: str) -> PollTemplate:
    """A template from the file that another group exported; raises MalformedError."""
    try:
        return msgspec.json.decode(text, type=PollTemplate)
    except (msgspec.MsgspecError, UnicodeError):
        raise AskingRule.NO_TEMPLATE.error() from None
