"""The receipt of one's ballot: what one said, that it is in the count, or what is wrong and what to do."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.actions.reading.decisions.ballot_receipts import BallotReceipt, Fate, LogProof, read_receipt
from pod.actions.reading.decisions.poll_page import PollPageSight
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.decisions import DecisionRule
from pod.translations import Translator
from pod.web.decisions.ballot_words import BallotFateView, fate_view, said_in
from pod.web.decisions.poll_header import PollHeader, header_of, load_page_and_receipt
from pod.web.kit.follow_button import FollowButton, load_follow_button
from pod.web.kit.templates import PRIVATE, render
from pod.web.kit.visitors import account_of, reader_of, say_of
from protocol.ids import RecordId, parse_id

routes = web.RouteTableDef()


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt. `said` are options and what was said of each; `file`: where the proof is, and what it holds."""

    header: PollHeader
    fate: BallotFateView
    said: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, str], ...]
    change: str
    until: str
    file: tuple[str, str]
    follow: FollowButton | None


class ReceiptFile(msgspec.Struct, frozen=True):
    """A ballot with the path from it to the root of the log that the signed `item` commits to.

    Of a ballot that was left out: the steward's signed `promise`, and the `item` that ended the poll without it.
    """

    poll: RecordId
    fate: Fate
    record: msgspec.Raw
    promise: msgspec.Raw
    proof: LogProof | None
    item: msgspec.Raw


@routes.get("/g/{group}/polls/{poll}/receipt")
@contract("account", media_type=HTML)
async def get_receipt_page(request: web.Request) -> web.Response:
    """The receipt of one's ballot, and whether it is in the count."""
    account_of(request)
    seen, receipt = await load_page_and_receipt(request)
    view = _view(request, seen, _cast(receipt))
    follow = await load_follow_button(request, seen.group, "poll", seen.sight.poll.id, view.header.title)
    return render(request, "decisions/receipt.html", msgspec.structs.replace(view, follow=follow), private=True)


@routes.get("/g/{group}/polls/{poll}/receipt.json")
@contract("account", answer=ReceiptFile)
async def get_receipt_file(request: web.Request) -> web.Response:
    """The proof that one's ballot stands in the log, or was to stand there, for whoever checks it without this pod."""
    account_of(request)
    found, poll = await load_receipt_of(request), parse_id(request.match_info["poll"])
    file = ReceiptFile(poll, found.fate, found.record, found.promise, found.proof, found.item)
    headers = {"Content-Disposition": f'attachment; filename="ballot-{poll[-8:]}.json"', **PRIVATE}
    return web.Response(body=msgspec.json.encode(file), content_type="application/json", headers=headers)


async def load_receipt_of(request: web.Request) -> BallotReceipt:
    """The visitor's receipt in the poll that the path names; raises NotFoundError where they cast no ballot."""
    group, poll = parse_id(request.match_info["group"]), parse_id(request.match_info["poll"])
    return _cast(await read_receipt(request.app[DEPS], reader_of(request), group, poll))


def _cast(found: BallotReceipt | None) -> BallotReceipt:
    if found is None:
        raise DecisionRule.NO_BALLOT.error()
    return found


def _view(request: web.Request, seen: PollPageSight, found: BallotReceipt) -> ReceiptView:
    say, poll, status = say_of(request), seen.sight.poll, seen.sight.status
    header = header_of(say, seen, request.app[DEPS].clock())
    can = status.can != "nothing"
    return ReceiptView(
        header=header,
        fate=fate_view(say, found),
        said=said_in(say, poll, found.ballot.says),
        facts=tuple(_facts(say, found)),
        counts=said_in(say, poll, found.counts.says) if found.counts else (),
        change=f"{header.path}/vote" if can else "",
        until=say.moment(status.until) if can and status.until else "",
        file=_file(say, found, header.path),
        follow=None,
    )


def _file(say: Translator, found: BallotReceipt, path: str) -> tuple[str, str]:
    if found.fate is Fate.LEFT_OUT:
        holds = say(
            "your signed ballot, the steward's signed promise, and the signed item that ended the poll; the file of"
            " the result shows that the log of this item lacks the ballot"
        )
    elif found.proof is not None:
        holds = say(
            "your signed ballot, the path to the root of the log, and the signed item of the chain that has this root"
        )
    else:
        return "", ""
    return f"{path}/receipt.json", holds


def _facts(say: Translator, found: BallotReceipt) -> list[tuple[str, str]]:
    says = found.ballot.says
    facts = [
        (say("Signed"), say.moment(says.at)),
        (say("Record"), found.ballot.record),
        (say("Your key"), str(says.key)),
        (say("Counter"), str(says.counter)),
    ]
    if found.ballot.index is not None:
        facts.append((say("Entry of the log"), str(found.ballot.index)))
    if found.promised is not None:
        facts.append((say("Promised by the steward until"), say.moment(found.promised)))
    if found.proof is not None:
        facts.append((say("Checked against the log of"), say("%(size)s entries", size=say.number(found.proof.size))))
        facts.append((say("Item"), found.proof.item))
    return facts
