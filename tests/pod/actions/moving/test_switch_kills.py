"""A switch of which an answer is lost, or in which a pod is killed between two steps, leaves nothing or all of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from federation import readers
from federation.errors import RemoteError
from federation.rules.answers import RemoteFault
from models.moving.departures import FREEZE_MS
from models.moving.moves import SWITCHING, Move
from models.people.accounts import load_account_named
from pod.actions.chain.door import append
from pod.actions.moving import newcomers, switch_handover
from pod.actions.moving.new_home import open_account_of
from pod.actions.moving.newcomers import begin
from pod.actions.moving.old_pod import ask_old_pod
from pod.actions.moving.switch_freeze import agree
from pod.actions.moving.switch_handover import DraftedHandover
from pod.actions.moving.switch_rehome import stop_for
from pod.actions.moving.switch_step import advance_switch
from pod.actions.sync.pull import pull
from pod.deps import Deps
from pod.jobs.loops import tend
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.envelope import open_record
from protocol.records.parts import Home
from tests.support.browsing import Browser
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually, worker_number
from tests.support.switched import advanced

pytestmark = pytest.mark.slow

NOTE: dict[str, Any] = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is dry."}]}
LOST = RemoteError(RemoteFault.NOT_REACHED, retry=True)
STEPS = ("freeze", "drafts", "handovers")


class KilledError(Exception):
    """A pod ends here."""


@pytest.fixture(scope="module")
def beta(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPod]:
    """The new pod: its actions run in this process, so it needs no other."""
    made = ServedPod(tmp_path_factory.mktemp("beta") / "pod", worker_number(), 12)
    made.create()
    made.start()
    try:
        yield made
    finally:
        made.kill()


@pytest.fixture(scope="module")
def alpha(pod: ServedPod) -> ServedPod:
    pod.start()
    return pod


class Traveller:
    """Somebody at alpha who agreed to move to beta."""

    def __init__(self, alpha: ServedPod, beta: ServedPod, name: str) -> None:
        self.alpha, self.beta, self.name = alpha, beta, name
        self.person = alpha.sign_up(name)
        self.group = RecordId(self.person.account["personal_group"])
        self.agrees()
        beta.act(lambda deps: begin(deps, self.group, alpha.url, name))

    def agrees(self) -> None:
        """They agree to move to beta."""
        home = Home(self.beta.url, self.beta.act(_pod_key))

        async def consent(session: AsyncSession, deps: Deps) -> None:
            account = await load_account_named(session, self.name)
            assert account is not None
            await agree(session, deps, account, home)

        self.alpha.act(lambda deps: deps.store.write(lambda session: consent(session, deps)))

    def advance(self) -> bool:
        return self.beta.act(lambda deps: advanced(deps, self.group)).arrived

    def arrives(self) -> None:
        """The move goes through, both pods hold one handover that is settled, and asking again changes nothing."""
        assert self.advance()
        for pod, other in ((self.alpha, self.beta), (self.beta, self.alpha)):
            pod.act(partial(pull, pod=other.url, group=self.group))
        eventually(self._is_settled, seen=self._seen)
        before = self._seen()
        assert self.advance()
        assert self._seen() == before
        items = Person(self.alpha, {"token": ""}).get(f"/groups/{self.group}/chain?from=0")["items"]
        handovers = [one for one in items if "keepers" in one]
        assert [(one["steward"]["pod"], len(one["operations"])) for one in handovers] == [(self.beta.url, 1)]

    def _is_settled(self) -> bool:
        seen = self._seen()
        return seen[0] == seen[1] and all(one["settled_height"] == one["height"] for one in seen)

    def _seen(self) -> list[Any]:
        told = [Person(pod, {"token": ""}).get(f"/api/v1/groups/{self.group}") for pod in (self.alpha, self.beta)]
        return [{name: one[name] for name in ("head", "height", "settled_height", "state_hash", "log")} for one in told]


def asking(beta: ServedPod) -> readers.VerifiedPod:
    """The new pod, as the old one knows it by its signature."""
    return readers.VerifiedPod(f"{beta.url}/pod", f"{beta.url}/pod#main-key", readers._MAKER)


async def _pod_key(deps: Deps) -> Any:
    return deps.identity.keyring.pod_key.did


def lose(monkeypatch: pytest.MonkeyPatch, step: str, *, answer: bool) -> None:
    """Lose one step's request, or its answer."""

    async def ask(deps: Deps, newcomer: Any, named: str, wish: Any, kind: Any) -> Any:
        if named != step:
            return await ask_old_pod(deps, newcomer, named, wish, kind)
        if answer:
            await ask_old_pod(deps, newcomer, named, wish, kind)
        raise LOST

    monkeypatch.setattr(newcomers, "ask_old_pod", ask)


@pytest.mark.parametrize("answer", [False, True], ids=["request", "answer"])
@pytest.mark.parametrize("step", STEPS)
def test_mg_05_whatever_is_lost_on_the_way_the_move_goes_through_later(
    alpha: ServedPod, beta: ServedPod, monkeypatch: pytest.MonkeyPatch, step: str, *, answer: bool
) -> None:
    traveller = Traveller(alpha, beta, f"t{STEPS.index(step)}{int(answer)}")
    lose(monkeypatch, step, answer=answer)
    with pytest.raises(RemoteError):
        traveller.advance()
    monkeypatch.undo()

    traveller.arrives()


