"""Where somebody comes from is looked up: what can be copied from there, and who may come here at all."""

from __future__ import annotations

from typing import Any

import pytest

from models.pod.settings import Registration, Settings, save_settings
from pod.deps import Deps
from tests.support.browsing import Browser, Seen
from tests.support.peer import PORT, Peer, serving
from tests.support.rig import ServedPod


class OtherSoftware(Peer):
    """A server that knows alice, by WebFinger and as an actor, and isn't a pod."""

    def documents(self) -> dict[str, dict[str, Any]]:
        handle = f"alice@{self.host}:{PORT}"
        links = [{"rel": "self", "type": "application/activity+json", "href": f"{self.url}/users/alice"}]
        found = {"subject": f"acct:{handle}", "links": links}
        return {f"/.well-known/webfinger?resource=acct:alice@{self.host}:{PORT}": found}


@pytest.fixture(scope="module")
def here(pod: ServedPod) -> ServedPod:
    pod.sign_up("ada")
    pod.start()
    return pod


def looked_up(pod: ServedPod, account: str) -> Seen:
    browser = Browser(pod)
    return browser.submit(browser.get("/move"), "/move", account=account)


def registers(pod: ServedPod, mode: Registration) -> None:
    async def act(deps: Deps) -> None:
        chosen = Settings(registration=mode)
        await deps.store.write(lambda session: save_settings(session, chosen, now=deps.clock()))

    pod.act(act)


def test_a_server_that_doesnt_answer_is_told_to_be_gone_and_the_words_are_named(here: ServedPod) -> None:
    page = looked_up(here, f"@ada@{here.host.rpartition('.')[0]}.200:8080")
    assert (page.status, page.path) == (200, "/move/journey")
    assert "doesn&#39;t answer" in page.text
    assert 'href="/recover"' in page.text


def test_from_other_software_only_files_can_come(here: ServedPod) -> None:
    with serving(OtherSoftware(f"{here.host.rpartition('.')[0]}.201", f"{here.url}/inbox")) as server:
        page = looked_up(here, f"@alice@{server.host}:{PORT}")
        assert "only files can come" in page.text
        assert not [form for form in page.forms if form.action == "/move/ask"]
        nobody = looked_up(here, f"@bob@{server.host}:{PORT}")
    assert (nobody.status, nobody.path) == (404, "/move")


def test_who_is_at_home_here_needs_no_move_and_what_names_nobody_is_kept_as_typed(here: ServedPod) -> None:
    assert "at home here already" in looked_up(here, "@ada@" + here.url.partition("://")[2]).text
    for typed in ("nobody", "bagaaiera" + "a" * 51 + "q"):
        page = looked_up(here, typed)
        assert page.status in {400, 404}
        assert ("account", typed) in next(form for form in page.forms if form.action == "/move").fields


def test_a_browser_in_which_no_move_began_sees_none(here: ServedPod) -> None:
    assert Browser(here).get("/move/journey").status == 404
    assert Browser(here).get("/move/return?state=a&code=b").status == 403


def test_mg_01_who_couldnt_sign_up_here_has_nothing_looked_up(here: ServedPod) -> None:
    gone = f"@ada@{here.host.rpartition('.')[0]}.200:8080"
    try:
        registers(here, "invite")
        assert (looked_up(here, gone).status, "Invitation" in looked_up(here, gone).text) == (400, True)
        browser = Browser(here)
        page = browser.get("/move")
        registers(here, "closed")
        assert browser.submit(page, "/move", account=gone).status == 403
        assert not [form for form in browser.get("/move").forms if form.action == "/move"]
    finally:
        registers(here, "open")
