"""A person moves live, by the pages, from a pod that helps: all comes along, and the old pod is told no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from models.moving.moves import MOVES, Move
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from tests.support.browsing import Browser
from tests.support.chromium_visitor import ChromiumVisitor, Look
from tests.support.fedify_follower import FedifyFollower, fedify_follower
from tests.support.moved import Traces, check_all_came, check_refused, chooses_language, public_at, said_in_copy
from tests.support.moving_by_pages import led_to
from tests.support.people import agreed, anew, joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually, worker_number

pytestmark = pytest.mark.slow

PODS = 4
LOOKS = ("en-scripts", "sv-plain")
STEP_MS = 121_000
PLANNED = "This is what would be copied. Nothing is copied yet, and a copy changes nothing for anybody."


@dataclass
class Village:
    """ada (alpha) moves to beta; bo lives at gamma, cy at delta; ada is black-listed in the choir meanwhile."""

    alpha: ServedPod
    beta: ServedPod
    delta: ServedPod
    ada: Person
    bo: Person
    parish: str  # bo's, public
    council: str  # ada's, private: she keeps it alone
    mill: str  # ada's: kept by all three
    choir: str  # bo's, private
    post: str
    dora: Person  # at home at beta
    traces: Traces  # of ada, in her own group and in the council
    fia: FedifyFollower  # follows ada from other software

    @property
    def host(self) -> str:
        return self.alpha.url.partition("://")[2]

    def move(self) -> Move:
        async def look(deps: Deps) -> Move:
            async with deps.store.database.read() as session:
                columns = [MOVES.c[name] for name in Move.__struct_fields__]
                return Move(*(await session.execute(select(*columns))).one())

        return self.beta.act(look)


def note(text: str) -> dict[str, Any]:
    return {"kind": "note", "paragraphs": [{"style": "text", "text": text}]}


def members(person: Person, group: str) -> list[tuple[int, int]]:
    return [(one["number"], one["weight"]) for one in person.get(f"/api/v1/groups/{group}")["members"]]


@pytest.fixture(scope="module")
def fia(tmp_path_factory: pytest.TempPathFactory, look: Look) -> Iterator[FedifyFollower]:
    del look  # a journey told anew has pods of its own, whose keys a follower who is there would take for the old ones
    with fedify_follower(f"127.77.{worker_number()}.60", tmp_path_factory.mktemp("fedify") / "follower") as follower:
        yield follower


@pytest.fixture(scope="module")
def village(pods: list[ServedPod], look: Look, fia: FedifyFollower) -> Village:
    alpha, beta, gamma, delta = pods
    ada, bo, cy = alpha.sign_up("ada"), gamma.sign_up("bo"), delta.sign_up("cy")
    for pod in pods:
        pod.start()
    parish = bo.post("/api/v1/groups", {"name": "Parish", "weight": 3000})["group"]
    council = ada.post("/api/v1/groups", {"name": "Otters", "weight": 3000, "visibility": "private"})["group"]
    mill = ada.post("/api/v1/groups", {"name": "Mill", "weight": 3000})["group"]
    choir = bo.post("/api/v1/groups", {"name": "Choir", "weight": 3000, "visibility": "private"})["group"]
    assert [joined(bo, parish, ada, 1000), joined(ada, council, bo, 1000)] == [2, 2]
    assert [joined(ada, mill, bo, 1000), joined(bo, choir, ada, 1000)] == [2, 2]
    assert joined(ada, mill, cy, 1000) == 3
    ada.post(f"/api/v1/groups/{mill}/handovers", {"keepers": [1, 2, 3]})
    post = ada.post(f"/api/v1/groups/{parish}/posts", note("The well is dry."))["record"]
    ada.post(f"/api/v1/groups/{parish}/votes", {"target": {"post": post}, "value": 500})
    chooses_language(alpha, "ada", look.language)
    fia.follow(f"{alpha.url}/u/ada")
    words = {council: "Wrens are back.", ada.account["personal_group"]: "Figs are ripe."}
    posts = {group: [ada.post(f"/api/v1/groups/{group}/posts", note(said))["record"]] for group, said in words.items()}
    traces = Traces(posts, ["ada-b"], [*words.values(), "Otters"])
    eventually(lambda: agreed(mill, ada, bo) and agreed(parish, ada, bo) and agreed(council, ada, bo))
    return Village(alpha, beta, delta, ada, bo, parish, council, mill, choir, post, beta.sign_up("dora"), traces, fia)


def at(browser: ChromiumVisitor, pod: ServedPod) -> ChromiumVisitor:
    browser.pod = pod
    return browser


def test_mg_02_a_person_moves_by_the_pages_and_all_comes_along(
    village: Village, visitor: Callable[[ServedPod], ChromiumVisitor]
) -> None:
    alpha, beta, ada, bo = village.alpha, village.beta, village.ada, village.bo
    groups = (village.parish, village.council, village.mill, village.choir)
    before = {group: members(bo, group) for group in groups}
    browser, host = visitor(alpha).sign_in("ada"), beta.url.partition("://")[2]
    at(browser, beta)
    found = browser.submit(browser.get("/move"), "/move", account=f"{alpha.url}/@ada")
    asked = browser.submit(found, "/move/ask")
    page = led_to(asked)
    consent = browser.follow(asked, page)
    planned = browser.submit(consent, page, host=host, private="true")
    assert planned.path.startswith("/move/journey")
    planned = browser.awaits("/move/journey", PLANNED)
    browser.submit(planned, "/move/start", name="ada-b")
    browser.awaits("/move/journey", "The copy is whole: each line here is the one there.")
    for reader in (None, village.dora):
        assert public_at(beta, village.traces, reader) == []

    for pod in (alpha, beta, bo.pod, village.delta):
        pod.set_clock(STEP_MS)  # a keeper signs at most one handover a minute
    asked = browser.submit(browser.get("/move/switching"), "/move/switching")
    consent = browser.follow(asked, page := led_to(asked))
    # While she reads, she is black-listed in the choir, and one of her votes waits for a pod that is away.
    bo.post(f"/api/v1/groups/{village.choir}/records", weigh(2, -1000))
    eventually(lambda: members(bo, village.choir) == [(1, 3000), (2, -1000)])
    bo.pod.kill()
    ada.post(f"/api/v1/groups/{village.parish}/votes", {"target": {"post": village.post}, "value": -700})
    back = browser.submit(consent, page, handle="ada")
    assert (back.status, back.path) == (200, "/move/switching")
    browser.awaits("/move/switching", SwitchRule.NOT_DRAINED)
    assert Browser(beta).get("/@ada-b").status == 404
    bo.pod.start()
    browser.awaits("/move/switching", "You are at home here now, as %(name)s.")

    # The traveller's browser goes in, once, and says how it signs in from then on.
    inside = browser.submit(browser.get("/move/switching"), "/move/enter")
    assert inside.path == "/settings/mail"
    assert Browser(beta).get("/@ada-b").status == 200
    standing = browser.awaits("/move/switching", "%(settled)s of %(total)s settled.", settled=4, total=5)
    assert "Choir" in standing.text  # as the old pod called it; the group itself tells neither pod
    # The choir stands still for as long as nobody lets it go, so it isn't settled yet.
    browser.press(standing, "Let it go")
    eventually(lambda: village.move().stage == "settled", seen=village.move)
    eventually(lambda: village.fia.following() == [f"{beta.url}/u/ada-b"], seen=village.fia.received)
    changed = {village.choir: [(1, 3000), (2, -1000)]}
    eventually(lambda: {group: members(bo, group) for group in groups} == before | changed)
    with pytest.raises(RefusedByHttpError, match="mov"):
        anew(ada, alpha).post(f"/api/v1/groups/{village.parish}/posts", note("No more."))


def weigh(member: int, weight: int) -> dict[str, Any]:
    return {"type": "Operation", "do": "set-weight", "with": {"member": member, "weight": weight}}


def test_mg_02_the_account_is_what_the_old_pod_signed_that_it_was(village: Village) -> None:
    copy = village.move().copy_id
    assert copy is not None
    check_all_came(village.beta, "ada-b", said_in_copy(village.beta, copy), under_way={village.choir})


def test_private_groups_answer_the_old_pod_no_more(village: Village) -> None:
    check_refused(village.alpha, dict.fromkeys((village.council, village.choir), village.bo.pod))
