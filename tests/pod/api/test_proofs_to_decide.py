"""Step-up for programs, over real HTTP: which tokens vote, after which proof, and what a stolen one can't do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

import pyotp
import pytest

from models.people.accounts import load_account_named
from pod.actions.accounts.second_factors import begin_authenticator, confirm_authenticator, pending_secret
from pod.actions.accounts.sign_in import make_sign_in_link
from pod.clock import Clock
from pod.deps import Deps
from tests.support.browsing import Browser
from tests.support.post_office import PostOffice
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually
from tests.support.shell import settle

HOUR = 3_600_000
TWELVE_HOURS = 12 * HOUR
NAMES = (f"voter{n}" for n in count(1))


@pytest.fixture(autouse=True)
def clock(pod: ServedPod) -> Iterator[None]:
    yield
    pod.set_clock(0)


@pytest.fixture
def ada(pod: ServedPod, mails: PostOffice) -> Person:
    """Somebody new, with an address, and a token that may decide."""
    assert mails
    return settle(pod, next(NAMES))


def poll_of(ada: Person, **policy: Any) -> str:
    """The path of the ballots of a poll that is open for a month, in a group with this policy."""
    group = ada.post("/api/v1/groups", {"name": "Parish", "weight": 3000, **policy})["group"]
    asked = {"kind": "for-against", "title": "Dig?", "lengths": {"voting": 30 * 24 * HOUR, "contest": 0}}
    poll = ada.post(f"/api/v1/groups/{group}/polls", asked)["record"]
    eventually(lambda: ada.get(f"/api/v1/groups/{group}/polls/{poll}")["poll"]["phase"] == "voting")
    return f"/api/v1/groups/{group}/polls/{poll}/ballots"


def refused(ada: Person, path: str, body: object, token: str = "") -> str:
    with pytest.raises(RefusedByHttpError) as refusal:
        call("POST", ada.pod.door + path, body, token=token or ada.account["token"])
    assert refusal.value.problem["status"] == refusal.value.status
    return str(refusal.value.problem["code"])


def test_dc_03_a_token_votes_only_if_its_owner_let_it_and_a_token_gives_no_more_than_it_has(
    pod: ServedPod, ada: Person
) -> None:
    ballots = poll_of(ada)
    browser = Browser(pod).sign_in(ada.account["name"])
    page = browser.get("/settings/tokens")
    assert "It may vote and delegate in my name" in page.text
    plain = _fresh(browser.submit(page, "/settings/tokens", name="calendar").text)
    page = browser.submit(browser.get("/settings/tokens"), "/settings/tokens", name="ballots", decide="true")

    assert refused(ada, ballots, {"choice": "yes"}, plain) == "may_not_decide"
    assert refused(ada, "/api/v1/me/tokens", {"name": "more", "decide": True}, plain) == "may_not_decide"
    assert call("POST", pod.door + ballots, {"choice": "yes"}, token=_fresh(page.text))["record"]
    decides = {one["name"]: one["decides"] for one in ada.get("/api/v1/me/tokens")["tokens"]}
    assert decides == {"first": True, "calendar": False, "ballots": True}
    assert "may vote and delegate" in browser.get("/settings/tokens").text


def _fresh(page: str) -> str:
    return page.partition('<code class="secret">')[2].partition("</code>")[0]


def test_dc_03_a_stolen_token_casts_no_ballot_without_its_owners_proof(
    pod: ServedPod, ada: Person, mails: PostOffice
) -> None:
    ballots = poll_of(ada)
    pod.set_clock(TWELVE_HOURS)
    delegations = ballots.partition("/polls/")[0] + "/records"

    assert refused(ada, ballots, {"choice": "no"}) == "proof_needed"
    assert refused(ada, delegations, {"type": "Delegation", "delegates": []}) == "proof_needed"
    stolen = call("POST", f"{pod.door}/api/v1/me/tokens", {"name": "x", "decide": True}, token=ada.account["token"])
    assert refused(ada, ballots, {"choice": "no"}, stolen["token"]) == "proof_needed"
    ada.send("/api/v1/me/proof/mail", {})
    code = mails.code_to(f"{ada.account['name']}@mail.example")
    # The code proves the token for which it was asked, and no other.
    assert refused(ada, "/api/v1/me/proof", {"code": code}, stolen["token"]) == "dead_code"
    assert refused(ada, "/api/v1/me/proof", {"code": "1"}) == "bad_code"
    assert ada.send("/api/v1/me/proof", {"code": code})["proved_at"] > 0
    assert refused(ada, "/api/v1/me/proof", {"code": code}) == "dead_code"
    assert ada.send(ballots, {"choice": "yes"})["record"]
    assert refused(ada, ballots, {"choice": "no"}, stolen["token"]) == "proof_needed"


def test_dc_03_a_group_may_ask_for_a_proof_of_the_last_ten_minutes(pod: ServedPod, ada: Person) -> None:
    strict = poll_of(ada)
    group = strict.partition("/polls/")[0]
    before = ada.get(group)["settled_height"]
    ada.post(f"{group}/operations", {"do": "set-policy", "with": {"voting": {"proof": "fresh"}}})
    eventually(lambda: ada.get(group)["settled_height"] > before)
    lenient = poll_of(ada)
    pod.set_clock(10 * 60_000)

    assert ada.send(lenient, {"choice": "yes"})["record"]
    assert refused(ada, strict, {"choice": "yes"}) == "proof_needed"
    ada.post(strict, {"choice": "yes"})  # proves it by an operator's link


def test_dc_03_where_there_is_an_app_only_its_code_proves_a_token_and_tries_are_counted(
    pod: ServedPod, ada: Person, mails: PostOffice
) -> None:
    name = ada.account["name"]
    secret = pod.act(partial(_turn_on, name))
    ada.send("/api/v1/me/proof/mail", {})
    mailed = mails.code_to(f"{name}@mail.example")
    assert refused(ada, "/api/v1/me/proof", {"code": mailed}) == "bad_code"
    link = pod.act(partial(_link, name))
    assert refused(ada, "/api/v1/me/proof", {"link": link}) == "bad_code"
    pod.set_clock(120_000)
    code = pyotp.TOTP(secret).at((Clock()() + 120_000) // 1000)
    assert ada.send("/api/v1/me/proof", {"code": code})["proved_at"]
    tries = [refused(ada, "/api/v1/me/proof", {"code": "000000"}) for _ in range(12)]
    assert tries[-1] == "too_many_tries"
    assert refused(ada, "/api/v1/me/proof", {"link": link, "code": code}) == "too_many_tries"


async def _turn_on(name: str, deps: Deps) -> str:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, name)
    assert account is not None
    await begin_authenticator(deps, account)
    secret = await pending_secret(deps, account)
    await confirm_authenticator(deps, account, pyotp.TOTP(secret).at(deps.clock() // 1000))
    return secret


async def _link(name: str, deps: Deps) -> str:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, name)
    assert account is not None
    return await make_sign_in_link(deps, account)


def test_dc_03_somebody_elses_link_proves_nothing(pod: ServedPod, ada: Person) -> None:
    other = settle(pod, next(NAMES))
    link = pod.act(partial(_link, other.account["name"]))
    assert refused(ada, "/api/v1/me/proof", {"link": f"{pod.url}/sign-in/link/{link}"}) == "gone"
    assert refused(ada, "/api/v1/me/proof", {"link": "x"}) == "gone"
    assert refused(ada, "/api/v1/me/proof", {"phrase": "x"}) == "malformed_record"
    assert other.send("/api/v1/me/proof", {"link": link})["proved_at"]
