"""Somebody with all that an account may hold: a past written by actions within their pod's process, and three polls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from models.people.accounts import Account, load_account_named
from pod.actions.decisions.delegations import delegate
from pod.actions.decisions.poll_drafts import begin_draft
from pod.actions.groups.subscriptions import change_following
from pod.actions.posts.posts import WrittenPost, describe_versions, publish, replace_paragraph
from pod.actions.posts.records import submit
from pod.actions.posts.votes_and_marks import cast_vote, hide, mute
from pod.actions.signer import SignedIn
from pod.actions.sync.pull import fetch_group
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import Address, Paragraph, PostTarget
from protocol.records.drafts import Draft
from tests.support.people import agreed
from tests.support.polling_parish import HOUR, prediction, soon
from tests.support.rig import Person, RefusedByHttpError, eventually

AT_ONCE: Final = 100
WORDS: Final = "The well gave a bucket a day since August, and nobody knows why it is less now. "
LENGTHS: Final = dict.fromkeys(("proposals", "predictions", "bets", "voting", "contest"), HOUR)
LONG: Final = dict.fromkeys(LENGTHS, 48 * HOUR)
OPTIONS: Final = [{"title": "North"}, {"title": "South"}]


class Past(msgspec.Struct, frozen=True):
    """What somebody did for years, in `groups` in turn, the first of which are `others`'.

    Each `edited`-th of their `posts` was edited; they voted on the first `votes`, and hid `hides` of the first group.
    `follows`: groups, each with a pod.
    """

    groups: Sequence[RecordId]
    others: int
    posts: int
    votes: int
    edited: int = 10
    hides: int = 3
    follows: Sequence[tuple[RecordId, str]] = ()


async def write_past(deps: Deps, name: str, past: Past) -> list[tuple[RecordId, RecordId]]:
    """Write it; returns the group and id of each post. Each record is signed and stored as if it was typed."""
    async with deps.store.database.read() as session:
        account = await load_account_named(session, name)
    assert account is not None
    signer = SignedIn(account, deps.clock())
    places = [past.groups[number % len(past.groups)] for number in range(past.posts)]
    posts = await _together([partial(_write, deps, signer, *one) for one in enumerate(places)])
    written = list(zip(places, posts, strict=True))
    edits = [partial(_edit, deps, signer, *one) for one in written[:: past.edited]]
    votes = [
        partial(cast_vote, deps, signer, group, PostTarget(post), 100 + number)
        for number, (group, post) in enumerate(written[: past.votes])
    ]
    public = [post for group, post in written if group == past.groups[0]]
    hides = [partial(hide, deps, signer, PostTarget(post), hidden=True) for post in public[: past.hides]]
    await _together([*edits, *votes, *hides])
    await _choose(deps, account, past)
    for group in past.groups[: past.others]:
        await submit(deps, delegate, signer, group, Draft("Delegation", {"delegates": [1]}))
    return written


async def _together(wishes: Sequence[Callable[[], Any]]) -> list[Any]:
    """Some at once: a commit takes what came while the last one was under way."""
    done: list[Any] = []
    for start in range(0, len(wishes), AT_ONCE):
        done += await asyncio.gather(*(wish() for wish in wishes[start : start + AT_ONCE]))
    return done


async def _write(deps: Deps, signer: SignedIn, number: int, group: RecordId) -> RecordId:
    return await publish(deps, signer, group, WrittenPost("note", [Paragraph("text", f"{number}. {WORDS * 3}")]))


async def _edit(deps: Deps, signer: SignedIn, group: RecordId, post: RecordId) -> RecordId:
    place = Address(post, 0)
    seen = await describe_versions(deps, signer.account, group, post, place, group)
    better = Paragraph("text", f"Better said: {WORDS}")
    return await replace_paragraph(deps, signer, group, post, place, better, seen=seen)


async def _choose(deps: Deps, account: Account, past: Past) -> None:
    for group, pod in past.follows:
        await fetch_group(deps, pod, group)
        await change_following(deps, account, group, "follow")
    for group in past.groups[: past.others]:
        await mute(deps, account, group, 1, muted=True)
    await begin_draft(deps, account, past.groups[0], msgspec.json.encode({"title": "Shall we dig deeper?"}))


class Polls(msgspec.Struct, frozen=True):
    """Three polls of one group: one is over and its prediction came true, one takes bets, one takes ballots."""

    group: str
    scored: str
    bets: str
    voting: str

    def path(self, poll: str, *parts: str) -> str:
        return "/".join((f"/api/v1/groups/{self.group}/polls/{poll}", *parts))


def decide(group: str, *, asker: Person, ada: Person, judge: Person, pass_time: Callable[[int], None]) -> Polls:
    """Ada predicts and bets, and gets a score; then she bets again, and votes in a poll that goes on.

    `asker` opened the group; `judge` is a member who doesn't bet. The clock of all pods moves on by `pass_time`.
    """

    def ask(**said: Any) -> str:
        wish = {"kind": "score", "title": "Where shall we dig?", **said}
        return str(asker.post(f"/api/v1/groups/{group}/polls", wish)["record"])

    scored = ask(lengths=LENGTHS, areas=["water"])
    polls = Polls(group, scored, "", "")
    north, statement = _bets_on(polls, scored, asker, ada)
    pass_time(HOUR)
    for person in (asker, ada):
        _reached(polls, scored, "voting", person)
        soon(person.post, polls.path(scored, "ballots"), {"scores": {north: 60}})
    for phase in ("provisional", "final"):
        pass_time(HOUR)
        _reached(polls, scored, phase, asker, judge)
    pass_time(2 * HOUR)
    soon(judge.put, polls.path(scored, "predictions", statement, "evaluation"), {"happened": True})
    bets, voting = ask(lengths=LONG), ask(lengths={"voting": 48 * HOUR, "contest": HOUR}, options=OPTIONS)
    _bets_on(polls, bets, asker, ada)
    _reached(polls, voting, "voting", ada)
    soon(ada.post, polls.path(voting, "ballots"), {"scores": {"00": 20, "01": 70}})
    return msgspec.structs.replace(polls, bets=bets, voting=voting)


def _bets_on(polls: Polls, poll: str, asker: Person, ada: Person) -> tuple[str, str]:
    """Something is proposed, ada predicts what comes of it, and both bet; the ids of proposal and prediction."""
    _reached(polls, poll, "proposals", asker)
    north = soon(asker.post, polls.path(poll, "proposals"), {"title": "North"})
    eventually(lambda: _is_sealed(asker, polls.group, north))
    asker.post(polls.path(poll, "fast-forward"), {})
    _reached(polls, poll, "predictions", ada)
    due_at = ada.get(polls.path(poll))["poll"]["times"]["voting_end"] + 2 * HOUR
    statement = soon(ada.post, polls.path(poll, "predictions"), prediction(north, at=due_at))
    eventually(lambda: _is_sealed(asker, polls.group, statement))
    asker.post(polls.path(poll, "fast-forward"), {})
    for person, value in ((asker, 400), (ada, 900)):
        _reached(polls, poll, "bets", person)
        eventually(lambda: agreed(polls.group, asker, ada))  # whose log is behind knows no statement
        soon(person.put, polls.path(poll, "bets"), {"bets": {statement: value}})
    return north, statement


def _is_sealed(person: Person, group: str, record: str) -> bool:
    """Whether the head's log holds it there: what comes when its phase is over is no statement."""
    try:
        index = person.get(f"/api/v1/groups/{group}/records/{record}")["log_index"]
    except RefusedByHttpError as error:
        if error.status != 404:
            raise
        return False
    return index is not None and person.get(f"/api/v1/groups/{group}")["log"]["size"] > index


def _reached(polls: Polls, poll: str, phase: str, *people: Person) -> None:
    def phase_of(person: Person) -> str:
        try:
            return str(person.get(polls.path(poll))["poll"]["phase"])
        except RefusedByHttpError as error:
            if error.status != 404:
                raise
            return ""

    eventually(lambda: {phase_of(person) for person in people} == {phase}, seen=lambda: list(map(phase_of, people)))
