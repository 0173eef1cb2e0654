"""Bring things from elsewhere, as people do it: a file is uploaded, looked at, begun, and its bad rows come back."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from tests.support import foreign_files as files
from tests.support.browsing import Browser, Seen
from tests.support.foreign_files import note, outbox
from tests.support.post_office import PostOffice
from tests.support.rig import Person, ServedPod, eventually
from tests.support.shell import settle

pytestmark = pytest.mark.slow
PAGE = "/settings/import"


@pytest.fixture(scope="module")
def bo(pod: ServedPod, mails: PostOffice) -> Iterator[Person]:
    assert mails
    yield settle(pod, "bo")
    assert "Traceback" not in pod.folder.with_suffix(".log").read_text(errors="replace")


def brought(browser: Browser, name: str, content: bytes) -> Seen:
    return browser.upload(browser.get(PAGE), PAGE, name, content)


def ended(browser: Browser) -> Seen:
    """The page, once the job is done."""

    def page() -> Seen | None:
        seen = browser.get(PAGE)
        return None if "Look again" in seen.text else seen

    found: Seen = eventually(page)
    return found


def test_mg_07_09_10_a_list_is_looked_at_worked_through_and_its_bad_row_comes_back(
    pod: ServedPod, bo: Person, mails: PostOffice
) -> None:
    settle(pod, "cilla")
    browser = Browser(pod).sign_in("cilla")
    host = pod.url.partition("://")[2]
    rows = f"Account address,Show boosts\nbo@{host},true\nspam,true\n".encode()

    shown = brought(browser, "muted_accounts.csv", rows)
    assert (shown.status, shown.path) == (200, PAGE)
    assert "holds what stands in following_accounts.csv" in shown.text
    assert "1 row isn&#39;t taken." in shown.text
    assert "Row 3: “spam” isn" in shown.text
    unsaid = browser.submit(shown, "/begin", way="replace")
    assert unsaid.status == 400
    assert "Confirm that" in unsaid.text
    going = browser.submit(browser.get(PAGE), "/begin")
    assert going.status == 200
    page = ended(browser)
    failed = browser.get(f"{PAGE}/failed")

    assert "1 of 2 taken." in page.text
    head, row, end = failed.text.split("\r\n")
    assert head == "\ufeffAccount address,Show boosts,Notify on new posts,Languages,reason"
    assert (row, end) == ("spam,true,,,“spam” isn't an address such as name@server.example.", "")
    assert failed.headers["Content-Disposition"] == 'attachment; filename="failed-following.csv"'
    assert bo.account["personal_group"] in browser.get("/follows").text
    told = eventually(lambda: [mail for mail in mails.post.mails() if "Your import" in str(mail["Subject"])])
    assert len(told) == 1
    assert browser.submit(browser.get(PAGE), "/drop").path == PAGE
    assert browser.get(f"{PAGE}/failed").status == 410


def test_mg_11_an_uploaded_outbox_becomes_posts_of_ones_own_space(pod: ServedPod, bo: Person) -> None:
    browser = Browser(pod).sign_in("bo")
    shown = brought(browser, "outbox.json", outbox(note(1, "<p>Quack</p>"), note(2, to=[files.FOLLOWERS], cc=[])))
    assert re.search(r"Public posts</dt>\s*<dd>1<", shown.text)
    browser.submit(shown, "/begin")
    page = ended(browser)
    own = bo.account["personal_group"]

    assert "Posts written: 1. Here before: 0." in page.text
    assert [post["imported"]["url"] for post in bo.get(f"/api/v1/groups/{own}/posts")["posts"]] == [
        "https://old.example/@anna/1"
    ]


@pytest.mark.usefixtures("bo")
def test_mg_10_an_unsure_list_is_asked_about_and_swedish_is_told_in_swedish(pod: ServedPod) -> None:
    browser = Browser(pod, "sv").sign_in("bo")
    unsure = brought(browser, "x.csv", b"anna@pond.example\n")
    shown = browser.submit(unsure, "/kind", kind="blocks")
    assert "Personer som du blockerade" in shown.text


@pytest.mark.usefixtures("bo")
def test_what_no_browser_of_ours_sends_is_refused_and_leaves_no_file(pod: ServedPod) -> None:
    browser = Browser(pod).sign_in("bo")
    folder = pod.folder / "imports"
    before = sorted(folder.iterdir())
    page = browser.get(PAGE)
    assert browser.upload(page, PAGE, "x.png", b"\x89PNG\r\n\x1a\n\0\0").status == 400
    assert browser.upload(page, PAGE, "", b"a@b.example").status == 400
    kind = {"Content-Type": "multipart/form-data; boundary=x9x"}
    bodies = (
        b"",
        b"--x9x\r\n",
        b'--x9x\r\nContent-Disposition: form-data; name="form_token"\r\n\r\nwrong\r\n--x9x--\r\n',
        b'--x9x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--x9x--\r\n',
        b"--y\r\n" * 1000,
    )
    assert {browser._open(PAGE, body, kind).status for body in bodies} <= {400, 403}
    assert browser.post(PAGE, [("a", "b")]).status == 400
    assert Browser(pod).upload(page, PAGE, "x.csv", b"a@b.example").status == 401
    assert sorted(folder.iterdir()) == before
    with socket.create_connection((pod.host, int(pod.door.rpartition(":")[2])), timeout=20) as wire:
        cookies = "; ".join(f"{one.name}={one.value}" for one in browser.cookies)
        head = f"POST {PAGE} HTTP/1.1\r\nHost: {pod.url.partition('://')[2]}\r\nCookie: {cookies}\r\n"
        wire.sendall(f"{head}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {2**30}\r\n\r\n".encode())
        assert wire.recv(99).startswith(b"HTTP/1.1 413")
    assert sorted(folder.iterdir()) == before
