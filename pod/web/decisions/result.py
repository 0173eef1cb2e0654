"""The result of a poll on its page, and as files: a table, the numbers, and all from which anybody counts it anew."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.actions.decisions.poll_course import Phase
from pod.actions.reading.decisions.audits import VisibleAudit
from pod.actions.reading.decisions.files import find_result_file
from pod.actions.reading.decisions.poll_page import PollPageSight
from pod.actions.reading.decisions.poll_status import OVER
from pod.actions.reading.decisions.polls import PollOutcome
from pod.app_keys import DEPS
from pod.contracts import contract
from pod.plots.plot import Plot
from pod.rules.decisions import DecisionRule
from pod.translations import Translator
from pod.web.decisions.poll_header import load_poll_page
from pod.web.decisions.result_plots import PreferenceTable, bars_plot, comparison_of, flow_plot, repeated_plot
from pod.web.decisions.result_words import (
    contest_story,
    origin_sentences,
    risk_sentences,
    state_sentences,
    tie_story,
    turnout_rows,
    winner_sentence,
)
from pod.web.decisions.standpoint_plot import standpoint_plot
from pod.web.group.wording import member_name
from pod.web.kit.templates import FILE_HEADERS
from pod.web.kit.visitors import reader_of
from protocol.ids import RecordId, parse_id
from protocol.records.content.polls import PollKind

routes = web.RouteTableDef()


class PollAuditView(msgspec.Struct, frozen=True):
    """What a group says is wrong with the poll: who said it for it and when, and the signed item."""

    group: str
    href: str
    said: str
    reason: str
    item: str


class ResultView(msgspec.Struct, frozen=True, kw_only=True):
    """A result. `earlier` are the pictures of the rounds before the last; `command` verifies the file.

    `files_at`: the address of the poll, below which pictures and tables stand by themselves.
    """

    winner: str
    state: tuple[str, ...]
    plot: Plot
    comparison: PreferenceTable | None
    own: Plot | None
    flow: Plot | None
    files_at: str
    story: tuple[str, ...]
    repeated: Plot | None
    turnout: tuple[tuple[str, str], ...]
    risk: tuple[str, ...]
    earlier: tuple[Plot, ...]
    files: tuple[tuple[str, str], ...]
    command: str
    ballots: str
    audits: tuple[PollAuditView, ...]


class ResultFile(msgspec.Struct, frozen=True):
    """A result in numbers: what the page says, for programs."""

    poll: RecordId
    kind: PollKind
    phase: Phase
    outcome: PollOutcome
    audits: tuple[VisibleAudit, ...]


@routes.get("/g/{group}/polls/{poll}/result.json")
@contract("reader", answer=ResultFile)
async def get_result_json(request: web.Request) -> web.Response:
    """The result's numbers, as the page has them."""
    seen = await load_poll_page(request)
    poll = seen.sight.poll
    file = ResultFile(poll.id, poll.kind, poll.phase, outcome_of(seen), seen.sight.audits)
    headers = {"Content-Disposition": f'attachment; filename="{_name(seen)}.json"', **FILE_HEADERS}
    return web.Response(body=msgspec.json.encode(file), content_type="application/json", headers=headers)


@routes.get("/g/{group}/polls/{poll}/result.file")
@contract("reader", answer=bytes)
async def get_result_file(request: web.Request) -> web.FileResponse:
    """All from which the result follows; `pod verify-result` counts it anew, without any pod."""
    group, poll = parse_id(request.match_info["group"]), parse_id(request.match_info["poll"])
    path = await find_result_file(request.app[DEPS], reader_of(request), group, poll)
    headers = {"Content-Disposition": f'attachment; filename="result-{poll[-8:]}.file.json"', **FILE_HEADERS}
    return web.FileResponse(path, headers=headers)


def result_view(say: Translator, seen: PollPageSight, path: str) -> ResultView | None:
    """The result as the page shows it; None while there is none."""
    poll, outcome = seen.sight.poll, seen.sight.outcome
    if outcome is None or poll.phase not in {Phase.COUNTED, Phase.PROVISIONAL, Phase.FINAL, Phase.DRAWING}:
        return None
    last = outcome.results[-1]
    settled = poll.phase in {Phase.PROVISIONAL, Phase.FINAL}
    files = [(say("Table (CSV)"), f"{path}/result.csv"), (say("Numbers (JSON)"), f"{path}/result.json")]
    files += [(say("All it follows from, to count it anew"), f"{path}/result.file")] if settled else []
    return ResultView(
        winner=winner_sentence(say, poll, outcome),
        state=tuple(state_sentences(say, seen, outcome)),
        plot=bars_plot(say, seen, outcome),
        comparison=comparison_of(say, seen, outcome),
        own=standpoint_plot(say, seen),
        flow=flow_plot(say, seen, outcome),
        files_at=path,
        story=(*tie_story(say, poll, outcome), *contest_story(say, poll, outcome)),
        repeated=repeated_plot(say, seen, outcome),
        turnout=tuple(turnout_rows(say, poll, last, by_weight=seen.by_weight)),
        risk=(*risk_sentences(say, last), *origin_sentences(say, outcome.breakdowns[-1])),
        earlier=tuple(bars_plot(say, seen, outcome, place) for place in range(len(outcome.results) - 1)),
        files=tuple(files),
        command=f"pod verify-result result-{poll.id[-8:]}.file.json" if settled else "",
        ballots=f"{path}/ballots",
        audits=tuple(_audit(say, one) for one in seen.sight.audits),
    )


def earlier_plots(say: Translator, seen: PollPageSight) -> tuple[Plot, ...]:
    """What the votings before came to, while another one goes on; nothing else of a result is there then."""
    outcome = seen.sight.outcome
    if outcome is None or seen.sight.poll.phase in OVER:
        return ()
    return tuple(bars_plot(say, seen, outcome, place) for place in range(len(outcome.results)))


def _audit(say: Translator, one: VisibleAudit) -> PollAuditView:
    who, path = member_name(say, one.author, one.nickname), f"/g/{one.group}"
    said = say("said by %(who)s on %(at)s", who=who, at=say.moment(one.at))
    return PollAuditView(one.group_name, path, said, one.reason, f"{path}/chain/{one.height}")


def outcome_of(seen: PollPageSight) -> PollOutcome:
    """The result; raises NotFoundError while there is none."""
    if seen.sight.outcome is None:
        raise DecisionRule.NOT_ENDED.error()
    return seen.sight.outcome


def _name(seen: PollPageSight) -> str:
    return f"result-{seen.sight.poll.id[-8:]}"
