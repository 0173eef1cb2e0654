"""`pod poll` shows where polls stand, and what they wait for; `pod decisions run-due` does what is due in them now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from decisions.count import Result
from pod.actions.decisions.poll_course import Phase
from pod.actions.reading.decisions.operator_polls import (
    OperatorPoll,
    OperatorPollSight,
    describe_operator_poll,
    list_operator_polls,
)
from pod.cli.base import run_action
from pod.cli.database import refuse_unless_current
from pod.cli.options import IdType, as_json, configuration, data_option, json_option
from pod.deps import Deps
from pod.jobs.due_decisions import DueDone, do_what_is_due
from protocol.ids import RecordId


@click.group(name="poll")
def poll_commands() -> None:
    """Polls of the groups that this pod holds."""


@poll_commands.command(name="list")
@data_option
@json_option
@click.argument("group", type=IdType("group"), required=False)
@click.option("--all", "everywhere", is_flag=True, help="Of every group.")
def list_polls(data: Path, group: RecordId | None, *, everywhere: bool, json: bool) -> None:
    """The polls of GROUP or, with --all, of every group: phase, until when, title.

    Titles aren't told of private groups, and not where a group that decides what this pod shows hides them.
    """
    if (group is None) is not everywhere:
        raise click.UsageError("Name a group, or say --all.")

    async def act(deps: Deps) -> list[OperatorPoll]:
        return await list_operator_polls(deps, group)

    polls = run_action(configuration(data), act)
    if json:
        click.echo(as_json(polls))
        return
    for one in polls:
        until = f"until {_moment(one.until)}" if one.until is not None else ""
        click.echo(f"{one.poll}  {one.phase:11} {until:26}  {one.title or '(private, or hidden)'}")


@poll_commands.command(name="show")
@data_option
@json_option
@click.argument("poll", type=IdType("poll"))
def show(data: Path, poll: RecordId, *, json: bool) -> None:
    """Where POLL stands, what it waits for, and what was counted."""

    async def act(deps: Deps) -> OperatorPollSight:
        seen = await describe_operator_poll(deps, poll)
        if seen is None:
            raise click.ClickException(f"This pod has no poll {poll}.")
        return seen

    seen = run_action(configuration(data), act)
    if json:
        click.echo(as_json(seen))
        return
    for line in _shown(seen):
        click.echo(line)


def _shown(seen: OperatorPollSight) -> Iterator[str]:
    poll = seen.poll
    yield f"{poll.title or '(private, or hidden)'} ({poll.kind})"
    yield f"group     {poll.group} {seen.group_name}"
    until = f" until {_moment(poll.until)}" if poll.until is not None else ""
    yield f"phase     {poll.phase}{until}" + (f", round {poll.round}" if poll.round > 1 else "")
    if seen.opened_at is not None and seen.voting_end is not None:
        yield f"opened    {_moment(seen.opened_at)}; voting ends {_moment(seen.voting_end)}"
    if seen.roll is not None:
        yield f"roll      {seen.roll}"
    for result in seen.results:
        yield from _result(result, seen.options)
    if poll.chosen is not None:
        yield f"decided   {', '.join(seen.options.get(one, one) for one in poll.chosen) or 'nothing'}"
    if reason := why_not_final(poll):
        yield f"waits     {reason}"


def _result(result: Result, titles: dict[str, str]) -> Iterator[str]:
    share = f"{100 * result.counted // result.roll} %" if result.roll else "nobody"
    quorum = "" if result.quorum_met else "; the quorum isn't met"
    counted = f"{result.counted} of {result.roll} are counted ({share}), {result.blank} blank"
    yield f"round {result.round}   {counted}{quorum}"
    for option in result.options:
        yield f"{option.support.total:9} {titles.get(option.id, option.id)}"


def why_not_final(poll: OperatorPoll) -> str:
    """What a poll waits for, as a sentence; empty once it is final."""
    return {
        "opening": f"for {poll.steward} to seal its opening.",
        "time": f"until {_moment(poll.until)}." if poll.until is not None else "for its phase to end.",
        "item": f"for {poll.steward} to seal an item after the end of voting.",
        "log": f"for {poll.lacks} entries of the group's log that aren't here.",
        "shares": "for the keepers' pods to open their shares of the lot.",
        "confirmation": "for the keepers to confirm the item on which its result rests.",
        "": "",
    }[poll.waits_for]


@click.group(name="decisions")
def decision_commands() -> None:
    """What the pod does in polls by itself."""


@decision_commands.command(name="run-due")
@data_option
@json_option
def run_due(data: Path, *, json: bool) -> None:
    """Do now what the pod does by itself: deadlines, openings, shares of lots, results, mails. It does nothing twice.

    It may run while the pod serves. What other pods are sent waits until it does. Exits with 1 if a mail wasn't taken.
    """
    config = configuration(data)
    refuse_unless_current(config)
    done = run_action(config, do_what_is_due)
    if json:
        click.echo(as_json(done))
    else:
        for line in _done(done):
            click.echo(line)
    if done.unsent:
        raise SystemExit(1)


def _done(done: DueDone) -> Iterator[str]:
    for one in done.groups:
        yield f"group {one.group}"
        if one.items:
            yield f"  its chain grew by {one.items}"
        if one.opened:
            yield f"  {one.opened} hidden values of people here were opened"
        yield from (f"  poll {poll.poll}: {_name(poll.before)}, now {_name(poll.after)}" for poll in one.moved)
        if one.owed_by:
            yield f"  {one.owed_by} owes the item of a deadline"
    if done.mails or done.unsent:
        yield f"{done.mails} mails were sent" + (f"; {done.unsent} weren't taken" if done.unsent else "")
    if not done.groups and not done.mails and not done.unsent:
        yield "Nothing was due."


def _name(phase: Phase) -> str:
    return str(phase)


def _moment(at: int | None) -> str:
    return datetime.fromtimestamp((at or 0) / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


COMMANDS: Final = (poll_commands, decision_commands)
