"""Those who run the pod: nobody else gets in, whatever they do is written down, and the list of what is to do ticks."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from contextlib import closing
from itertools import count

import pytest

from federation.delivery import kept_error
from federation.errors import Sentences
from tests.support.browsing import Browser, Seen
from tests.support.post_office import PostOffice
from tests.support.rig import Person, ServedPod
from tests.support.shell import settle

PAGES = (
    "",
    "/settings",
    "/people",
    "/sign-ups",
    "/invites",
    "/floor",
    "/floor/x",
    "/hosts",
    "/hosts/x.example",
    "/blocks",
    "/moves",
    "/mail",
    "/audit",
    "/audit.csv",
)
FORMS = (
    *("/looks", "/settings", "/people/role", "/people/access", "/sign-ups/accept", "/sign-ups/reject"),
    *(
        "/sign-ups/ask",
        "/invites",
        "/invites/revoke",
        "/floor",
        "/floor/x/choose",
        "/floor/x/remove",
        "/hosts/x.example/retry",
        "/blocks",
        "/blocks/end",
        "/moves/rerun",
        "/mail/test",
    ),
)
NUMBERS = count(1)


def choose(admin: Browser, **chosen: str) -> Seen:
    return admin.submit(admin.get("/admin/settings"), "/admin/settings", **chosen)


def acts(pod: ServedPod, what: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(pod.folder / "pod.sqlite")) as database:
        found = database.execute(
            "SELECT who, subject, before, after, why FROM audit WHERE act = ? ORDER BY id", (what,)
        )
        return found.fetchall()


def token_of(browser: Browser) -> str:
    return dict(browser.get("/language").forms[0].fields)["form_token"]


# --- who may be here


@pytest.mark.parametrize("page", PAGES)
def test_ax_10_the_pages_of_admins_are_closed_to_others(pod: ServedPod, mails: PostOffice, page: str) -> None:
    assert mails
    refused = Browser(pod).sign_in("ada").get(f"/admin{page}")
    assert refused.status == 403
    assert "for those who run the pod" in refused.text
    assert Browser(pod).get(f"/admin{page}").path.startswith("/sign-in?to=/admin")


@pytest.mark.parametrize("form", FORMS)
def test_ax_10_the_forms_of_admins_are_closed_to_others(pod: ServedPod, mails: PostOffice, form: str) -> None:
    assert mails
    ada = Browser(pod).sign_in("ada")
    refused = ada.post(f"/admin{form}", [("form_token", token_of(ada)), ("name", "ada"), ("to", "admin")])
    assert refused.status == 403
    assert "for those who run the pod" in refused.text


# --- the list of what is to do


def ticks(page: Seen) -> dict[str, bool]:
    found = re.findall(r'<li class="(done|todo)">\s*<div><strong>([^<]+)</strong>', page.text)
    return {name: state == "done" for state, name in found}


def test_op_02_the_list_of_what_is_to_do_ticks_itself(pod: ServedPod, admin: Browser, mails: PostOffice) -> None:
    before = ticks(admin.get("/admin"))
    assert len(before) == 10
    assert not any(before[name] for name in ("Its name leads here", "Its inbox takes deliveries", "A second admin"))
    looked = admin.submit(admin.get("/admin"), "/admin/looks")
    after = ticks(looked)
    outside = ("Its name leads here", "Its certificate holds", "People are found", "Its inbox takes deliveries")
    assert all(after[name] for name in outside), looked.text
    assert "told in English" not in looked.text
    assert "Vad kontrollerna fann står på engelska." in Browser(pod, "sv").sign_in("root").get("/admin").text
    admin.submit(admin.get("/admin/mail"), "/mail/test", mail="root@mail.example")
    mails.mail_to("root@mail.example")
    choose(admin, contact="Root, Brunnsgatan 1", terms="Var snäll.")
    pod.run("user", "promote", "ada")
    pod.run("backup", "create")
    Person(pod, {"token": act_token(pod)}).post("/api/v1/groups", {"name": "First"})
    assert all(ticks(admin.get("/admin")).values())
    admin.submit(admin.get("/admin/people?q=ada"), "/people/role", why="only for the test")
    assert not ticks(admin.get("/admin"))["A second admin"]


def act_token(pod: ServedPod) -> str:
    return settle(pod, f"founder{next(NUMBERS)}").account["token"]


# --- the audit


def test_op_36_a_changed_setting_stands_in_the_audit_with_before_after_and_why(pod: ServedPod, admin: Browser) -> None:
    choose(admin, name="Before", why="")
    choose(admin, name="Nedre Brunn", description="=HYPERLINK(1)", why="The <b>name</b> was wrong")
    assert acts(pod, "setting")[-2:] == [
        ("root", "name", "Before", "Nedre Brunn", "The <b>name</b> was wrong"),
        ("root", "description", "", "=HYPERLINK(1)", "The <b>name</b> was wrong"),
    ]
    page = admin.get("/admin/audit")
    assert "The &lt;b&gt;name&lt;/b&gt; was wrong" in page.text
    table = list(csv.DictReader(io.StringIO(admin.get("/admin/audit.csv?act=setting").text)))
    assert table[0]["after"] == "'=HYPERLINK(1)"  # no spreadsheet takes it for a formula
    assert {row["act"] for row in table} == {"setting"}
    assert admin.get("/admin/audit.csv").headers["Content-Type"].startswith("text/csv")


def test_op_36_the_audit_is_filtered_and_paged(pod: ServedPod, admin: Browser) -> None:
    for number in range(51):
        act_audit(pod, f"robot{number}")
    page = admin.get("/admin/audit?act=retry&who=robot7")
    assert page.text.count('<tr><th scope="row">') == 1
    page = admin.get("/admin/audit?act=retry")
    assert page.text.count('<tr><th scope="row">') == 50
    (older,) = re.findall(r'rel="next" href="([^"]+)"', page.text)
    assert "robot0<" in admin.get(older.replace("&amp;", "&")).text


def act_audit(pod: ServedPod, who: str) -> None:
    with closing(sqlite3.connect(pod.folder / "pod.sqlite", timeout=20)) as database:
        database.execute(
            "INSERT INTO audit (at, who, act, subject, before, after, why) VALUES (1, ?, 'retry', '', '', '', '')",
            (who,),
        )
        database.commit()


def test_op_36_roles_and_access_are_written_down_and_the_last_admin_stays(pod: ServedPod, admin: Browser) -> None:
    settle(pod, "bo")
    theirs = Browser(pod).sign_in("bo")
    page = admin.submit(admin.get("/admin/people?q=bo"), "/people/access", why="spam")
    assert "disabled" in page.text
    assert theirs.get("/settings").path.startswith("/sign-in")
    admin.submit(page, "/people/access", why="a mistake")
    assert acts(pod, "access") == [
        ("root", "bo", "enabled", "disabled", "spam"),
        ("root", "bo", "disabled", "enabled", "a mistake"),
    ]
    refused = admin.submit(admin.get("/admin/people?q=root"), "/people/role")
    assert refused.status == 400
    assert "The last admin stays" in refused.text
    refused = admin.submit(admin.get("/admin/people?q=root"), "/people/access")
    assert refused.status == 400
    assert ("command line", "root", "person", "admin", "") in acts(pod, "role")


def test_ax_10_roles_change_only_after_a_fresh_proof(pod: ServedPod, admin: Browser) -> None:
    page = admin.get("/admin/people?q=ada")
    try:
        pod.set_clock(16 * 60_000)
        assert admin.submit(page, "/people/role").path == "/settings/confirm?to=/admin/people"
        assert admin.submit(page, "/people/access").path == "/settings/confirm?to=/admin/people"
    finally:
        pod.set_clock(0)
    assert ("root", "ada", "enabled", "disabled", "") not in acts(pod, "access")


def test_people_are_found_by_name_and_address(admin: Browser) -> None:
    assert mails_of(admin.get("/admin/people?q=ADA@MAIL")) == ["ada@mail.example"]
    assert mails_of(admin.get("/admin/people?q=%25")) == []  # a wild card is no wild card
    assert "Nobody has this name." in admin.get("/admin/people?q=%25").text


def mails_of(page: Seen) -> list[str]:
    return re.findall(r'<p class="aside">(\S+@\S+)</p>', page.text)


# --- mail and hosts


def test_op_23_the_page_shows_the_mail_servers_words_verbatim(admin: Browser, mails: PostOffice) -> None:
    mails.post.refuse = {"RCPT": "550 5.1.1 No <such> user here"}
    try:
        page = admin.submit(admin.get("/admin/mail"), "/mail/test", mail="nobody@mail.example")
    finally:
        mails.post.refuse = {}
    assert "550 5.1.1 No &lt;such&gt; user here" in page.text
    assert 'role="alert"' in page.text
    mails.post.got.clear()
    page = admin.submit(page, "/mail/test", mail="root@mail.example")
    assert "2.0.0 queued as 4711" in page.text
    assert "SPF, DKIM and DMARC" in page.text
    assert "can send mail" in mails.mail_to("root@mail.example")
    listed = admin.get("/admin/mail").text
    assert "550 5.1.1 No &lt;such&gt; user here" in listed
    assert mails.host in listed


def test_op_23_a_password_is_never_shown(pod: ServedPod, admin: Browser, mails: PostOffice) -> None:
    config = pod.folder / "pod.toml"
    before = config.read_text()
    config.write_text(before.replace("[mail]\n", '[mail]\npassword = "hunter22"\n', 1))
    pod.kill()
    pod.start()
    try:
        page = admin.get("/admin/mail").text
        assert "hunter22" not in page
        assert "••••" in page
    finally:
        config.write_text(before)
        pod.kill()
        pod.start()
    assert mails


def test_hosts_that_fail_are_seen_and_tried_again(pod: ServedPod, admin: Browser) -> None:
    with closing(sqlite3.connect(pod.folder / "pod.sqlite", timeout=20)) as database:
        database.execute(
            "INSERT INTO hosts (host, next_at, attempts, first_failed_at, last_error) VALUES"
            " ('far.example', 9000000000000, 3, 1, ?)",
            (kept_error(Sentences("It answered <nothing>", "Den svarade <ingenting>")),),
        )
        database.execute("INSERT INTO hosts (host, last_succeeded_at) VALUES ('well.example', 5)")
        database.commit()
    page = admin.get("/admin/hosts").text
    assert page.index("far.example") < page.index("well.example")
    assert "It answered &lt;nothing&gt;" in page
    swede = Browser(pod, "sv").sign_in("root")
    for path in ("/admin/hosts", "/admin/hosts/far.example"):
        assert "Den svarade &lt;ingenting&gt;" in swede.get(path).text
        assert "It answered" not in swede.get(path).text
    detail = admin.get("/admin/hosts/far.example")
    assert "failing" in detail.text
    assert "It is tried now." in admin.submit(detail, "/retry").text
    assert ("root", "far.example", "", "", "") in acts(pod, "retry")
    assert admin.get("/admin/hosts/never.example").status == 404


def test_ax_06_the_pages_of_admins_are_swedish_for_swedes(pod: ServedPod, mails: PostOffice) -> None:
    assert mails
    swede = Browser(pod, "sv").sign_in("root")
    for page in PAGES[:-1]:
        seen = swede.get(f"/admin{page}")
        assert '<html lang="sv">' in seen.text, page
        assert seen.text.count("<h1>") == 1, page
