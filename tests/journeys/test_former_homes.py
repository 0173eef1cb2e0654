"""Who moved away is at home elsewhere: the former home's account neither writes nor reads what is private any more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually

pytestmark = pytest.mark.slow

NOTE = {"kind": "note", "paragraphs": [{"style": "text", "text": "The key lies under the mat."}]}
LATER = {"kind": "note", "paragraphs": [{"style": "text", "text": "The mat lies elsewhere now."}]}


def membership(person: Person, group: str) -> Any:
    return next(one for one in person.get("/api/v1/me")["memberships"] if one["group"] == group)


def test_x7_after_moving_away_the_old_account_neither_writes_nor_reads_private_posts(pods: list[ServedPod]) -> None:
    old, new = pods
    ada, bo = old.sign_up("ada"), new.sign_up("bo")
    for pod in pods:
        pod.start()
    private, public = (
        bo.post("/api/v1/groups", {"name": name, "visibility": visibility, "weight": 3000})["group"]
        for name, visibility in (("Attic", "private"), ("Green", "public"))
    )
    for group in (private, public):
        assert joined(bo, group, ada, 1000) == 2
    secret = bo.post(f"/api/v1/groups/{private}/posts", NOTE)["record"]
    eventually(lambda: secret in str(ada.get(f"/api/v1/groups/{private}/posts")))
    browser = Browser(old).sign_in("ada")
    assert "under the mat" in browser.get(f"/g/{private}/posts/{secret}").text

    kit = {
        "name": "ada",
        "phrase": ada.account["phrase"],
        "groups": [
            {"group": private, "pod": new.url, "recovery": membership(ada, private)["recovery"]},
            {"group": public, "pod": new.url},
        ],
    }
    answer = call("POST", f"{new.door}/api/v1/recoveries", kit, seconds=60)
    again = Person(new, {**ada.account, "token": answer["token"]})
    eventually(lambda: membership(again, private)["state"] == "member" == membership(again, public)["state"])
    eventually(lambda: membership(ada, private)["state"] == "moved" == membership(ada, public)["state"])

    own = f"/api/v1/groups/{private}"
    writes: list[tuple[str, Any]] = [(f"/api/v1/groups/{group}/posts", NOTE) for group in (private, public)]
    writes += [(f"{own}/votes", {"target": {"post": secret}, "value": 1000})]
    writes += [(f"{own}/operations", {"do": "leave", "with": {}})]
    for path, body in writes:
        with pytest.raises(RefusedByHttpError) as refused:
            ada.post(path, body)
        assert refused.value.problem["code"] in ("moved_away", "unknown_group"), path
    later = bo.post(f"/api/v1/groups/{private}/posts", LATER)["record"]
    eventually(lambda: later in str(again.get(f"{own}/posts")))
    reads = [own, f"{own}/posts", f"{own}/posts/{secret}", f"{own}/items", f"{own}/log", f"{own}/records/{secret}"]
    reads += [f"/groups/{private}/{part}?from=0" for part in ("chain", "log", "pending", "operations")]
    for path in reads:
        with pytest.raises(RefusedByHttpError) as refused:
            ada.get(path)
        assert refused.value.status == 404, path
    pages = [f"/g/{private}", f"/g/{private}/posts/{secret}", f"/g/{private}/log", f"/g/{private}/members"]
    assert [browser.get(path).status for path in pages] == [404] * len(pages)
    for path in ("/", "/search?q=mat", "/groups", "/notifications", "/@ada"):
        text = browser.get(path).text
        assert "under the mat" not in text, path
        assert "elsewhere now" not in text, path
    assert again.post(f"{own}/posts", NOTE)["record"], "she writes from her new home"
    assert "under the mat" in Browser(new).sign_in("ada").get(f"/g/{private}").text
