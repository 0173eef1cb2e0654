"""People are told what was decided in their names, and end it by one link: mails, news, the button, and coming back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import count

import pytest

from models.people.accounts import load_account_named
from pod.actions.accounts.not_me import make_not_me
from pod.deps import Deps
from tests.support.browsing import Browser
from tests.support.post_office import PostOffice
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually
from tests.support.shell import settle

HOUR = 3_600_000
TWO_WEEKS = 14 * 24 * HOUR
NAMES = (f"owner{n}" for n in count(1))
CANARY = "heliotrope"


@pytest.fixture(autouse=True)
def clock(pod: ServedPod) -> Iterator[None]:
    yield
    pod.set_clock(0)


@pytest.fixture
def ada(pod: ServedPod, mails: PostOffice) -> Person:
    """Somebody new, with an address, and a token that may decide."""
    assert mails
    return settle(pod, next(NAMES))


def ballots_of(person: Person) -> str:
    """The path of the ballots of an open poll whose words are the canary."""
    group = person.post("/api/v1/groups", {"name": f"Group {CANARY}", "weight": 3000})["group"]
    options = [{"title": f"{CANARY} one"}, {"title": f"{CANARY} two"}]
    asked = {"kind": "score", "title": CANARY, "options": options, "lengths": {"voting": TWO_WEEKS, "contest": 0}}
    poll = person.post(f"/api/v1/groups/{group}/polls", asked)["record"]
    eventually(lambda: person.get(f"/api/v1/groups/{group}/polls/{poll}")["poll"]["phase"] == "voting")
    return f"/api/v1/groups/{group}/polls/{poll}/ballots"


def vote(person: Person, ballots: str, score: int) -> None:
    person.post(ballots, {"scores": {"00": score, "01": 0}})


def address(person: Person) -> str:
    return f"{person.account['name']}@mail.example"


def link_in(text: str) -> str:
    (found,) = re.findall(r"^http\S+(/not-me/\S+)$", text.replace("\r\n", "\n"), re.MULTILINE)
    return str(found)


def refused(person: Person, ballots: str) -> str:
    with pytest.raises(RefusedByHttpError) as refusal:
        vote(person, ballots, 1)
    return str(refusal.value.problem["code"])


def test_dc_28_the_first_vote_is_told_at_once_and_the_next_ones_together_after_an_hour(
    pod: ServedPod, ada: Person, mails: PostOffice
) -> None:
    ballots = ballots_of(ada)
    vote(ada, ballots, 61)
    first = mails.mail_to(address(ada))
    for score in (67, 71, 73):
        vote(ada, ballots, score)
    news = Browser(pod).sign_in(ada.account["name"]).get("/notifications")
    pod.set_clock(HOUR - 60_000)
    ada.post(ballots, {"blank": True})
    # Mails go by their times: once a later one came, an earlier one would have.
    bo = settle(pod, next(NAMES))
    vote(bo, ballots_of(bo), 1)
    mails.mail_to(address(bo))
    assert not [one for one in mails.post.got if one.rcpt_tos == [address(ada)]]
    pod.set_clock(HOUR + 60_000)
    second = mails.mail_to(address(ada))

    assert "a vote or delegation was signed in your name" in first
    assert "4 votes or delegations were signed in your name" in second
    assert "at most once an hour" in first
    for text in (first, second):  # no minute of the day is one of these scores; the link's secret has any letters
        assert not re.search(rf"{CANARY}|\b(61|67|71|73|blank)\b", text.replace(link_in(text), ""))
    assert news.text.count("A vote or delegation was signed in your name. Was it you?") == 4
    assert 'href="/settings/not-me"' in news.text


def test_dc_28_a_delegation_is_told_too_in_the_owners_language(pod: ServedPod, ada: Person, mails: PostOffice) -> None:
    group = ballots_of(ada).split("/")[4]
    browser = Browser(pod).sign_in(ada.account["name"])
    browser.submit(browser.get("/language"), "/language", language="sv")
    ada.post(f"/api/v1/groups/{group}/records", {"type": "Delegation", "delegates": []})

    text = mails.mail_to(address(ada))

    assert "en röst eller delegering undertecknades i ditt namn" in text
    assert browser.get(link_in(text), Accept_Language="sv").text.count("Det var inte jag")


def test_dc_28_not_me_works_signed_out_ends_everything_and_freezes_what_decides(
    pod: ServedPod, ada: Person, mails: PostOffice
) -> None:
    ballots, name = ballots_of(ada), ada.account["name"]
    thief = Browser(pod).sign_in(name)
    vote(ada, ballots, 5)
    link = link_in(mails.mail_to(address(ada)))
    owner = Browser(pod)
    page = owner.get(link)
    assert f"as {name}?" in page.text
    assert f'href="/@{name}"' in thief.get("/").text  # looking changes nothing

    done = owner.submit(page, link)

    assert done.path == "/not-me"
    for step in ("Sign in again", "Type your 24 words", "Cast your ballot again", "Contest your ballot"):
        assert step in done.text
    assert 'href="/sign-in"' in thief.get("/").text
    assert refused(ada, ballots) == "unauthorized"
    assert owner.get(link).status == 410


def test_dc_28_who_comes_back_decides_nothing_until_the_24_words_are_typed(
    pod: ServedPod, ada: Person, mails: PostOffice
) -> None:
    ballots, name = ballots_of(ada), ada.account["name"]
    vote(ada, ballots, 5)
    link = link_in(mails.mail_to(address(ada)))
    owner = Browser(pod)
    owner.submit(owner.get(link), link)
    back = Browser(pod).sign_in(name)
    page = back.submit(back.get("/settings/tokens"), "/settings/tokens", name="new", decide="true")
    ada.account["token"] = page.text.partition('<code class="secret">')[2].partition("</code>")[0]

    assert refused(ada, ballots) == "decisions_frozen"
    assert "Nothing is decided in your name" in back.get("/settings").text
    words = back.get("/settings/words")
    wrong = settle(pod, next(NAMES)).account["phrase"]
    assert back.submit(words, "/words/all", phrase=wrong).status == 400
    assert refused(ada, ballots) == "decisions_frozen"
    back.submit(words, "/words/all", phrase=ada.account["phrase"])
    vote(ada, ballots, 7)


def test_a_stolen_session_casts_no_ballot(pod: ServedPod, ada: Person, mails: PostOffice) -> None:
    name, poll = ada.account["name"], ballots_of(ada).removeprefix("/api/v1/groups/").removesuffix("/ballots")
    thief = Browser(pod).sign_in(name)  # whoever has the cookie
    page = thief.get(f"/g/{poll}/vote")
    form = next(form for form in page.forms if form.action.endswith("/vote"))
    ballot = [(field, "3" if field == "value" else value) for field, value in form.fields] + [("step", "cast")]
    pod.set_clock(12 * HOUR)

    answer = thief.post(form.action, ballot)
    assert answer.path.startswith("/settings/confirm?to=")
    assert ada.get(f"/api/v1/groups/{poll}")["own"] is None
    sent = thief.submit(answer, "/confirm/mail")
    for _ in range(5):
        assert thief.submit(sent, "/settings/confirm", code="00000000").status == 400
    code = mails.code_to(address(ada))
    assert thief.submit(sent, "/settings/confirm", code=code).status == 400  # five wrong ones end it
    assert thief.post(form.action, ballot).path.startswith("/settings/confirm?to=")
    made = thief.post("/settings/tokens", [form.fields[0], ("name", "loot"), ("decide", "true")])
    assert made.path.startswith("/settings/confirm?to=")
    assert ada.get(f"/api/v1/groups/{poll}")["own"] is None


def test_dc_28_an_operator_lets_in_who_lost_the_words(pod: ServedPod, ada: Person) -> None:
    ballots, name = ballots_of(ada), ada.account["name"]
    browser = Browser(pod).sign_in(name)
    assert browser.submit(browser.get("/settings/not-me"), "/settings/not-me").path == "/not-me"
    assert 'href="/sign-in"' in browser.get("/").text
    pod.run("user", "thaw", name)
    back = Browser(pod).sign_in(name)
    page = back.submit(back.get("/settings/tokens"), "/settings/tokens", name="new", decide="true")
    ada.account["token"] = page.text.partition('<code class="secret">')[2].partition("</code>")[0]
    vote(ada, ballots, 7)


def test_dc_28_a_link_is_the_pods_own_for_one_account_and_two_weeks(
    pod: ServedPod, ada: Person, mails: PostOffice
) -> None:
    ballots = ballots_of(ada)
    vote(ada, ballots, 5)
    link = link_in(mails.mail_to(address(ada)))
    secret = link.rpartition("/")[2]
    forged = [secret[:-2] + ("AA" if secret[-2:] != "AA" else "BB"), "A" * 64, "A" * 8, "", "%C3%B6", secret + "AAAA"]
    other = settle(pod, next(NAMES))
    mixed = pod.act(partial(_secret, other.account["name"]))[:22] + secret[22:]

    assert {Browser(pod).get(f"/not-me/{one}").status for one in [*forged[:3], *forged[4:], mixed]} == {410}
    assert Browser(pod).get(link).status == 200
    pod.set_clock(TWO_WEEKS + 60_000)
    assert Browser(pod).get(link).status == 410


async def _secret(name: str, deps: Deps) -> str:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, name)
    assert account is not None
    return make_not_me(deps, account.id, 0, now=deps.clock())
