"""A proof of oneself belongs to the browser that gave it: whoever copied its cookie before is signed out by it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count

import pytest

from models.people.sessions import load_session
from pod.actions.accounts.sessions import list_own_sessions, renew_session, session_of
from pod.actions.groups.founding import token_hash
from pod.clock import Clock
from pod.deps import Deps
from pod.errors import SignInError
from tests.pod.actions.accounts.test_settings import options_on, turn_on, with_passkey
from tests.support.browsing import Browser, session_secret
from tests.support.post_office import PostOffice
from tests.support.rig import Person, ServedPod, eventually
from tests.support.shell import settle

HOUR = 3_600_000
TWELVE_HOURS = 12 * HOUR
NAMES = (f"prover{n}" for n in count(1))
TEXT = "It took all evening."


@pytest.fixture(autouse=True)
def clock(pod: ServedPod) -> Iterator[None]:
    yield
    pod.set_clock(0)


@pytest.fixture
def owner(pod: ServedPod, mails: PostOffice) -> Person:
    assert mails
    return settle(pod, next(NAMES))


def is_in(browser: Browser) -> bool:
    page = browser.get("/settings/sessions")
    assert page.path == "/settings/sessions" or page.path.startswith("/sign-in")
    return page.path == "/settings/sessions"


def test_dc_03_a_cookie_copied_before_the_proof_neither_votes_nor_reads_after_it_and_the_owner_goes_on(
    pod: ServedPod, owner: Person, mails: PostOffice
) -> None:
    group = owner.post("/api/v1/groups", {"name": "Parish", "weight": 3000, "visibility": "private"})["group"]
    asked = {"kind": "for-against", "title": "Dig?", "lengths": {"voting": 30 * 24 * HOUR, "contest": 0}}
    poll = owner.post(f"/api/v1/groups/{group}/polls", asked)["record"]
    own = f"/api/v1/groups/{group}/polls/{poll}"
    eventually(lambda: owner.get(own)["poll"]["phase"] == "voting")
    browser, vote = Browser(pod).sign_in(owner.account["name"]), f"/g/{group}/polls/{poll}/vote"
    pod.set_clock(TWELVE_HOURS)
    page = browser.get(vote)
    thief = browser.copied()
    writing = browser.get(f"/g/{group}/write")
    asked_first = browser.submit(page, "/vote", choice="yes", step="cast")
    theirs = thief.submit(thief.get(vote), "/vote", choice="no", step="cast")
    assert asked_first.path.startswith("/settings/confirm?to=")
    assert theirs.path.startswith("/settings/confirm?to=")
    sent = browser.submit(asked_first, "/confirm/mail")

    back = browser.submit(sent, "/settings/confirm", code=mails.code_to(f"{owner.account['name']}@mail.example"))

    assert thief.submit(page, "/vote", choice="no", step="cast").status == 401
    assert thief.get(vote).path.startswith("/sign-in")
    assert "Dig?" not in thief.get(f"/g/{group}/polls/{poll}").text
    assert owner.get(own)["own"] is None
    assert 'value="yes" checked' in back.text
    assert browser.submit(back, "/vote", choice="yes", step="cast").path.endswith("/receipt")
    assert owner.get(own)["own"]["says"]["choice"] == "yes"
    # What stands in another tab is as of an older visit: one more press, and nothing is lost.
    kept = browser.submit(writing, "/write", title="The well", text=TEXT)
    assert kept.status == 403
    assert TEXT in kept.text
    assert TEXT in browser.submit(kept, "/write", press="Send it again").text


@pytest.mark.parametrize("way", ["passkey", "app"])
def test_dc_03_by_each_way_the_proof_ends_the_copies_and_one_session_is_left(
    pod: ServedPod, owner: Person, way: str
) -> None:
    browser = Browser(pod).sign_in(owner.account["name"])
    key = with_passkey(pod, browser) if way == "passkey" else None
    app = turn_on(browser)[0] if way == "app" else None
    thief, elsewhere = browser.copied(), Browser(pod).sign_in(owner.account["name"])
    assert is_in(thief)
    pod.set_clock(TWELVE_HOURS)
    page = browser.get("/settings/tokens")
    if key is not None:
        browser.submit(page, "/confirm/passkey", credential=key.show(options_on(page)))
    if app is not None:
        browser.submit(page, "/settings/confirm", code=app.at((Clock()() + TWELVE_HOURS) // 1000))

    assert browser.get("/settings/tokens").path == "/settings/tokens"
    assert (is_in(thief), is_in(elsewhere)) == (False, True)
    assert elsewhere.get("/settings/tokens").path.startswith("/settings/confirm")
    assert browser.get("/settings/sessions").text.count("<li>\n<div><strong>") == 2


def test_dc_03_a_proof_wakes_no_session_that_ended_meanwhile(pod: ServedPod, owner: Person) -> None:
    secret, _ = session_secret(pod, owner.account["name"])
    pod.act(partial(_prove_twice, secret))


async def _prove_twice(secret: str, deps: Deps) -> None:
    found = await session_of(deps, secret)
    assert found is not None
    fresh = await renew_session(deps, found[0])
    with pytest.raises(SignInError):
        await renew_session(deps, found[0])
    async with deps.store.database.read() as session:
        assert await load_session(session, token_hash(secret), now=deps.clock()) is None
    assert [one.sha256 for one in await list_own_sessions(deps, found[1])] == [token_hash(fresh)]
