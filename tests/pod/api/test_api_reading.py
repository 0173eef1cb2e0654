"""What the API shows over real HTTP: lists, lenses, explanations, proofs, and of private groups nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from protocol.ids import RecordId
from protocol.log import leaf_hash, verify_consistency, verify_inclusion
from tests.support.people import joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually


@dataclass
class Village:
    """ada founded, bo and cy joined; a post of ada's with a patch of bo's, and a second group that judges."""

    pod: ServedPod
    ada: Person
    bo: Person
    cy: Person
    group: str
    post: str
    patch: str

    def at(self, path: str) -> str:
        return f"/api/v1/groups/{self.group}/{path}"


def query(**members: Any) -> str:
    return urlencode(members, doseq=True)


def target(**members: Any) -> str:
    return quote(json.dumps(members))


@pytest.fixture(scope="module")
def village(pod: ServedPod) -> Village:
    ada, bo, cy = (pod.sign_up(name) for name in ("ada", "bo", "cy"))
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
    assert [joined(ada, group, person, weight) for person, weight in ((bo, 2000), (cy, 1000))] == [2, 3]
    paragraphs = [{"style": "text", "text": text} for text in ("The well is dry.", "Dig deeper?")]
    post = ada.post(f"/api/v1/groups/{group}/posts", {"kind": "article", "title": "The well", "paragraphs": paragraphs})
    adds = [{"style": "text", "text": "Ask the neighbours first.", "after": {"record": post["record"], "index": 0}}]
    patch = bo.post(f"/api/v1/groups/{group}/patches", {"post": post["record"], "adds": adds})
    made = Village(pod, ada, bo, cy, group, post["record"], patch["record"])
    for person, value in ((bo, 1000), (cy, -500)):
        person.post(made.at("votes"), {"target": {"post": made.post}, "value": value, "reason": "I think so."})
    cy.post(made.at("votes"), {"target": {"paragraph": {"record": made.patch, "index": 0}}, "value": 1000})
    eventually(lambda: ada.get(f"/api/v1/groups/{group}")["log"]["size"] >= 6)
    return made


def test_the_lines_of_an_explanation_sum_to_the_score_of_a_post_and_of_a_paragraph(village: Village) -> None:
    paragraph = {"record": village.patch, "index": 0}
    for asked, score in (({"post": village.post}, 3_000_000 + 2_000_000 - 500_000), ({"paragraph": paragraph}, 10**6)):
        said = village.ada.get(village.at(f"explanation?target={target(**asked)}"))
        (line,) = village.ada.get(village.at(f"scores?target={target(**asked)}"))["scores"]
        assert sum(entry["amount"] for entry in said["lines"]) == said["total"] == line["score"] == score
        assert all(entry["sentence"] for entry in said["lines"])
        assert sum(pod["amount"] for pod in said["pods"]) == score


def test_votes_on_a_target_come_in_pages(village: Village) -> None:
    asked = f"votes?target={target(post=village.post)}&limit=2"
    first = village.ada.get(village.at(asked))
    rest = village.ada.get(village.at(f"{asked}&after={first['next']}"))
    assert [(v["member"], v["value"], v["weight"]) for v in first["votes"] + rest["votes"]] == [
        (1, 1000, 3000),
        (2, 1000, 2000),
        (3, -500, 1000),
    ]
    assert "next" not in rest or rest["next"] is None


def test_posts_come_in_pages_without_gap_or_repetition(village: Village) -> None:
    for number in range(3):
        body = {"kind": "note", "paragraphs": [{"style": "text", "text": f"Note {number}"}]}
        village.bo.post(village.at("posts"), body)
    whole = village.ada.get(village.at("posts"))["posts"]
    paged: list[Any] = []
    cursor = ""
    while True:
        page = village.ada.get(village.at(f"posts?limit=1{cursor}"))
        paged += page["posts"]
        if page["next"] is None:
            break
        cursor = f"&before={page['next']}"
    assert paged == whole
    assert len(whole) == 4


def test_a_patch_stands_in_the_text_and_in_the_history(village: Village) -> None:
    text = village.ada.get(village.at(f"posts/{village.post}"))["paragraphs"]
    assert [(p["author"], p["shown"], p["reason"]) for p in text] == [
        (1, True, "by_writer"),
        (2, True, "supported"),
        (1, True, "by_writer"),
    ]
    history = village.ada.get(village.at(f"posts/{village.post}/history"))["history"]
    assert [(entry["record"], entry["author"], len(entry["adds"])) for entry in history] == [
        (village.post, 1, 2),
        (village.patch, 2, 1),
    ]


def test_a_lens_of_several_groups_is_joined_by_any_or_all_and_each_layer_is_told(village: Village) -> None:
    strict = village.cy.post("/api/v1/groups", {"name": "Strict readers"})["group"]
    post = {"post": village.post}
    village.cy.post(f"/api/v1/groups/{strict}/votes", {"target": post, "value": -1000})
    lens = {"lens": [village.group, strict]}

    def verdict(person: Person, **more: Any) -> Any:
        asked = query(target=json.dumps(post), **lens, **more)
        return person.get(f"/api/v1/verdicts?{asked}")["verdicts"][0]["verdict"]

    assert verdict(village.ada, combine="any")["shown"]
    hidden = verdict(village.ada, combine="all")
    assert not hidden["shown"]
    assert [hide["layer"] for hide in hidden["hides"]] == ["lens"]
    assert [line["score"] for line in hidden["groups"]] == [4_500_000, -1_000_000]
    assert verdict(village.ada, combine="all", showing="everything")["shown"]

    personal = village.bo.get("/api/v1/me")["personal_group"]
    village.bo.post(f"/api/v1/groups/{personal}/votes", {"target": post, "value": -1000})
    own = verdict(village.bo, combine="any")
    assert ([hide["layer"] for hide in own["hides"]], own["hides"][0]["own"]) == (["own"], "hidden_thing")
    shown = {line["post"]: line["shown"] for line in village.bo.get(village.at("posts"))["posts"]}
    assert not shown[village.post]
    assert village.ada.get(village.at(f"posts/{village.post}"))["shown"]


def test_proofs_of_the_log_verify_against_the_roots_of_the_chain(village: Village) -> None:
    size = eventually(lambda: held(village))
    roots = {0: "", **{item["log_size"]: item["record"]["log"]["root"] for item in items(village)[1:]}}
    entries = village.ada.get(village.at("log?limit=500"))["entries"]
    assert [entry["index"] for entry in entries] == list(range(size))
    for leaf in range(size):
        proof = village.ada.get(f"/groups/{village.group}/proof?leaf={leaf}&size={size}")
        path = [bytes.fromhex(step) for step in proof["path"]]
        assert proof["record"] == entries[leaf]["id"]
        root = bytes.fromhex(roots[size])
        assert verify_inclusion(leaf_hash(RecordId(proof["record"])), leaf, size, path, root)
        assert not verify_inclusion(leaf_hash(RecordId(village.group)), leaf, size, path, root)
    for first in [known for known in roots if known]:
        proof = village.ada.get(f"/groups/{village.group}/proof?first={first}&second={size}")
        path = [bytes.fromhex(step) for step in proof["path"]]
        assert verify_consistency(first, size, bytes.fromhex(roots[first]), bytes.fromhex(roots[size]), path)


def held(village: Village) -> int:
    log = village.ada.get(f"/api/v1/groups/{village.group}")["log"]
    waits = village.ada.get(f"/groups/{village.group}/pending")["records"]
    return int(log["held"]) if log["held"] == log["size"] and not waits else 0


def items(village: Village) -> list[Any]:
    found = village.ada.get(village.at("items?limit=500"))["items"]
    assert [item["height"] for item in found] == list(range(len(found)))
    return list(found)


@pytest.mark.parametrize("asked", ["leaf=0", "leaf=0&first=0", "", "leaf=0&size=1&first=0", "leaf=x&size=1"])
def test_half_a_wish_for_a_proof_is_malformed(village: Village, asked: str) -> None:
    with pytest.raises(RefusedByHttpError, match="malformed_record"):
        village.ada.get(f"/groups/{village.group}/proof?{asked}")


@pytest.mark.parametrize("asked", ["leaf=0&size=100000", "leaf=1&size=1", "first=0&second=100000", "first=2&second=1"])
def test_a_proof_beyond_the_log_is_not_found(village: Village, asked: str) -> None:
    with pytest.raises(RefusedByHttpError, match="not_found"):
        village.ada.get(f"/groups/{village.group}/proof?{asked}")


def test_a_record_is_found_with_its_place_and_only_in_its_group(village: Village) -> None:
    eventually(lambda: held(village))
    found = village.ada.get(village.at(f"records/{village.post}"))
    assert (found["type"], found["state"], found["log_index"]) == ("Post", "logged", 0)
    assert found["record"]["title"] == "The well"
    assert village.ada.get(village.at(f"records/{village.group}"))["type"] == "GroupRoot"
    personal = village.ada.get("/api/v1/me")["personal_group"]
    with pytest.raises(RefusedByHttpError, match="not_found"):
        village.ada.get(f"/api/v1/groups/{personal}/records/{village.post}")


def test_members_come_with_profiles_in_pages(village: Village) -> None:
    village.bo.post(village.at("records"), {"type": "Profile", "nickname": "Bo of the mill"})
    page = village.ada.get(village.at("members?limit=2"))
    assert [(m["number"], m["nickname"], m["keeper"]) for m in page["members"]] == [
        (1, "", True),
        (2, "Bo of the mill", False),
    ]
    assert [m["number"] for m in village.ada.get(village.at(f"members?after={page['next']}"))["members"]] == [3]
    assert village.ada.get(village.at("members/2")) == page["members"][1]
    with pytest.raises(RefusedByHttpError, match="not_found"):
        village.ada.get(village.at("members/99"))


def test_a_typed_operation_changes_the_group_and_a_strange_one_is_refused(village: Village) -> None:
    village.ada.post(village.at("operations"), {"do": "set-weight", "with": {"member": 3, "weight": 900}})
    eventually(lambda: village.ada.get(village.at("members/3"))["weight"] == 900)
    for strange in ({"do": "fly", "with": {}}, {"do": "set-weight", "with": {"member": "3", "weight": 1}}, {}):
        with pytest.raises(RefusedByHttpError, match="malformed_record"):
            village.ada.post(village.at("operations"), strange)


def refused(village: Village, path: str, token: str = "") -> tuple[int, str]:
    with pytest.raises(RefusedByHttpError) as caught:
        call("GET", village.pod.url + path, token=token)
    return caught.value.status, json.loads(caught.value.document)["code"]


def test_a_private_group_is_not_there_for_whoever_is_no_member_of_it(village: Village) -> None:
    ada, bo = village.ada, village.bo
    group = ada.post("/api/v1/groups", {"name": "Secret", "visibility": "private"})["group"]
    body = {"kind": "note", "paragraphs": [{"style": "text", "text": "Hush."}]}
    post = ada.post(f"/api/v1/groups/{group}/posts", body)["record"]
    asked = target(post=post)
    inside = f"/api/v1/groups/{group}"
    paths = [
        *(inside + path for path in ("", "/members", "/members/1", "/posts", f"/posts/{post}", "/items", "/log")),
        *(f"{inside}/{path}" for path in (f"posts/{post}/history", f"records/{post}", f"records/{group}")),
        *(f"{inside}/{what}?target={asked}" for what in ("votes", "scores", "explanation")),
        f"/api/v1/verdicts?lens={group}&target={asked}",
        f"{village.at('posts')}?lens={group}",
        f"{village.at(f'posts/{village.post}')}?lens={group}",
        *(f"/groups/{group}/{page}" for page in ("", "chain", "log", "pending", "proof?leaf=0&size=1")),
    ]
    for path in (path.removesuffix("/") for path in paths):
        assert refused(village, path) == (404, "unknown_group"), path
        assert refused(village, path, bo.account["token"]) == (404, "unknown_group"), path
        if path.startswith("/api/"):
            assert ada.get(path), path
    assert joined(ada, group, bo, 1) == 2
    assert bo.get(f"{inside}/posts")["posts"][0]["post"] == post
    bo.post(f"{inside}/operations", {"do": "leave", "with": {}})
    eventually(lambda: ada.get(f"{inside}/members/2")["left"])
    assert refused(village, inside, bo.account["token"]) == (404, "unknown_group")


def test_the_list_of_groups_has_public_ones_and_with_a_token_ones_own(village: Village) -> None:
    quiet = village.ada.post("/api/v1/groups", {"name": "Quiet", "visibility": "unlisted"})["group"]
    listed = call("GET", f"{village.pod.url}/api/v1/groups")
    assert village.group in {line["group"] for line in listed["groups"]}
    assert quiet not in {line["group"] for line in listed["groups"]}
    assert listed["own"] == []
    assert {village.group, quiet} <= {line["group"] for line in village.ada.get("/api/v1/groups")["own"]}
    assert call("GET", f"{village.pod.url}/api/v1/groups/{quiet}")["name"] == "Quiet"
    first = village.ada.get("/api/v1/groups?limit=1")
    assert len(first["groups"]) == 1
    assert village.ada.get(f"/api/v1/groups?limit=1&after={first['next']}")["groups"] != first["groups"]


@pytest.mark.parametrize("asked", ["limit=0", "limit=501", "limit=many", "limt=5", "lens=parish", "combine=some"])
def test_a_query_that_the_route_does_not_know_is_refused(village: Village, asked: str) -> None:
    assert refused(village, village.at(f"posts?{asked}")) == (400, "malformed_record")


@pytest.mark.parametrize("asked", ["", "{}", '{"post":1}', '{"post":', "[[[[]]]]", '{"emoji":"x"}'])
def test_a_target_that_is_none_is_refused(village: Village, asked: str) -> None:
    assert refused(village, village.at(f"votes?target={quote(asked)}"))[0] in (400, 413)


def test_a_token_works_until_it_is_revoked(village: Village) -> None:
    ada = village.ada
    token = ada.post("/api/v1/me/tokens", {"name": "phone"})["token"]
    url = f"{village.pod.url}/api/v1/me"
    assert call("GET", url, token=token)["name"] == "ada"
    with pytest.raises(RefusedByHttpError, match="name_taken"):
        ada.post("/api/v1/me/tokens", {"name": "phone"})
    assert token not in json.dumps(ada.get("/api/v1/me/tokens"))
    call("DELETE", f"{url}/tokens/phone", token=ada.account["token"])
    with pytest.raises(RefusedByHttpError, match="unauthorized"):
        call("GET", url, token=token)
    with pytest.raises(RefusedByHttpError, match="not_found"):
        call("DELETE", f"{url}/tokens/phone", token=ada.account["token"])


def test_the_log_tells_routes_and_never_tokens_phrases_or_bodies(village: Village) -> None:
    village.ada.get(village.at(f"votes?target={target(post=village.post)}"))
    log = village.pod.folder.with_suffix(".log").read_text()
    assert "/api/v1/groups/{group}/votes" in log
    for person in (village.ada, village.bo):
        assert person.account["token"] not in log
        assert person.account["phrase"] not in log
    assert "The well is dry." not in log
    assert village.post not in log


def test_the_served_document_is_the_one_of_the_routes(village: Village) -> None:
    document = call("GET", f"{village.pod.url}/api/openapi.json")
    assert document["openapi"] == "3.1.0"
    assert "/api/v1/groups/{group}/explanation" in document["paths"]
