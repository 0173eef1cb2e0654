"""A pod says openly which groups decide what it doesn't show, and names no group to who may not read it."""

from __future__ import annotations

from tests.support.browsing import Browser
from tests.support.rig import ServedPod
from tests.support.writing import an_id


def test_r3_about_names_the_floor(pod: ServedPod) -> None:
    mod = pod.sign_up("mod")
    pod.start()
    assert 'id="floor"' not in Browser(pod).get("/about").text, "a pod without a floor says nothing of one"
    wish = {"default_score": 1_000_000}
    floor = mod.post("/api/v1/groups", {"name": "What <we> won't host", **wish})["group"]
    secret = mod.post("/api/v1/groups", {"name": "Back room", "visibility": "private", **wish})["group"]
    pod.kill()
    with (pod.folder / "pod.toml").open("a") as config:
        config.write(f'\n[moderation]\nfloor = ["{floor}", "{secret}", "http://127.0.0.1:9/g/{an_id("elsewhere")}"]\n')
    pod.start()
    page = Browser(pod).get("/about").text
    assert f'<a href="/g/{floor}"><bdi>What &lt;we&gt; won&#39;t host</bdi></a>' in page
    assert "Nobody is shown on this pod what these groups hide" in page
    lacking = f"http://127.0.0.1:9/g/{an_id('elsewhere')} isn't here yet: until it is, what it would hide is shown"
    assert lacking.replace("'", "&#39;") in page
    assert "1 more group that isn&#39;t yours to read" in page
    assert "Back room" not in page
    assert secret not in page
    member = Browser(pod).sign_in("mod").get("/about").text
    assert "Back room" in member
    assert "1 more group that" not in member
    assert "visas ingen på den här servern" in Browser(pod, "sv").get("/about").text
