"""From a discussion to a poll and back: a post begins a poll, and its page lists the polls that came from it."""

from __future__ import annotations

from tests.support.browsing import Browser
from tests.support.rig import ServedPod, eventually

HOUR = 3_600_000


def test_a_post_becomes_a_poll_and_lists_it(pod: ServedPod) -> None:
    founder = pod.sign_up("ada")
    pod.sign_up("bo")
    pod.start()
    group = founder.post("/api/v1/groups", {"name": "Well", "weight": 3000})["group"]
    cellar = founder.post("/api/v1/groups", {"name": "Cellar", "visibility": "private", "weight": 3000})["group"]
    said = {"kind": "article", "title": "The well is dry", "paragraphs": [{"style": "text", "text": "It is."}]}
    post = founder.post(f"/api/v1/groups/{group}/posts", said)["record"]
    path, ada = f"/g/{group}/posts/{post}", Browser(pod).sign_in("ada")

    assert "Make a poll about this" in ada.get(path).text
    begun = ada.get(f"/g/{group}/polls/new?about={post}")
    assert "The well is dry" in begun.text
    page = ada.submit(begun, "/new", press="Next", title="Shall we dig?")
    ada.submit(page, "/kind", press="Next", kind="for-against")
    ada.submit(ada.get(page.path.replace("/kind", "/preview")), "/preview", press="Publish")

    (poll,) = founder.get(f"/api/v1/groups/{group}/polls")["polls"]
    assert poll["about"] == post
    assert f"/g/{group}/polls/{poll['id']}" in ada.get(path).text

    secret = {"kind": "for-against", "title": "In secret?", "lengths": {"voting": HOUR}, "about": post}
    hidden = founder.post(f"/api/v1/groups/{cellar}/polls", secret)["record"]
    eventually(lambda: len(founder.get(f"/api/v1/groups/{cellar}/polls")["polls"]) == 1)
    for reader in (ada, Browser(pod), Browser(pod).sign_in("bo")):
        assert "Shall we dig?" in reader.get(path).text
        assert hidden not in reader.get(path).text
    assert "Make a poll about this" not in Browser(pod).sign_in("bo").get(path).text
    assert "A poll about" not in ada.get(f"/g/{group}/polls/new?about={group}").text
