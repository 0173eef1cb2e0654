"""The village decides: people propose, predict, bet, delegate, vote and evaluate, while nine days pass in seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from federation.errors import RemoteError
from federation.safe_http import SafeHttp
from pod.demo.bodies import Body, WrittenText
from pod.demo.likeness import Logs, phase_of
from pod.demo.polls import (
    DELEGATES,
    EVALUATIONS,
    LISTS,
    PREDICTIONS,
    PROPOSALS,
    RANKINGS,
    SCORES,
    SUNDAY,
    SURPLUS,
    WATER,
    PollDays,
    VillageBallot,
    VillagePoll,
    VillagePrediction,
)
from pod.demo.stage import DAY_MS, Actor, DemoClock, eventually
from pod.demo.village import VILLAGE

BEGINS: Final = -9  # days from now
# What a pod says while it lacks what the item brought that ended the phase before.
NOT_YET: Final = frozenset({"not_sealed_yet", "not_open_yet", "no_such_poll"})


@dataclass
class Assembly:
    """The village with the demo's clock; `prove` has everybody prove who they are, for who decides must."""

    http: SafeHttp
    clock: DemoClock
    logs: Logs
    people: Mapping[str, Actor]
    written: WrittenText
    prove: Callable[[], Awaitable[None]]
    polls: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    async def decide(self) -> None:
        """Have the three polls, from their openings to now."""
        await self._ask(WATER)
        await self._propose(WATER)
        await self._wait_for(-8, {WATER: "predictions"})
        await self._predict(WATER)
        await self._wait_for(-7, {WATER: "bets"})
        await self._bet(WATER)
        await self._wait_for(-6, {WATER: "voting"})
        await eventually(self._bets_are_open, "what was bet is open")
        await self._delegate()
        await self._vote(SCORES)
        await self._wait_for(-4, {WATER: "provisional"})
        await self._ask(SURPLUS)
        await self._propose(SURPLUS)
        await self._wait_for(-2, {WATER: "final", SURPLUS: "predictions"})
        await self._predict(SURPLUS)
        await self._ask(SUNDAY)
        await self._wait_for(0, {SURPLUS: "bets", SUNDAY: "voting"})
        await self._bet(SURPLUS)
        await self._vote(RANKINGS)
        await self._evaluate()

    async def _wait_for(self, day: int, phases: Mapping[VillagePoll, str]) -> None:
        """Let time pass until a day, and every pod come to these phases."""
        self.clock.set_to(day)

        async def are_reached() -> bool:
            for poll, phase in phases.items():
                for pod in self.logs.pods:
                    if await phase_of(self.http, pod, self._group, self.polls[poll.key]) != phase:
                        return False
            return True

        await eventually(are_reached, f"the polls are in {', '.join(phases.values())}")

    async def _ask(self, poll: VillagePoll) -> None:
        body = {
            "kind": poll.kind,
            "title": poll.title,
            "paragraphs": [{"style": "text", "text": poll.text}],
            "lengths": _lengths(poll.days),
            "options": [{"title": title} for title in poll.options],
            "areas": poll.areas,
            "about": self.written.texts[poll.about],
            "language": "en",
        }
        self.polls[poll.key] = await self._say("POST", poll.author, "/polls", body)

    async def _propose(self, poll: VillagePoll) -> None:
        wanted = [one for one in PROPOSALS if one.poll == poll.key]
        path = self._poll_path(poll.key, "proposals")
        await self._all(
            {
                one.key: self._say(
                    "POST", one.author, path, {"title": one.title, "paragraphs": [{"style": "text", "text": one.text}]}
                )
                for one in wanted
            }
        )

    async def _predict(self, poll: VillagePoll) -> None:
        path, now = self._poll_path(poll.key, "predictions"), self.clock()
        await self._all(
            {
                one.key: self._say("POST", one.author, path, self._prediction(one, now))
                for one in PREDICTIONS
                if one.poll == poll.key
            }
        )

    def _prediction(self, said: VillagePrediction, now: int) -> Body:
        term = {"proposal": self.said[said.proposal], "implemented": True}
        due_at = now + (said.due - self.clock.day) * DAY_MS
        return {"statement": said.statement, "due_at": due_at, "condition": {"every": True, "terms": [term]}}

    async def _bet(self, poll: VillagePoll) -> None:
        await self.prove()
        bets: dict[str, dict[str, int]] = {}
        for one in PREDICTIONS:
            for who, value in one.bets.items() if one.poll == poll.key else ():
                bets.setdefault(who, {})[self.said[one.key]] = value
        path = self._poll_path(poll.key, "bets")
        await self._all({f"{poll.key} {who}": self._say("PUT", who, path, {"bets": own}) for who, own in bets.items()})

    async def _bets_are_open(self) -> bool:
        """Whether every pod's log has what people bet on the first poll; their pods open it by themselves."""
        bettors = {who for one in PREDICTIONS if one.poll == WATER.key for who in one.bets}
        for pod in self.logs.pods:
            entries = await self.logs.read(pod, self._group)
            if sum(one["type"] == "Opening" for one in entries) < len(bettors):
                return False
        return True

    async def _delegate(self) -> None:
        """Delegates declare themselves, and are put on lists by the numbers that they have in the group."""
        await self.prove()
        path = f"/api/v1/groups/{self._group}/delegate"
        offers = [{"declared": True, "statement": one.statement, "areas": []} for one in DELEGATES]
        made = await asyncio.gather(
            *(self.people[one.who].send("PUT", path, offer) for one, offer in zip(DELEGATES, offers, strict=True))
        )
        numbers = {one.who: answer["number"] for one, answer in zip(DELEGATES, made, strict=True)}
        await self._all(
            {
                f"{one.who}'s list": self._say(
                    "PUT",
                    one.who,
                    "/delegations",
                    {"delegates": [numbers[name] for name in one.delegates], "named": True},
                )
                for one in LISTS
            }
        )

    async def _vote(self, ballots: Iterable[VillageBallot]) -> None:
        await self._all(
            {
                f"{one.poll} ballot of {one.voter}": self._say(
                    "POST", one.voter, self._poll_path(one.poll, "ballots"), self._ballot(one)
                )
                for one in ballots
            }
        )

    def _ballot(self, ballot: VillageBallot) -> Body:
        if ballot.ranking:
            return {"ranking": [f"{place:02}" for place in ballot.ranking]}
        return {"scores": {self.said[key]: score for key, score in ballot.scores.items()}}

    async def _evaluate(self) -> None:
        await self._all(
            {
                f"{who} on {key}": self._say(
                    "PUT",
                    who,
                    self._poll_path(WATER.key, f"predictions/{self.said[key]}/evaluation"),
                    {"happened": happened},
                )
                for who, key, happened in EVALUATIONS
            }
        )

    @property
    def _group(self) -> str:
        return self.written.groups[VILLAGE]

    def _poll_path(self, key: str, rest: str) -> str:
        return f"/polls/{self.polls[key]}/{rest}"

    async def _all(self, calls: Mapping[str, Awaitable[str]]) -> None:
        """Let all be said at the same time, and wait until every pod's log has it."""
        records = await asyncio.gather(*calls.values())
        self.said.update(zip(calls, records, strict=True))
        await self.logs.everywhere([self._group], records)

    async def _say(self, method: str, who: str, path: str, body: Body) -> str:
        """What the API writes, as soon as the pod has the item that ended the phase before; the record's id."""
        made: dict[str, Any] = {}

        async def is_taken() -> bool:
            try:
                made.update(await self.people[who].send(method, f"/api/v1/groups/{self._group}{path}", body))
            except RemoteError as refusal:
                if _rule_of(refusal) not in NOT_YET:
                    print(refusal.body)
                    raise
            return bool(made)

        await eventually(is_taken, f"{who} may say it ({path})")
        return str(made["record"])


def _lengths(days: PollDays) -> dict[str, int]:
    return {phase: length * DAY_MS for phase, length in msgspec.structs.asdict(days).items()}


def _rule_of(refusal: RemoteError) -> str:
    try:
        return str(msgspec.json.decode(refusal.body, type=dict[str, Any]).get("rule"))
    except msgspec.MsgspecError:
        return ""
