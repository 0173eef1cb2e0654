"""What the pod's floor hides is hidden in every lens, and the layer is named."""

from __future__ import annotations

from tests.support.rig import ServedPod


def test_the_pods_floor_hides_in_every_lens_and_is_named(pod: ServedPod) -> None:
    ada, mod = pod.sign_up("ada"), pod.sign_up("mod")
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council"})["group"]
    floor = mod.post("/api/v1/groups", {"name": "What we won't host", "default_score": 1})["group"]
    body = {"kind": "note", "paragraphs": [{"style": "text", "text": text} for text in ("Fine.", "Foul.")]}
    post, other = (ada.post(f"/api/v1/groups/{group}/posts", body)["record"] for _ in range(2))
    pod.kill()
    with (pod.folder / "pod.toml").open("a") as config:
        config.write(f'\n[moderation]\nfloor = ["{floor}"]\n')
    pod.start()
    for target in ({"post": post}, {"paragraph": {"record": other, "index": 1}}):
        mod.post(f"/api/v1/groups/{floor}/votes", {"target": target, "value": -1000})

    lines = {line["post"]: line for line in ada.get(f"/api/v1/groups/{group}/posts?showing=everything")["posts"]}
    assert (lines[post]["shown"], lines[other]["shown"]) == (False, True)
    assert [(hide["layer"], hide["groups"][0]["group"]) for hide in lines[post]["hides"]] == [("pod", floor)]
    assert lines[post]["score"] == 10**6, "the floor hides, but the group's own score stays what it is"
    paragraphs = ada.get(f"/api/v1/groups/{group}/posts/{other}")["paragraphs"]
    assert [(p["shown"], p["layers"]) for p in paragraphs] == [(True, []), (False, ["pod"])]
