"""A file of an account is sent to a pod by a browser without scripts; the recovery kit is made and opens offline."""

from __future__ import annotations

import json
import re

import pytest

from models.moving.imported_files import FILE_COPIES
from models.pod.settings import Registration, Settings, save_settings
from pod.deps import Deps
from tests.pod.archive.test_hostile_archives import flipped, made
from tests.support.browsing import Browser, Seen
from tests.support.rig import ServedPod, eventually
from tests.support.shell import settle

pytestmark = pytest.mark.slow
PAGE = "/move/file"
EDGE = "-----an-edge-of-parts"


@pytest.fixture(scope="module")
def here(pod: ServedPod) -> ServedPod:
    settle(pod, "ada")
    pod.start()
    return pod


def sent(browser: Browser, whole: bytes, *, token: str = "", **more: str) -> Seen:
    """What a browser sends, and the page that it gets."""
    page = browser.get(PAGE)
    form = next(form for form in page.forms if form.action == PAGE)
    fields = {**dict(form.fields), **({"form_token": token} if token else {}), **more}
    parts = [
        f'--{EDGE}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
        if name != "file"
    ]
    head = f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; filename="ada.zip"\r\n\r\n'.encode()
    body = b"".join(parts) + head + whole + f"\r\n--{EDGE}--\r\n".encode()
    return browser._open(PAGE, body, {"Content-Type": f"multipart/form-data; boundary={EDGE}"})


def came_to(browser: Browser, words: str) -> Seen:
    def page() -> Seen | None:
        seen = browser.get(PAGE)
        return seen if words in seen.text else None

    found: Seen = eventually(page)
    return found


async def copies(deps: Deps) -> int:
    async with deps.store.database.read() as session:
        return len((await session.execute(FILE_COPIES.select())).all())


def test_a_whole_file_becomes_a_copy_and_a_spoiled_one_is_named(here: ServedPod) -> None:
    spoiled = Browser(here)
    assert sent(spoiled, flipped("classes/records.jsonl")).status == 200
    came_to(spoiled, "classes/records.jsonl is damaged")
    assert here.act(copies) == 0

    browser = Browser(here)
    assert sent(browser, made().whole).path == PAGE
    page = came_to(browser, "Your file is whole")
    assert 'href="/recover"' in page.text
    drafts = browser.get("/move/without-words").text
    assert len(re.findall("<textarea[^>]* readonly>", drafts)) == 1, "the one group that the file names"
    assert re.search(r"Please send me a new invitation to this group: http\S+/g/bagaaiera\w+", drafts)
    assert "readonly" not in Browser(here).get("/move/without-words").text, "only the browser that sent it is told"
    assert here.act(copies) == 1
    assert not list((here.folder / "uploads").iterdir()), "nothing that was read stays"
    assert "Your file is whole" not in Browser(here).get(PAGE).text, "only the browser that sent it is told"


def test_who_could_not_sign_up_sends_nothing_and_neither_does_a_forged_form(here: ServedPod) -> None:
    def registers(mode: Registration) -> None:
        async def act(deps: Deps) -> None:
            chosen = Settings(registration=mode)
            await deps.store.write(lambda session: save_settings(session, chosen, now=deps.clock()))

        here.act(act)

    assert sent(Browser(here), made().whole, token="forged").status == 403
    registers("invite")
    browser = Browser(here)
    assert sent(browser, made().whole, invite="none").status == 400
    registers("open")
    assert sent(browser, made().whole).status == 200


def test_mg_15_a_kit_opens_offline_tells_groups_and_no_words_and_ends_the_nagging(here: ServedPod) -> None:
    browser = Browser(here).sign_in("ada")
    assert "You have no kit of the last month." in browser.get("/settings/kit").text

    kit = browser.press(browser.get("/settings/kit"), "Make it")

    told = json.loads(re.findall(r'<script type="application/json" id="kit">(.*)</script>', kit.text)[0])
    assert told["name"] == "ada"
    assert set(told) == {"name", "pod", "personal_group", "at", "groups", "second_homes"}
    assert "http-equiv" in kit.text
    assert not re.findall(r"(?:src|href)=", kit.text), "it asks no server"
    assert "You have no kit of the last month." not in browser.get("/settings/kit").text


def test_mg_15_a_kit_that_is_sent_shows_its_groups_and_which_of_their_servers_answer(here: ServedPod) -> None:
    bo = settle(here, "bo")
    bo.post("/api/v1/groups", {"name": "Choir & <b>", "weight": 3000, "visibility": "private"})
    made = Browser(here).sign_in("bo")
    made.submit(made.get("/settings/kit"), "/settings/kit")
    kit = made.press(made.get("/settings/kit"), "Make it").text
    dead = kit.replace(here.url, "http://127.0.0.9").replace('"second_homes":[]', f'"second_homes":["{here.url}"]')
    browser = Browser(here)

    page = browser.upload(browser.get(PAGE), PAGE, "bo-kit.html", dead.encode())

    assert page.status == 200
    assert "This file says that it is of @bo at 127.0.0.9" in page.text
    assert "Choir &amp; &lt;b&gt;" in page.text, "from the kit: strangers learn no name of a private group here"
    assert "127.0.0.9 doesn&#39;t answer." in page.text
    assert "move from there" not in page.text
    assert f"<strong>{here.url.removeprefix('http://')}</strong>" in page.text, "nobody signed it, so it is no link"
    assert f'href="{here.url}/recover"' not in page.text
    (lines,) = [dict(form.fields)["groups"] for form in page.forms if form.action == "/recover"]
    assert re.search(r"^bagaaiera\w+ http://127.0.0.9 1$", lines, re.MULTILINE), "the private group, with its key"
    assert "I was @bo@127.0.0.9 in your group." in page.text
    assert "Your file is being read" not in browser.get(PAGE).text, "nothing of it is kept"


@pytest.mark.parametrize("text", ["", "<p>no kit</p>", '<script type="application/json" id="kit">{}</script>'])
def test_mg_15_what_is_no_kit_is_refused(here: ServedPod, text: str) -> None:
    browser = Browser(here)
    page = browser.upload(browser.get(PAGE), PAGE, "kit.html", text.encode())
    assert (page.status, "This file is no recovery kit" in page.text) == (400, True)
