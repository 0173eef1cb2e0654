"""A person's account is copied from pod to pod by their pages, through kills of either pod, and nobody sees it."""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import urlsplit

import pytest

from models.moving.moves import MOVES
from models.people.accounts import load_account_named
from pod.actions.fediverse.actors import POD, actor_keys
from pod.actions.moving.copy_classes import class_total
from pod.actions.moving.taken_copies import kept_total
from pod.deps import Deps
from protocol.copies import CLASSES, ClassTotal
from tests.support.browsing import Browser
from tests.support.rig import RefusedByHttpError, ServedPod, call, eventually
from tests.support.shell import settle

pytestmark = pytest.mark.slow


async def totals_there(deps: Deps) -> dict[str, ClassTotal]:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, "ada")
        assert account is not None
        return {name: await class_total(session, deps, account, name) for name in CLASSES}


async def totals_here(deps: Deps) -> dict[str, ClassTotal]:
    async with deps.store.database.read() as session:
        copy = await session.scalar(MOVES.select().with_only_columns(MOVES.c.copy_id))
        assert copy is not None
        return {name: await kept_total(session, copy, name) for name in CLASSES}


def granted(browser: Browser, old: ServedPod, new: ServedPod) -> None:
    """Ada, signed in at the old pod, comes back to the new one with its permission."""
    browser.pod = new
    found = browser.submit(browser.get("/move"), "/move", account=f"{old.url}/@ada")
    asked = browser.submit(found, "/move/ask")
    there = re.search(r'href="(http[^"]+/move/consent/[^"]+)"', asked.text)
    assert there, asked.text
    page = urlsplit(there[1]).path
    browser.pod = old
    back = browser.submit(browser.get(page), page, host=new.url.partition("://")[2])
    assert back.path.startswith("/move/journey"), back.text
    browser.pod = new


def test_mg_05_a_copy_goes_on_through_kills_of_either_pod_and_shows_nothing_before_the_switch(
    pods: list[ServedPod],
) -> None:
    old, new = pods
    ada = settle(old, "ada")
    for pod in pods:
        pod.act(lambda deps: actor_keys(deps, POD))
        pod.start()
    own = ada.account["personal_group"]
    for number in range(20):
        words = [{"style": "text", "text": f"The well has {number} buckets."}]
        ada.post(f"/api/v1/groups/{own}/posts", {"kind": "note", "paragraphs": words})
    browser = Browser(old).sign_in("ada")
    granted(browser, old, new)
    planned = eventually(lambda: page if "/move/start" in (page := browser.get("/move/journey")).text else None)
    old.kill()
    browser.submit(planned, "/move/start", name="ada")
    eventually(lambda: "tries again by itself" in browser.get("/move/journey").text)
    new.kill()
    old.start()
    new.start()
    eventually(lambda: "The copy is whole" in browser.get("/move/journey").text, seen=partial(seen, browser))
    there = eventually(lambda: same if (same := old.act(totals_there)) == new.act(totals_here) else None)
    assert there["personal"].count > 20
    for path in (
        "/@ada",
        "/u/ada",
        f"/groups/{own}/chain?from=0",
        f"/.well-known/webfinger?resource=acct:ada@{new.host}:8080",
    ):
        with pytest.raises(RefusedByHttpError) as nobody:
            call("GET", new.url + path)
        assert nobody.value.status == 404, path
    assert "buckets" not in browser.get("/search?q=well").text


def seen(browser: Browser) -> str:
    return browser.get("/move/journey").text.partition("<main")[2]
