"""API: members ask their group something, cast ballots, and everybody who may read the group sees the result."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from pod.actions.decisions.polls import cast_ballot, open_poll
from pod.actions.posts.records import submit
from pod.actions.reading.decisions.files import find_result_file
from pod.actions.reading.decisions.polls import (
    PollPage,
    PollSight,
    describe_poll,
    list_group_polls,
)
from pod.actions.reading.search import FoundPoll, Hit, SearchQuestion, seek
from pod.api import shapes
from pod.api.callers import answer, group_of, id_of, members_of, query_of, reader_of, signer_of
from pod.app_keys import DEPS
from pod.contracts import contract
from pod.translations import DEFAULT
from protocol.ids import RecordId, parse_id
from protocol.records.content.polls import Goal, Lengths, Option, OptionId, PollKind, Quorum, Score
from protocol.records.content.shapes import Id, Name, Natural, Paragraph
from protocol.records.drafts import Draft

routes = web.RouteTableDef()


class PollWish(msgspec.Struct, frozen=True):
    """A question to the group; lengths are in ms. It is open once the group's steward has sealed its opening."""

    kind: PollKind
    title: Name
    lengths: Lengths
    paragraphs: tuple[Paragraph, ...] = ()
    options: tuple[Option, ...] = ()
    areas: tuple[Name, ...] = ()
    quorum: Quorum = Quorum()
    goal: Goal | None = None
    about: Id | None = None
    language: str = ""


class BallotWish(msgspec.Struct, frozen=True):
    """A ballot: exactly one of the six, as the poll's kind asks; the newest one counts."""

    scores: dict[OptionId, Score] | None = None
    ranking: tuple[OptionId, ...] | None = None
    approvals: tuple[OptionId, ...] | None = None
    choice: str | None = None
    blank: bool | None = None
    withdraw: bool | None = None


class PollsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the list of polls goes on: below this place. Each poll on a page is followed, with all who were members."""

    below: Natural | None = None
    limit: Annotated[int, Meta(ge=1, le=50)] = 50


class PollSearch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words to find, in one group or in all; `before`: where the answer before goes on (its `next`)."""

    q: Annotated[str, Meta(min_length=1, max_length=300)]
    group: Id | None = None
    before: Natural | None = None
    limit: Annotated[int, Meta(ge=1, le=50)] = 30


class PollFound(msgspec.Struct, frozen=True):
    """A poll, or a proposal in one (`kind`), whose words were found; `title` is the poll's, `text` what was found."""

    kind: str
    group: RecordId
    group_name: str
    poll: RecordId
    title: str
    author: int
    nickname: str
    text: str


class PollsFound(msgspec.Struct, frozen=True):
    """What was found, the latest first."""

    polls: tuple[PollFound, ...]
    next: int | None


@routes.get("/api/v1/polls")
@contract("reader", query=PollSearch, answer=PollsFound)
async def get_found_polls(request: web.Request) -> web.Response:
    """Polls and proposals with these words, in public groups and the reader's own."""
    deps, reader, query = request.app[DEPS], await reader_of(request), query_of(request, PollSearch)
    group = parse_id(query.group) if query.group else None
    wanted = SearchQuestion(query.q.strip(), "polls", group)
    seen = await seek(deps, reader, wanted, before=query.before, limit=query.limit, in_order_of=DEFAULT)
    return answer(PollsFound(tuple(_found(hit, hit.poll) for hit in seen.hits if hit.poll), seen.next))


def _found(hit: Hit, poll: FoundPoll) -> PollFound:
    place = hit.kind, hit.group, hit.group_name
    return PollFound(*place, poll.id, poll.title, hit.author, hit.nickname, hit.text)


@routes.get("/api/v1/groups/{group}/polls")
@contract("reader", query=PollsQuery, answer=PollPage)
async def get_polls(request: web.Request) -> web.Response:
    """The group's polls, the latest first."""
    deps, group, reader = request.app[DEPS], group_of(request), await reader_of(request)
    query = query_of(request, PollsQuery)
    return answer(await list_group_polls(deps, reader, group, below=query.below, limit=query.limit))


@routes.get("/api/v1/groups/{group}/polls/{poll}")
@contract("reader", answer=PollSight)
async def get_poll(request: web.Request) -> web.Response:
    """A poll: where it stands, the reader's own ballot, and the result once its end is sealed."""
    deps, group, reader = request.app[DEPS], group_of(request), await reader_of(request)
    return answer(await describe_poll(deps, reader, group, id_of(request, "poll")))


@routes.get("/api/v1/groups/{group}/polls/{poll}/bundle")
@contract("reader", answer=bytes)
async def get_bundle(request: web.Request) -> web.FileResponse:
    """The result in one file, with all that it follows from; `pod verify-result` counts it anew, without any pod."""
    deps, group, reader, poll = request.app[DEPS], group_of(request), await reader_of(request), id_of(request, "poll")
    path = await find_result_file(deps, reader, group, poll)
    named = {"Content-Disposition": f'attachment; filename="result-{poll[-8:]}.json"'}
    return web.FileResponse(path, headers=named)


@routes.post("/api/v1/groups/{group}/polls")
@contract("account", body=PollWish, answer=shapes.Written, status=HTTPStatus.CREATED)
async def post_poll(request: web.Request) -> web.Response:
    """Ask the group something."""
    deps, group, signer = request.app[DEPS], group_of(request), await signer_of(request)
    said = Draft("Poll", await members_of(request, PollWish))
    record = await submit(deps, open_poll, signer, group, said)
    return answer(shapes.Written(record.id), HTTPStatus.CREATED)


@routes.post("/api/v1/groups/{group}/polls/{poll}/ballots")
@contract("account", body=BallotWish, answer=shapes.Written, status=HTTPStatus.CREATED)
async def post_ballot(request: web.Request) -> web.Response:
    """Cast a ballot; refused with the reason if it wouldn't count."""
    deps, group, signer = request.app[DEPS], group_of(request), await signer_of(request)
    said: dict[str, Any] = {**await members_of(request, BallotWish), "poll": id_of(request, "poll")}
    record = await submit(deps, cast_ballot, signer, group, Draft("Ballot", said))
    return answer(shapes.Written(record.id), HTTPStatus.CREATED)
