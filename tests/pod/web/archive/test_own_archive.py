"""Take everything with you, as people do it: asked for after a proof, made beside everything else, for them alone."""

from __future__ import annotations

import io
import re
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from pod.archive.opened import check_archive
from tests.support.archives import Archive
from tests.support.browsing import Browser, Seen, session_secret
from tests.support.post_office import PostOffice
from tests.support.rig import Person, ServedPod, eventually
from tests.support.shell import settle

pytestmark = pytest.mark.slow

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
PAGE = "/settings/archive"
FILE = f"{PAGE}/file"


@pytest.fixture(autouse=True)
def clock(pod: ServedPod) -> Iterator[None]:
    yield
    pod.set_clock(0)


def writer(pod: ServedPod, name: str, text: str) -> tuple[Person, str, str]:
    """Somebody with a post: its group and id."""
    person = settle(pod, name)
    group = person.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
    post = {"kind": "note", "paragraphs": [{"style": "text", "text": text}]}
    return person, group, person.post(f"/api/v1/groups/{group}/posts", post)["record"]


def asked(browser: Browser, **typed: str) -> Seen:
    return browser.submit(browser.get(PAGE), PAGE, **typed)


def ready(browser: Browser) -> Seen:
    """The page, once it offers the file."""

    def page() -> Seen | None:
        seen = browser.get(PAGE)
        return seen if f'href="{FILE}"' in seen.text else None

    found: Seen = eventually(page)
    return found


def loaded(pod: ServedPod, name: str) -> tuple[int, bytes, str]:
    """What a new session of somebody gets at the file's address: status, bytes, where it ended."""
    secret, cookie = session_secret(pod, name)
    request = urllib.request.Request(pod.door + FILE, headers={"Cookie": f"{cookie}={secret}", "Accept": "text/html"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.zip"'
            return answer.status, answer.read(), answer.url
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.url


def files(pod: ServedPod) -> list[str]:
    folder = pod.folder / "archives"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_mg_16_somebody_takes_their_account_along_and_nobody_else_gets_it(pod: ServedPod, mails: PostOffice) -> None:
    writer(pod, "taker", "The well is dry.")
    browser = Browser(pod).sign_in("taker")
    before = len(mails.post.mails())

    page = asked(browser)
    assert page.path == PAGE
    seen = ready(browser)

    status, whole, _ = loaded(pod, "taker")
    check_archive(io.BytesIO(whole))
    readme = Archive(whole, [], 0).text("README.html")
    assert (status, "The well is dry." in readme, "All that" in readme) == (200, True, True)
    assert re.search(r"0\.\d MiB", seen.text)
    eventually(lambda: len(mails.post.mails()) > before)
    (mail,) = [one for one in mails.post.mails()[before:] if one["To"] == "taker@mail.example"]
    letter = mail.get_payload(decode=True)
    assert isinstance(letter, bytes)
    assert re.findall(r"http\S+", letter.decode()) == [f"{pod.url}{PAGE}"]
    stranger = Browser(pod).get(FILE)
    assert stranger.path.startswith("/sign-in")
    assert loaded(pod, "root")[0] == 410
    pod.set_clock(16 * MINUTE)
    assert browser.get(FILE).path.startswith("/settings/confirm")
    assert asked(browser).path.startswith("/settings/confirm")
    pod.set_clock(7 * DAY + MINUTE)
    assert loaded(pod, "taker")[0] == 410
    eventually(lambda: files(pod) == [])


def test_mg_16_one_is_made_now_and_then_and_the_page_says_when_again(pod: ServedPod, mails: PostOffice) -> None:
    assert mails
    writer(pod, "greedy", "More.")
    browser = Browser(pod).sign_in("greedy")
    for _ in range(2):
        asked(browser)
        ready(browser)

    refused = asked(browser, private="true")

    assert refused.status == 429
    assert 'value="true" checked' in refused.text


def test_an_archive_goes_as_soon_as_its_person_erases_something(pod: ServedPod, mails: PostOffice) -> None:
    assert mails
    person, group, post = writer(pod, "sorry", "Erased amaranth.")
    browser = Browser(pod).sign_in("sorry")
    asked(browser)
    ready(browser)

    person.post(f"/api/v1/groups/{group}/records", {"type": "Erase", "records": [post]})

    assert loaded(pod, "sorry")[0] == 410
    assert f'href="{FILE}"' not in browser.get(PAGE).text
    asked(browser)
    ready(browser)
    made = Archive(loaded(pod, "sorry")[1], [], 0)
    assert not any("amaranth" in made.text(name) for name in made.names)
