"""A pod is gone for good. A file of the account and the 24 words bring it back at another one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from models.people.accounts import load_account_named
from pod.actions.moving.returned_copies import ReturnedCopy, outcome_of
from pod.deps import Deps
from tests.support.chromium_visitor import ChromiumVisitor, Look
from tests.support.moved import Traces, check_all_came, chooses_language, public_at, said_in_file
from tests.support.people import agreed, anew, joined
from tests.support.rig import Person, ServedPod, eventually

pytestmark = pytest.mark.slow

PODS = 3
LOOKS = ("en-plain",)
NOTE: dict[str, Any] = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is dry."}]}


def posts(person: Person, group: str) -> set[str]:
    return {entry["post"] for entry in person.get(f"/api/v1/groups/{group}/posts")["posts"]}


def members(person: Person, group: str) -> list[tuple[int, int]]:
    return [(one["number"], one["weight"]) for one in person.get(f"/api/v1/groups/{group}")["members"]]


def standings(person: Person) -> dict[str, tuple[str, int]]:
    return {one["group"]: (one["state"], one["number"]) for one in person.get("/api/v1/me")["memberships"]}


async def given_back(deps: Deps) -> ReturnedCopy | None:
    """What the copy gave to the account, once it has."""
    async with deps.store.database.read() as session:
        account = await load_account_named(session, "ada")
    return await outcome_of(deps, account) if account is not None else None


def settled(person: Person, group: str) -> bool:
    seen = person.get(f"/api/v1/groups/{group}")
    waits = person.get(f"/groups/{group}/pending?from=0")["records"]
    return not waits and seen["settled_height"] == seen["height"] and seen["log"]["held"] == seen["log"]["size"]


def test_mg_13_a_file_and_the_words_bring_an_account_back_from_a_dead_pod(
    pods: list[ServedPod], look: Look, visitor: Callable[[ServedPod], ChromiumVisitor]
) -> None:
    alpha, beta, gamma = pods
    ada, bo = alpha.sign_up("ada"), gamma.sign_up("bo")
    for pod in pods:
        pod.start()
    own = ada.account["personal_group"]
    parish = bo.post("/api/v1/groups", {"name": "Parish", "weight": 3000})["group"]
    assert joined(bo, parish, ada, 2000) == 2
    mine = {ada.post(f"/api/v1/groups/{own}/posts", NOTE)["record"] for _ in range(3)}
    said = ada.post(f"/api/v1/groups/{parish}/posts", NOTE)["record"]
    eventually(lambda: settled(ada, own) and settled(ada, parish) and agreed(parish, ada, bo))
    before = members(bo, parish)

    chooses_language(alpha, "ada", look.language)
    file = alpha.folder.parent / "ada.zip"
    alpha.run("user", "export", "ada", "--out", str(file))
    alpha.kill()
    told = [json.loads(gamma.run("user", "import", str(file), "--as", "ada", "--json")) for _ in range(2)]
    counts = [one["classes"] for one in told]
    assert counts[0] == counts[1]
    assert told[0]["page"] == f"{gamma.url}/recover?name=ada"
    assert counts[0]["personal"] > len(mine)

    browser = visitor(beta)
    browser.upload(browser.get("/move/file"), "/move/file", "ada.zip", file.read_bytes())
    whole = browser.awaits("/move/file", "Your file is whole")
    assert public_at(beta, Traces({own: sorted(mine)}, ["ada"], ["The well is dry."])) == []

    words = browser.follow(whole, "/recover")
    home = browser.submit(words, "/recover", phrase=ada.account["phrase"], name="ada")
    assert browser.says(home, "This pod is your home now")
    assert not browser.says(home, "Not reached")

    again = anew(ada, beta)
    assert posts(again, own) == mine, "nobody but the file had them"
    eventually(lambda: standings(again) == {own: ("member", 1), parish: ("member", 2)})
    eventually(lambda: members(again, parish) == before and agreed(parish, again, bo))
    assert said in posts(again, parish)
    returned = eventually(lambda: beta.act(given_back))
    assert (returned.records.lost, returned.failed) == (0, 0)
    check_all_came(beta, "ada", said_in_file(file), alone=True)
    new = again.post(f"/api/v1/groups/{parish}/posts", NOTE)["record"]
    eventually(lambda: new in posts(bo, parish))
