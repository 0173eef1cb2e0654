"""A pod that has copied an account asks to be its home; its person agrees once more, and nobody else can."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.departures import Departure, list_unwaited, load_departure
from models.people.accounts import load_account_named
from pod.actions.fediverse.actors import POD, actor_keys
from pod.actions.groups.membership import issue_invitation
from pod.actions.moving.copy_classes import signed_manifest
from pod.actions.moving.grant_messages import challenge_of
from pod.actions.signer import TokenHolder
from pod.deps import Deps
from protocol.ids import RecordId
from tests.journeys.test_grants import POD_KEY, STATE, VERIFIER, Asker, code_in, refusal
from tests.support.browsing import Browser
from tests.support.peer import serving
from tests.support.people import joined
from tests.support.post_office import PostOffice
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually
from tests.support.shell import settle

PODS = 1
CLASSES = ["personal", "records", "memberships"]
NOTE: dict[str, Any] = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is full."}]}


class Place(NamedTuple):
    """The old pod, at which ada is at home, and a pod made of a thread that copied her account."""

    old: ServedPod
    ada: Person
    asker: Asker
    mails: PostOffice

    @property
    def path(self) -> str:
        return f"/switches/{self.ada.account['personal_group']}"

    def adas(self) -> Browser:
        return Browser(self.old).sign_in("ada")

    def grant(self, asker: Asker | None = None) -> str:
        """A grant for the pod that asks."""
        asker, browser = asker or self.asker, self.adas()
        page = asker.asks()
        host = asker.url.partition("://")[2]
        gone = browser.submit(browser.get(page), page, classes=CLASSES, host=host)
        status, given = asker.shows(code_in(gone.path))
        assert status == 200, given
        return str(given["grant"])

    def wish(self, grant: str, **members: Any) -> dict[str, Any]:
        status, manifest = self.asker.calls("GET", f"/moves/{grant}/manifest")
        assert status == 200, manifest
        home = {"pod": self.asker.url, "key": POD_KEY}
        wished = {"grant": grant, "home": home, "manifest": manifest, "name": "ada-there", "state": STATE}
        return {**wished, "challenge": challenge_of(VERIFIER), **members}

    def asks(self, **members: Any) -> str:
        """The path of the page where ada agrees."""
        status, told = self.asker.calls("POST", f"{self.path}/asked", self.wish(self.grant(), **members))
        assert status == 200, told
        return urlsplit(str(told["page"])).path

    def agrees(self, page: str, handle: str = "ada", **typed: Any) -> str:
        """Ada agrees; the code with which her browser goes on."""
        browser = self.adas()
        gone = browser.submit(browser.get(page), page, handle=handle, **typed)
        assert gone.path.startswith("/move/switched"), gone.text
        return code_in(gone.path)

    def shows(self, code: str, verifier: str = VERIFIER, asker: Asker | None = None) -> tuple[int, Any]:
        return (asker or self.asker).calls("POST", f"{self.path}/agreed", {"code": code, "verifier": verifier})

    def departure(self) -> Departure | None:
        async def look(deps: Deps) -> Departure | None:
            async with deps.store.database.read() as session:
                return await load_departure(session, await account_number(session))

        return self.old.act(look)


async def account_number(session: AsyncSession) -> int:
    account = await load_account_named(session, "ada")
    assert account is not None
    return account.id


async def invites(deps: Deps, group: str) -> None:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, "ada")
    assert account is not None
    end = deps.clock() + 86_400_000
    await issue_invitation(deps, TokenHolder(account), RecordId(group), weight=1000, uses=1, expires=end)


@pytest.fixture(scope="module")
def place(pods: list[ServedPod]) -> Iterator[Place]:
    (pod,) = pods
    worker = pod.host.split(".")[2]
    with PostOffice() as mails, serving(Asker(f"127.77.{worker}.9", f"{pod.url}/inbox")) as asker:
        assert isinstance(asker, Asker)
        mails.configure(pod)
        ada = settle(pod, "ada")
        pod.sign_up("eve")
        pod.act(lambda deps: actor_keys(deps, POD))
        pod.start()
        yield Place(pod, ada, asker, mails)


def test_mg_02_a_switch_is_agreed_to_by_who_reads_what_it_means_and_types_their_name(place: Place) -> None:
    bo = place.old.sign_up("bo")
    mill = place.ada.post("/api/v1/groups", {"name": "Mill", "weight": 3000})["group"]
    well = bo.post("/api/v1/groups", {"name": "Well", "weight": 3000})["group"]
    joined(bo, well, place.ada, 1000)
    place.old.act(partial(invites, group=mill))
    page = place.asks()

    browser = place.adas()
    asked = browser.get(page)
    for words in ("@ada", place.asker.url.partition("://")[2], "@ada-there@", "Mill", "Well"):
        assert words in asked.text
    assert "1 invitation that you gave" in asked.text
    assert len(re.findall("You keep this group alone", asked.text)) == 2  # the mill, and her own group
    assert f"form-action 'self' {place.asker.url};" in asked.headers["Content-Security-Policy"]
    mistyped = browser.submit(asked, page, handle="eve")
    assert (mistyped.status, "Type the account&#39;s name: ada" in mistyped.text) == (400, True)
    assert place.departure() is None
    code = place.agrees(page, soft="true")
    words = f"your account moves to {place.asker.url.partition('://')[2]}"
    eventually(lambda: words in place.mails.mail_to("ada@mail.example"))
    assert place.departure() is None  # before the pod shows the code, with its secret

    assert place.shows(code)[0] == 200
    departure = place.departure()
    assert departure is not None
    assert (departure.pod, departure.key, departure.name, departure.soft, departure.item) == (
        *(place.asker.url, POD_KEY, "ada-there", True, None),
    )
    status, frozen = place.asker.calls("POST", f"{place.path}/freeze", {"name": "ada-there"})
    assert (status, {group["group"] for group in frozen["groups"]} >= {mill, well}) == (200, True)
    leaving = place.adas().get("/settings/leaving")
    assert "You can write nothing until it is done" in leaving.text
    with pytest.raises(RefusedByHttpError, match="moving"):
        place.ada.post(f"/api/v1/groups/{mill}/posts", NOTE)
    browser = place.adas()
    stayed = browser.press(browser.get("/settings/leaving"), "Stop it and stay here")
    assert "You stay at home here" in stayed.text
    assert place.departure() is None
    assert refusal(place.asker.calls("POST", f"{place.path}/freeze", {"name": "ada-there"}))[0] == 404
    place.ada.post(f"/api/v1/groups/{mill}/posts", NOTE)


def test_a_code_of_a_switch_is_good_once_for_that_pod_and_only_with_its_secret(place: Place) -> None:
    worker = place.old.host.split(".")[2]
    code = place.agrees(place.asks())
    assert place.shows(code)[0] == 200
    assert refusal(place.shows(code)) == (410, "grant_code_dead")
    seen = place.agrees(place.asks())
    assert refusal(place.shows(seen, "w" * 43)) == (410, "grant_code_dead")
    assert refusal(place.shows(seen)) == (410, "grant_code_dead")
    with serving(Asker(f"127.77.{worker}.10", f"{place.old.url}/inbox")) as other:
        assert isinstance(other, Asker)
        stolen = place.agrees(place.asks())
        assert refusal(place.shows(stolen, asker=other)) == (410, "grant_code_dead")
        # Nor does it ask by a grant that isn't its own, or freeze what was agreed to for another pod.
        wish = place.wish(place.grant(), home={"pod": other.url, "key": POD_KEY})
        assert refusal(other.calls("POST", f"{place.path}/asked", wish)) == (403, "grant_over")
        assert refusal(place.asker.calls("POST", f"{place.path}/asked", wish)) == (400, "home_of_another")
        assert other.calls("POST", f"{place.path}/freeze", {"name": "ada"})[0] == 404


def test_a_page_of_a_switch_is_nobody_elses_and_good_once(place: Place) -> None:
    page = place.asks()
    assert "/sign-in" in Browser(place.old).get(page).path
    assert Browser(place.old).sign_in("eve").get(page).status == 410
    code = place.agrees(page)
    assert parse_qs(urlsplit(page).query) == {}
    assert place.adas().get(page).status == 410
    assert place.shows(code)[0] == 200
    refused = place.asks()
    browser = place.adas()
    assert "You stay at home here" in browser.press(browser.get(refused), "Stay here").text
    assert browser.get(refused).status == 410


def test_a_later_request_of_the_same_pod_takes_the_place_of_an_earlier_one(place: Place) -> None:
    first, second = place.asks(), place.asks()
    assert place.adas().get(first).status == 410
    assert place.adas().get(second).status == 200


def test_what_a_copy_was_equal_to_must_be_this_accounts_own_word_under_that_grant(place: Place) -> None:
    early = place.old.act(manifest_now)
    grant = place.grant()
    whole = place.wish(grant)
    totals = whole["manifest"]["classes"]["records"]
    forged = {**whole["manifest"], "classes": {**whole["manifest"]["classes"], "records": {**totals, "count": 9}}}
    others = {**whole, "manifest": forged}
    assert place.asker.calls("POST", f"{place.path}/asked", others)[0] == 400
    before = {**whole, "manifest": early}
    assert refusal(place.asker.calls("POST", f"{place.path}/asked", before)) == (400, "other_copy")
    eve = place.old.sign_up("eva").account["personal_group"]
    assert refusal(place.asker.calls("POST", f"/switches/{eve}/asked", whole)) == (403, "grant_over")
    assert place.asker.calls("POST", f"{place.path}/asked", whole)[0] == 200


async def manifest_now(deps: Deps) -> Any:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, "ada")
        assert account is not None
        return await signed_manifest(session, deps, account, now=deps.clock(), names=CLASSES)


def test_groups_that_lag_are_named_and_the_person_says_which_arent_waited_for(place: Place) -> None:
    dan = place.old.sign_up("dan")
    barn = dan.post("/api/v1/groups", {"name": "Barn", "weight": 3000})["group"]
    joined(dan, barn, place.ada, 1000)
    eventually(partial(_logged, place.ada, barn))

    async def unwaited(deps: Deps) -> set[str]:
        async with deps.store.database.read() as session:
            return set(map(str, await list_unwaited(session, await account_number(session))))

    assert place.shows(place.agrees(place.asks(), unwaited=[barn]))[0] == 200

    assert place.old.act(unwaited) == {barn}


def _logged(person: Person, group: str) -> bool:
    seen = person.get(f"/api/v1/groups/{group}")
    return bool(seen["settled_height"] == seen["height"])


def test_mg_02_who_gives_up_what_isnt_settled_has_proved_who_they_are(place: Place) -> None:
    assert place.shows(place.agrees(place.asks()))[0] == 200
    browser, own = place.adas(), str(place.ada.account["personal_group"])
    form = next(form for form in browser.get("/settings/leaving").forms if form.action.endswith("/leaving/stop"))
    place.old.set_clock(16 * 60_000)
    sent = browser.post("/settings/leaving/without", [*form.fields, ("group", own)])
    assert sent.path.startswith("/settings/confirm")
    place.old.set_clock(0)
    assert browser.post("/settings/leaving/without", [*form.fields, ("group", own)]).path == "/settings/leaving"


def test_an_old_request_an_old_code_and_an_old_proof_move_nobody(place: Place) -> None:
    code, minute = place.agrees(place.asks()), 60_000
    place.old.set_clock(11 * minute)
    assert refusal(place.shows(code)) == (410, "grant_code_dead")
    page, browser = place.asks(), place.adas()
    place.old.set_clock(22 * minute)
    assert browser.get(page).status == 410
    fresh = place.asks()
    place.old.set_clock(28 * minute)
    assert browser.get(fresh).path.startswith("/settings/confirm")


def test_it_wasnt_me_ends_a_switch_that_was_agreed_to_and_no_other_is_asked_for(place: Place) -> None:
    assert place.shows(place.agrees(place.asks()))[0] == 200
    assert place.departure() is not None
    page, browser = place.asks(), place.adas()
    browser.submit(browser.get("/settings/not-me"), "/settings/not-me")
    assert place.departure() is None
    assert place.adas().get(page).status == 410
    wish = place.wish(place.grant())
    assert refusal(place.asker.calls("POST", f"{place.path}/asked", wish)) == (403, "frozen")
