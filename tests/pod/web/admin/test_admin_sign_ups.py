"""Who wants an account: accepted, rejected with a reason, asked first; invitations for some people and a while."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from itertools import count

import pytest

from tests.support.browsing import Browser, Seen
from tests.support.post_office import PostOffice
from tests.support.rig import ServedPod

NUMBERS = count(1)


@pytest.fixture
def fresh(pod: ServedPod, mails: PostOffice) -> Browser:
    """Somebody without an account, at an address of their own."""
    assert mails
    return Browser(pod, address=f"192.0.2.{next(NUMBERS)}")


def choose(admin: Browser, **chosen: str) -> Seen:
    return admin.submit(admin.get("/admin/settings"), "/admin/settings", **chosen)


def acts(pod: ServedPod, what: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(pod.folder / "pod.sqlite")) as database:
        found = database.execute(
            "SELECT who, subject, before, after, why FROM audit WHERE act = ? ORDER BY id", (what,)
        )
        return found.fetchall()


def sign_up(browser: Browser, mails: PostOffice, name: str, invite: str = "", **typed: str) -> Seen:
    page = browser.get(f"/sign-up?invite={invite}")
    page = browser.submit(page, "/sign-up", name=name, mail=f"{name}@mail.example", **typed)
    assert page.path == "/sign-up/code", page.text
    return browser.submit(page, "/sign-up/code", code=mails.code_to(f"{name}@mail.example"))


def token_of(browser: Browser) -> str:
    return dict(browser.get("/language").forms[0].fields)["form_token"]


def link_in(text: str) -> str:
    (found,) = re.findall(r"^http://\S+$", text.replace("\r\n", "\n"), re.MULTILINE)
    return str(found)


def test_op_29_an_accepted_person_opens_the_account_by_the_mailed_link(
    pod: ServedPod, admin: Browser, fresh: Browser, mails: PostOffice
) -> None:
    choose(admin, registration="approval")
    page = sign_up(fresh, mails, "cy", reason="I teach here.")
    assert "Your request is waiting" in page.text
    waiting = admin.get("/admin/sign-ups")
    assert "I teach here." in waiting.text
    assert "1 sign-up waits" in admin.get("/admin").text
    admin.submit(waiting, "/sign-ups/accept", text="knows everybody")
    link = link_in(mails.mail_to("cy@mail.example"))
    other = Browser(pod)
    words = other.submit(other.get(link.removeprefix(pod.url)), link.removeprefix(pod.url))
    assert len(re.findall(r"<li>[a-z]+</li>", words.text)) == 24
    assert 'href="/@cy"' in other.get("/settings").text
    assert Browser(pod).get(link.removeprefix(pod.url)).status == 410
    assert acts(pod, "sign-up")[-1] == ("root", "cy", "waiting", "accepted", "knows everybody")


def test_n10_an_admin_is_told_wherever_they_look_that_a_sign_up_waits(
    pod: ServedPod, admin: Browser, fresh: Browser, mails: PostOffice
) -> None:
    told, badge = re.compile(r'<a href="/admin/sign-ups">\d+ sign-ups? waits?</a>'), '<strong class="badge">'
    places = ("/notifications", "/admin", "/admin/settings", "/admin/people", "/admin/mail", "/admin/audit")
    choose(admin, registration="approval")
    assert not [place for place in places if told.search(admin.get(place).text)]
    assert badge not in admin.get("/groups").text
    sign_up(fresh, mails, "waity", reason="I live here.")
    assert [place for place in places if told.search(admin.get(place).text)] == list(places)
    assert f"{badge}1</strong>" in admin.get("/groups").text
    other = Browser(pod).sign_in("ada")
    assert not told.search(other.get("/notifications").text)
    admin.submit(admin.get("/admin/sign-ups"), "/sign-ups/accept", text="lives here")
    assert badge not in admin.get("/notifications").text


def test_op_29_a_rejected_person_reads_the_reason_in_the_mail(
    pod: ServedPod, admin: Browser, mails: PostOffice
) -> None:
    choose(admin, registration="approval")
    swede = Browser(pod, "sv", address="192.0.2.201")
    sign_up(swede, mails, "dee", reason="Hej")
    page = admin.get("/admin/sign-ups")
    refused = admin.submit(page, "/sign-ups/accept", text="kept")
    assert refused.status == 200  # and now another one, rejected
    mails.mail_to("dee@mail.example")
    swede.address = "192.0.2.202"
    sign_up(swede, mails, "eve", reason="Hej igen")
    page = admin.get("/admin/sign-ups")
    number = dict(next(form for form in page.forms if form.action.endswith("accept")).fields)["number"]
    sent = [("form_token", token_of(admin)), ("number", number)]
    empty = admin.post("/admin/sign-ups/reject", [*sent, ("text", "")])
    assert empty.status == 400
    assert "Give a reason" in empty.text
    admin.post("/admin/sign-ups/reject", [*sent, ("text", "We know nobody of you.")])
    mail = mails.mail_to("eve@mail.example")
    assert "We know nobody of you." in mail
    assert mail.startswith("Hej eve,")  # in the person's language
    assert acts(pod, "sign-up")[-1] == ("root", "eve", "waiting", "rejected", "We know nobody of you.")


def test_op_29_an_admin_asks_and_the_answer_comes_back(
    pod: ServedPod, admin: Browser, fresh: Browser, mails: PostOffice
) -> None:
    choose(admin, registration="approval")
    sign_up(fresh, mails, "fay", reason="Let me in")
    page = admin.get("/admin/sign-ups")
    number = dict(next(form for form in page.forms if form.action.endswith("accept")).fields)["number"]
    sent = [("form_token", token_of(admin)), ("number", number), ("text", "Who are you?")]
    assert "Asked, not answered yet" in admin.post("/admin/sign-ups/ask", sent).text
    mail = mails.mail_to("fay@mail.example")
    assert "Who are you?" in mail
    path = link_in(mail).removeprefix(pod.url)
    page = fresh.submit(fresh.get(path), path, text="")
    assert page.status == 400
    fresh.submit(page, path, text="The miller's daughter")
    assert fresh.get(path).status == 410
    again = admin.get("/admin/sign-ups")
    assert "? Who are you?\n! The miller&#39;s daughter" in again.text
    assert any(form.action.endswith("accept") for form in again.forms)


def test_op_29_nobody_is_decided_about_without_a_word(admin: Browser, fresh: Browser, mails: PostOffice) -> None:
    choose(admin, registration="approval")
    sign_up(fresh, mails, "gus", reason="Hello")
    mails.post.refuse = {"DATA": "554 5.7.1 Looks like spam to us"}
    try:
        page = admin.get("/admin/sign-ups")
        numbers = [dict(form.fields).get("number") for form in page.forms if form.action.endswith("accept")]
        sent = [("form_token", token_of(admin)), ("number", str(numbers[-1])), ("text", "no")]
        assert admin.post("/admin/sign-ups/reject", sent).status == 502
    finally:
        mails.post.refuse = {}
    mails.post.got.clear()
    assert "gus@mail.example" in admin.get("/admin/sign-ups").text


# --- invitations


def test_op_30_an_invitation_for_two_lets_no_third_in(pod: ServedPod, admin: Browser, mails: PostOffice) -> None:
    choose(admin, registration="invite")
    page = admin.submit(admin.get("/admin/invites"), "/admin/invites", note="the choir", uses="2", days="3")
    (code,) = re.findall(r"invite=([a-z2-7]+)<", page.text)
    assert code not in admin.get("/admin/invites").text  # shown once
    assert code.encode() not in (pod.folder / "pod.sqlite").read_bytes()  # A5: kept nowhere
    assert code.encode() not in (pod.folder / "pod.sqlite-wal").read_bytes()
    for number, name in enumerate(("hal", "ida"), 1):
        words = sign_up(Browser(pod, address=f"198.51.100.{number}"), mails, name, invite=code)
        assert words.text.count("<li>") >= 24
    third = Browser(pod, address="198.51.100.3")
    page = third.submit(third.get(f"/sign-up?invite={code}"), "/sign-up", name="jo", mail="jo@mail.example")
    assert page.status == 400
    assert page.text.count("This invitation lets nobody in") == 2
    page = third.submit(third.get("/sign-up"), "/sign-up", name="jo", mail="jo@mail.example", invite="nonsense")
    assert page.status == 400
    shown = admin.get("/admin/invites").text
    assert "2 of 2 used" in shown
    assert "Came: hal, ida" in shown
    assert "By root" in shown


def test_op_30_two_who_come_at_once_by_an_invitation_for_one(pod: ServedPod, admin: Browser, mails: PostOffice) -> None:
    choose(admin, registration="invite")
    page = admin.submit(admin.get("/admin/invites"), "/admin/invites", note="one", uses="1")
    code = re.findall(r"invite=([a-z2-7]+)<", page.text)[0]
    pages = []
    for name in ("kim", "lea"):
        browser = Browser(pod, address=f"198.51.101.{next(NUMBERS)}")
        page = browser.get(f"/sign-up?invite={code}")
        pages.append((browser, browser.submit(page, "/sign-up", name=name, mail=f"{name}@mail.example"), name))
    answers = [
        browser.submit(page, "/sign-up/code", code=mails.code_to(f"{name}@mail.example"))
        for browser, page, name in pages
    ]
    assert [answer.status for answer in answers] == [200, 400]


def test_op_30_an_invitation_ends_by_time_and_by_hand_and_may_ask_for_approval(
    pod: ServedPod, admin: Browser, fresh: Browser, mails: PostOffice
) -> None:
    choose(admin, registration="invite")
    made = admin.get("/admin/invites")
    page = admin.submit(made, "/admin/invites", note="checked", days="1", uses="5", approval="true")
    code = re.findall(r"invite=([a-z2-7]+)<", page.text)[0]
    assert "Your request is waiting" in sign_up(fresh, mails, "max", invite=code).text
    late = Browser(pod, address="198.51.100.77")
    page = late.get(f"/sign-up?invite={code}")
    try:
        pod.set_clock(25 * 3600 * 1000)
        assert late.submit(page, "/sign-up", name="nat", mail="nat@mail.example").status == 400
    finally:
        pod.set_clock(0)
    admin.submit(admin.get("/admin/invites"), "/invites/revoke")
    assert late.submit(page, "/sign-up", name="nat", mail="nat@mail.example").status == 400
    assert acts(pod, "invite")[-1][3] == "taken back"
    assert admin.submit(made, "/admin/invites", uses="0").status == 400