def test_mg_05_a_job_whose_answer_was_lost_opens_the_account_however_late_it_is(
    alpha: ServedPod, beta: ServedPod, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old pod has committed: it refuses a last delta, and the ten minutes are over."""
    traveller = Traveller(alpha, beta, "late")
    lose(monkeypatch, "handovers", answer=True)
    with pytest.raises(RemoteError):
        traveller.advance()
    monkeypatch.undo()

    async def job(deps: Deps) -> Move:
        then = deps.clock() - FREEZE_MS
        move = Move(b"m", "late", alpha.url, traveller.group, "full", "", "", None, "personal", then, then, None)
        return await advance_switch(deps, msgspec.structs.replace(move, stage=SWITCHING, stage_at=then, name="late"))

    after = beta.act(job)

    assert (after.stage, after.why) == ("switching", "")
    assert beta.act(partial(_arrived, person=traveller.group))
    traveller.arrives()


async def _arrived(deps: Deps, person: RecordId) -> bool:
    newcomer = await newcomers.load_coming(deps, person)
    return newcomer.account_id is not None


def test_mg_05_a_new_pod_that_is_killed_before_it_opens_the_account_opens_it_later(
    alpha: ServedPod, beta: ServedPod, monkeypatch: pytest.MonkeyPatch
) -> None:
    traveller, whole = Traveller(alpha, beta, "ada"), open_account_of

    async def killed(*said: Any) -> None:
        await whole(*said)
        raise KilledError

    monkeypatch.setattr(newcomers, "open_account_of", killed)
    with pytest.raises(KilledError):
        traveller.advance()
    monkeypatch.undo()

    traveller.arrives()


@pytest.mark.parametrize("where", ["append", "confirm_head", "set_departure"])
def test_mg_05_an_old_pod_that_is_killed_while_it_signs_has_signed_nothing(
    alpha: ServedPod, beta: ServedPod, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """The group isn't jammed: its steward seals and confirms what is written then, and the move goes through later."""
    traveller, whole = Traveller(alpha, beta, where.replace("_", "")), getattr(switch_handover, where)
    asker = asking(beta)

    async def killed(*said: Any, **more: Any) -> None:
        await whole(*said, **more)
        raise KilledError

    async def ask(deps: Deps, newcomer: Any, step: str, wish: Any, kind: Any) -> Any:
        if step != "handovers":
            return await ask_old_pod(deps, newcomer, step, wish, kind)
        monkeypatch.setattr(switch_handover, where, killed)
        return alpha.act(partial(_sign, asker=asker, person=traveller.group, wish=wish))

    monkeypatch.setattr(newcomers, "ask_old_pod", ask)
    with pytest.raises(KilledError):
        traveller.advance()
    monkeypatch.undo()
    alpha.act(partial(stop_for, asker=asker, person=traveller.group))
    traveller.person.post(f"/api/v1/groups/{traveller.group}/posts", NOTE)
    eventually(lambda: _whole(traveller.person, traveller.group))

    traveller.agrees()  # a move that was stopped needs their word anew
    traveller.arrives()


async def _sign(deps: Deps, asker: Any, person: RecordId, wish: Any) -> DraftedHandover:
    return await switch_handover.sign_handover_of(deps, asker, person, open_record(wish))


def _whole(person: Person, group: RecordId) -> bool:
    seen = person.get(f"/api/v1/groups/{group}")
    return bool(seen["settled_height"] == seen["height"] and seen["log"]["size"] == 2)


def test_mg_05_a_rehome_that_was_handed_out_is_worth_nothing_once_the_account_thawed(
    alpha: ServedPod, beta: ServedPod, monkeypatch: pytest.MonkeyPatch
) -> None:
    traveller, kept = Traveller(alpha, beta, "bo"), list[Any]()

    async def ask(deps: Deps, newcomer: Any, step: str, wish: Any, kind: Any) -> Any:
        if step == "handovers":
            kept.append(wish)
            raise LOST
        return await ask_old_pod(deps, newcomer, step, wish, kind)

    monkeypatch.setattr(newcomers, "ask_old_pod", ask)
    with pytest.raises(RemoteError):
        traveller.advance()
    monkeypatch.undo()
    asker = asking(beta)
    alpha.act(partial(stop_for, asker=asker, person=traveller.group))
    alpha.act(partial(tend, group=traveller.group))
    rehome = open_record(kept[0]["operations"][0])

    async def show(session: AsyncSession, deps: Deps) -> bool:
        try:
            return (await append(session, deps, rehome, origin=beta.url, now=deps.clock())).new
        except RefusedError:
            return False

    assert not alpha.act(lambda deps: deps.store.write(lambda session: show(session, deps)))
    with pytest.raises(RefusedError):  # nor is the handover that holds it signed
        alpha.act(partial(_sign, asker=asker, person=traveller.group, wish=kept[0]))
    assert traveller.person.post(f"/api/v1/groups/{traveller.group}/posts", NOTE)["record"]


def test_mg_18_sessions_and_tokens_at_the_old_pod_end_with_the_switch_and_who_undoes_it_signs_in_anew(
    alpha: ServedPod, beta: ServedPod
) -> None:
    traveller = Traveller(alpha, beta, "eva")
    browser = Browser(alpha).sign_in("eva")
    assert browser.get("/settings").path == "/settings"

    traveller.arrives()

    assert browser.get("/settings").path.startswith("/sign-in")
    with pytest.raises(RefusedByHttpError) as refused:
        traveller.person.get("/api/v1/me")
    assert refused.value.status == 401
    assert "Come back here" in Browser(alpha).sign_in("eva").get("/settings/moved").text
