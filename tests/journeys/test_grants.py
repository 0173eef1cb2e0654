"""A pod asks to copy an account, its person agrees at the old pod, and the grant reads the account's classes alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from federation.signatures import SignedRequest, SigningKey, sign
from federation.signatures.keys import rsa_public_pem, rsa_signing_key
from pod.actions.fediverse.actors import POD, actor_keys
from pod.actions.moving.grant_messages import challenge_of
from tests.support.browsing import Browser, Seen
from tests.support.moving_by_pages import led_to
from tests.support.peer import Peer, send, serving
from tests.support.post_office import PostOffice
from tests.support.rig import Person, ServedPod, eventually
from tests.support.shell import settle
from tests.support.wire import a_request, changed, with_fields

MINUTE_MS = 60_000
VERIFIER = "v" * 43
STATE = "s" * 43
POD_KEY = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
PUBLIC = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is full."}]}
PRIVATE = {"kind": "note", "paragraphs": [{"style": "text", "text": "The key lies under the mat."}]}


class Asker(Peer):
    """The pod at http://<host>:8080, made of a thread: it asks, and signs by whatever key it is given."""

    def calls(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        return send(self.call(method, path, body))

    def call(self, method: str, path: str, body: object = None) -> SignedRequest:
        sent = b"" if body is None else json.dumps(body).encode()
        request = a_request(method, path, authority=self.inbox.netloc, body=sent)
        request = changed(request, scheme="http")
        return with_fields(request, sign(request, self.key, scheme="rfc9421", now=self.now()))

    def wish(self, **members: Any) -> dict[str, Any]:
        """What it asks for."""
        home = {"pod": self.url, "key": POD_KEY}
        wished = {"who": "ada", "home": home, "classes": ["personal", "records", "memberships"], "state": STATE}
        return {**wished, "challenge": challenge_of(VERIFIER), **members}

    def asks(self, **members: Any) -> str:
        """The address of the page where ada agrees, at the old pod."""
        status, told = self.calls("POST", "/moves/asked", self.wish(**members))
        assert status == 200, told
        return urlsplit(str(told["page"])).path

    def shows(self, code: str, verifier: str = VERIFIER) -> tuple[int, Any]:
        return self.calls("POST", "/moves/grants", {"code": code, "verifier": verifier})


class Place(NamedTuple):
    """Two pods, ada at home at the old one with a private group, and the pod of a thread that asks, too."""

    old: ServedPod
    new: ServedPod
    ada: Person
    private: str
    asker: Asker
    mails: PostOffice

    def adas(self) -> Browser:
        return Browser(self.old).sign_in("ada")

    def agrees(self, page: str, *classes: str, host: str = "", **ticked: str) -> str:
        """Ada agrees; the code with which her browser goes on."""
        browser = self.adas()
        wanted = list(classes or ("personal", "records", "memberships"))
        gone = browser.submit(browser.get(page), page, classes=wanted, host=host or self.asker_host, **ticked)
        return code_in(gone.path) if gone.path.startswith("/move/return") else ""

    @property
    def asker_host(self) -> str:
        return self.asker.url.partition("://")[2]

    def grant(self, *classes: str, **ticked: str) -> str:
        """A grant of the asker for these classes."""
        status, given = self.asker.shows(self.agrees(self.asker.asks(), *classes, **ticked))
        assert status == 200, given
        return str(given["grant"])

    def reads(self, grant: str, name: str = "memberships", asker: Asker | None = None) -> tuple[int, Any]:
        return (asker or self.asker).calls("GET", f"/moves/{grant}/classes/{name}")


def code_in(path: str) -> str:
    return parse_qs(urlsplit(path).query)["code"][0]


def another_key(key_id: str) -> tuple[SigningKey, str]:
    private = generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return rsa_signing_key(key_id, pem), rsa_public_pem(pem)


def refusal(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1].get("rule", "")


@pytest.fixture(scope="module")
def place(pods: list[ServedPod]) -> Iterator[Place]:
    old, new = pods
    worker = old.host.split(".")[2]
    with PostOffice() as mails, serving(Asker(f"127.77.{worker}.9", f"{old.url}/inbox")) as asker:
        assert isinstance(asker, Asker)
        mails.configure(old)
        ada = settle(old, "ada")
        for name in ("bo", "eve"):
            old.sign_up(name)
        for pod in pods:
            pod.act(lambda deps: actor_keys(deps, POD))  # made once, and not while somebody waits
            pod.start()
        private, public = (
            ada.post("/api/v1/groups", {"name": name, "visibility": visibility})["group"]
            for name, visibility in (("Attic", "private"), ("Green", "public"))
        )
        ada.post(f"/api/v1/groups/{private}/posts", PRIVATE)
        ada.post(f"/api/v1/groups/{public}/posts", PUBLIC)
        for group in (private, public):
            eventually(partial(logged, ada, group))
        yield Place(old, new, ada, private, asker, mails)


def logged(person: Person, group: str) -> bool:
    """Whether the log has the post and its author's vote."""
    return bool(person.get(f"/api/v1/groups/{group}")["log"]["size"] > 1)


def at(browser: Browser, pod: ServedPod) -> Browser:
    """The same browser, at another pod."""
    browser.pod = pod
    return browser


def begun(place: Place, browser: Browser) -> Seen:
    """A move from the old pod began in this browser at the new one, which has asked; the page that says so."""
    at(browser, place.new)
    found = browser.submit(browser.get("/move"), "/move", account=f"{place.old.url}/@ada")
    return browser.submit(found, "/move/ask")


def test_a_person_moves_by_a_consent_that_they_typed_and_sees_it_listed(place: Place) -> None:
    browser = place.adas()
    page = led_to(begun(place, browser))
    asked = at(browser, place.old).get(page)
    host = place.new.url.partition("://")[2]
    assert host in asked.text
    assert "@ada" in asked.text
    back = browser.submit(asked, page, host=host)
    assert (back.status, back.path) == (200, "/move/journey?said=granted")
    assert f"{place.old.url.partition('://')[2]} lets this pod read" in back.text
    assert f"{host} copy your account" in place.mails.mail_to("ada@mail.example")
    listed = at(browser, place.old).get("/settings/grants")
    assert host in listed.text
    assert "never read" in listed.text


def test_a_grant_gives_its_classes_page_by_page_and_a_manifest_of_these_alone(place: Place) -> None:
    grant = place.grant("personal", "records")
    status, page = place.reads(grant, "records")
    assert (status, bool(page["lines"])) == (200, True)
    first, rest = page["lines"][0]["key"], [line["key"] for line in page["lines"][1:]]
    status, later = place.asker.calls("GET", f"/moves/{grant}/classes/records?from={first}")
    assert [line["key"] for line in later["lines"]] == rest
    status, manifest = place.asker.calls("GET", f"/moves/{grant}/manifest")
    assert set(manifest["classes"]) == {"personal", "records"}
    assert manifest["classes"]["records"]["count"] == len(page["lines"])
    status, hashed = place.asker.calls("GET", f"/moves/{grant}/leaves/records")
    assert list(hashed["leaves"]) == [first, *rest]
    _, below = place.asker.calls("GET", f"/moves/{grant}/classes/records?until={rest[0]}")
    assert [line["key"] for line in below["lines"]] == [first]
    _, marks = place.asker.calls("GET", f"/moves/{grant}/marks")
    assert {mark.partition("/")[0] for mark in marks} == {"personal", "records"}
    for what in ("classes", "leaves"):
        answer = place.asker.calls("GET", f"/moves/{grant}/{what}/memberships")
        assert refusal(answer) == (403, "class_not_granted")
    assert "last read <time datetime=" in place.adas().get("/settings/grants").text


def test_a_request_that_names_another_pods_address_as_home_is_refused(place: Place) -> None:
    for pod in (place.new.url, f"{place.asker.url}/", f"{place.asker.url}.example"):
        wish = place.asker.wish(home={"pod": pod, "key": POD_KEY})
        assert refusal(place.asker.calls("POST", "/moves/asked", wish)) == (400, "home_of_another"), pod


def test_a_request_that_nobody_signed_is_refused(place: Place) -> None:
    signed = place.asker.call("POST", "/moves/asked", place.asker.wish())
    fields = tuple(field for field in signed.headers if not field[0].lower().startswith("signature"))
    assert refusal(send(changed(signed, headers=fields))) == (401, "pod_signature")
    spoilt = changed(signed, body=signed.body.replace(b'"ada"', b'"eve"'))
    assert spoilt.body != signed.body
    assert send(spoilt)[0] == 401


def test_the_consent_page_is_shown_to_nobody_who_isnt_signed_in_nor_to_another_person(place: Place) -> None:
    page = place.asker.asks()
    stranger = Browser(place.old).get(page)
    assert place.asker_host not in stranger.text
    assert "/sign-in" in stranger.path
    other = Browser(place.old).sign_in("eve").get(page)
    assert (other.status, place.asker_host in other.text) == (410, False)


def test_who_mistypes_the_host_gives_no_code_and_loses_nothing_that_was_ticked(place: Place) -> None:
    page, browser = place.asker.asks(), place.adas()
    again = browser.submit(browser.get(page), page, classes="records", host=f"{place.asker_host}.example")
    assert (again.status, again.path) == (400, page)
    fields = next(form for form in again.forms if form.action == page).fields
    assert ("host", f"{place.asker_host}.example") in fields
    assert [value for name, value in fields if name == "classes"] == ["records"]
    assert place.agrees(page)


def test_a_code_goes_nowhere_but_to_the_address_that_signed(place: Place) -> None:
    wish = place.asker.wish(redirect_uri=f"{place.new.url}/move/return", back=place.new.url)
    _, told = place.asker.calls("POST", "/moves/asked", wish)
    page, browser = urlsplit(told["page"]).path, place.adas()
    policy = browser.get(page).headers["Content-Security-Policy"]
    assert f"form-action 'self' {place.asker.url};" in policy
    browser.submit(browser.get(page), page, classes="records", host=place.asker_host)
    assert place.asker.asked[-1].startswith(f"/move/return?state={STATE}&code=")


def test_who_refuses_gives_nothing(place: Place) -> None:
    page, browser = place.asker.asks(), place.adas()
    assert "nothing was read" in browser.press(browser.get(page), "Refuse").text
    assert browser.get(page).status == 410


def test_a_signature_is_good_once(place: Place) -> None:
    grant = place.grant()
    request = place.asker.call("GET", f"/moves/{grant}/classes/memberships")
    assert send(request)[0] == 200
    assert refusal(send(request)) == (401, "used_before")


def test_a_code_is_good_once_and_only_with_its_secret(place: Place) -> None:
    code = place.agrees(place.asker.asks())
    assert place.asker.shows(code)[0] == 200
    assert refusal(place.asker.shows(code)) == (410, "grant_code_dead")
    seen = place.agrees(place.asker.asks())
    assert refusal(place.asker.shows(seen, "w" * 43)) == (410, "grant_code_dead")
    assert refusal(place.asker.shows(seen)) == (410, "grant_code_dead")


def test_another_pods_actor_redeems_no_code_and_uses_no_grant(place: Place) -> None:
    grant, code = place.grant(), place.agrees(place.asker.asks())
    worker = place.old.host.split(".")[2]
    with serving(Asker(f"127.77.{worker}.10", f"{place.old.url}/inbox")) as other:
        assert isinstance(other, Asker)
        assert refusal(other.shows(code)) == (410, "grant_code_dead")
        assert refusal(place.reads(grant, asker=other)) == (403, "grant_over")
    assert place.reads(grant)[0] == 200


def test_another_actor_of_the_same_pod_asks_for_nothing(place: Place) -> None:
    worker = place.old.host.split(".")[2]

    class Somebody(Asker):
        def __init__(self, host: str, inbox: str) -> None:
            super().__init__(host, inbox)
            self.actor = f"{self.url}/u/eve"
            self.key_id = f"{self.actor}#main-key"

        def documents(self) -> dict[str, dict[str, Any]]:
            return {"/u/eve": self.document()}

    with serving(Somebody(f"127.77.{worker}.11", f"{place.old.url}/inbox")) as somebody:
        assert isinstance(somebody, Somebody)
        wish = somebody.wish()
        assert refusal(somebody.calls("POST", "/moves/asked", wish)) == (401, "not_a_pods_key")


def test_a_second_browser_that_returns_with_the_code_gets_nothing(place: Place) -> None:
    first = Browser(place.new)
    page = led_to(begun(place, first))
    host = place.new.url.partition("://")[2]
    second = place.adas()
    gone = second.submit(second.get(page), page, classes="records", host=host)
    assert (gone.status, gone.path.partition("?")[0]) == (403, "/move/return")
    # Nor does one in which another move began.
    third = Browser(place.new)
    begun(place, third)
    assert third.get(gone.path).status == 403
    assert "lets this pod read" not in first.get("/move/journey").text
    assert "lets this pod read" in first.get(gone.path).text


def test_a_grant_reads_no_private_group_and_signs_nothing(place: Place) -> None:
    grant = place.grant()
    records = place.reads(grant, "records")[1]["lines"]
    assert records
    assert place.private not in json.dumps(records)
    for path in ("chain", "log", "pending"):
        assert refusal(place.asker.calls("GET", f"/groups/{place.private}/{path}"))[0] == 404
    bearer = {"Authorization": f"Bearer {grant}"}
    for path, body in (("posts", PUBLIC), ("votes", {"target": {"profile": 1}, "value": 1000})):
        request = a_request("POST", f"/api/v1/groups/{place.private}/{path}", authority=place.asker.inbox.netloc)
        request = changed(request, scheme="http", body=json.dumps(body).encode())
        assert refusal(send(with_fields(request, bearer))) == (401, "unknown_token")
    read = a_request("GET", f"/api/v1/groups/{place.private}/posts", authority=place.asker.inbox.netloc)
    assert refusal(send(with_fields(changed(read, scheme="http"), bearer))) == (401, "unknown_token")


def test_own_words_in_private_groups_are_read_only_if_they_are_ticked(place: Place) -> None:
    lines = json.dumps(place.reads(place.grant(private="true"), "records")[1]["lines"])
    assert place.private in lines
    assert "under the mat" in lines


def test_a_revoked_grant_reads_nothing(place: Place) -> None:
    grant, browser = place.grant(), place.adas()
    never = browser.get("/settings/grants").text.count("never read")
    assert place.asker.calls("GET", f"/moves/{grant}/marks")[0] == 200
    listed = browser.get("/settings/grants")
    assert listed.text.count("never read") == never - 1, "to ask whether something changed is a use, too"
    assert place.reads(grant)[0] == 200
    while any(form.action.endswith("/revoke") for form in listed.forms):
        listed = browser.submit(listed, "/settings/grants/revoke")
    assert refusal(place.reads(grant)) == (403, "grant_over")


def test_somebody_elses_grant_is_revoked_by_nobody(place: Place) -> None:
    grant, browser = place.grant(), Browser(place.old).sign_in("eve")
    mine = next(value for name, value in place.adas().get("/settings/grants").forms[-1].fields if name == "grant")
    token = next(value for name, value in browser.get("/settings/feeds").forms[0].fields if name == "form_token")
    answer = browser.post("/settings/grants/revoke", [("form_token", token), ("grant", mine)])
    assert answer.status == 404
    assert place.reads(grant)[0] == 200


def test_it_wasnt_me_ends_all_that_was_allowed_or_asked_for(place: Place) -> None:
    grant, page, browser = place.grant(), place.asker.asks(), place.adas()
    browser.submit(browser.get("/settings/not-me"), "/settings/not-me")
    assert refusal(place.reads(grant)) == (403, "grant_over")
    assert place.adas().get(page).status == 410


def test_another_key_of_the_same_actor_pauses_a_grant_until_it_is_given_anew(place: Place) -> None:
    grant = place.grant()
    place.old.set_clock(6 * MINUTE_MS)  # a changed key is asked for again after five minutes
    kept = place.asker.key, place.asker.public_pem
    place.asker.key, place.asker.public_pem = another_key(place.asker.key_id)
    assert refusal(place.reads(grant)) == (403, "grant_paused")
    assert "another key than the one" in place.adas().get("/settings/grants").text
    assert place.reads(place.grant())[0] == 200
    place.old.set_clock(12 * MINUTE_MS)
    place.asker.key, place.asker.public_pem = kept
    assert refusal(place.reads(grant)) == (403, "grant_paused")


def test_an_old_code_an_old_request_and_an_old_proof_give_nothing(place: Place) -> None:
    page, code = place.asker.asks(), place.agrees(place.asker.asks())
    browser = place.adas()
    place.old.set_clock(23 * MINUTE_MS)
    assert refusal(place.asker.shows(code)) == (410, "grant_code_dead")
    assert browser.get(page).status == 410
    fresh = place.asker.asks()
    place.old.set_clock(29 * MINUTE_MS)
    assert browser.get(fresh).path.startswith("/settings/confirm")


def test_a_grant_ends_after_thirty_days_unless_it_stands_until_it_is_revoked(place: Place) -> None:
    standing = place.agrees(place.asker.asks(standing=True), standing="true")
    given = [place.asker.shows(code)[1] for code in (standing, place.agrees(place.asker.asks(standing=True)))]
    assert [one.get("expires_at") is None for one in given] == [True, False]
