"""What one hides for oneself, what the pod's floor hides from all, and what erasing does: each said as it is."""

from __future__ import annotations

import re

import pytest

from tests.support.browsing import Browser, Seen
from tests.support.reading_room import ReadingRoom, a_reading_room, write
from tests.support.rig import ServedPod, eventually


@pytest.fixture(scope="module")
def room(pod: ServedPod) -> ReadingRoom:
    """With a floor that hides paragraph 3 of the post, and a whole other post (`room.comment`)."""
    made = a_reading_room(pod)
    floor = made.eve.post("/api/v1/groups", {"name": "What we won't host", "default_score": 1})["group"]
    made.comment = write(made.bo, made.group, [("text", "Unlawful words.")], title="Unlawful title")
    pod.kill()
    with (pod.folder / "pod.toml").open("a") as config:
        config.write(f'\n[moderation]\nfloor = ["{floor}"]\n')
    pod.start()
    for record, index in ((made.post, 3), (made.comment, None)):
        made.vote(made.eve, record, index, -1000, group=floor, why="Against the law.")
    return made


def press(browser: Browser, page: Seen, value: str) -> Seen:
    form = next(form for form in page.forms if ("act", value) in form.fields)
    return browser.post(form.action, form.fields)


TAILS = ["", "?mode=wiki", "?showing=everything", "/history", "/blame", "/compare", "/diff?from={0}&to={0}"]


@pytest.mark.parametrize("tail", TAILS)
def test_md_04_what_the_pods_floor_hides_is_on_no_page_but_its_trace_is(room: ReadingRoom, tail: str) -> None:
    text = room.browser().get(room.at(tail.format(room.post))).text
    assert "Water is a common good." not in text
    if "/" not in tail:
        assert '<span class="layer layer-pod">This pod</span> 1 paragraph: not shown on this pod' in text
        assert "Move your account to another server" in text
    whole = room.browser().get(f"/g/{room.group}/posts/{room.comment}" + tail.format(room.comment)).text
    assert "Unlawful" not in whole
    assert "A post that this server doesn&#39;t show" in whole


def test_md_04_the_floor_says_why_and_who_wrote_it_still_reads_it(room: ReadingRoom) -> None:
    why = room.browser().get(room.at(f"/why?target={room.post}.3"))
    assert "What this server follows" in why.text
    assert "“Against the law.”" in why.text
    assert "What we won&#39;t host" in why.text
    assert "See anyway" not in why.text
    own = room.browser("ada").get(room.at())
    (folded,) = re.findall(
        r'<details class="folded" open>\n<summary[^>]*><span class="layer layer-pod">.*?</details>', own.text, re.DOTALL
    )
    assert "Water is a common good." in folded
    assert "Unlawful words." in room.browser("bo").get(f"/g/{room.group}/posts/{room.comment}").text


def test_md_04_what_the_floor_hides_is_not_told_by_an_answers_title_nor_by_a_form(room: ReadingRoom) -> None:
    reply = write(room.bo, room.group, [("text", "Bad words.")], title="Bad title", reply_to={"record": room.post})
    floor = room.eve.get("/api/v1/me")["memberships"]
    group = next(entry["group"] for entry in floor if entry["group"] != room.eve.get("/api/v1/me")["personal_group"])
    room.vote(room.eve, reply, None, -1000, group=group)
    for name in ("", "cy"):
        text = room.browser(name).get(room.at()).text
        assert "Bad words." not in text
        assert "Bad title" not in text
    assert room.browser("cy").get(room.at(f"/paragraphs/{room.post}/3/edit")).status == 404


def test_md_04_own_hides_are_listed_and_taken_back(room: ReadingRoom) -> None:
    browser = room.browser("eve")
    assert "You hide nothing." in browser.get("/me/hides").text
    page = browser.get(room.at("?mode=wiki"))
    acts = next(form for form in page.forms if form.action.endswith("/acts"))
    for act in (f"hide:{room.post}.1", f"hide:{room.post}", f"mute:{room.post}"):
        browser.post(acts.action, [*acts.fields, ("act", act)])
    listed = browser.get("/me/hides")
    assert "A paragraph of “The well in the village”" in listed.text
    assert "Ada · 1" in listed.text
    for act in (f"unhide:{room.post}.1", f"unhide:{room.post}", f"unmute:{room.group}.1"):
        listed = press(browser, listed, act)
    assert listed.path == "/me/hides?said=unhidden"
    assert "You hide nothing." in listed.text
    assert "You mute nobody." in listed.text
    assert "hidden by you" not in browser.get(room.at()).text


def test_md_04_a_muted_writers_posts_are_hidden_in_lists_too(room: ReadingRoom) -> None:
    browser = room.browser("eve")
    page = browser.get(room.at())
    acts = next(form for form in page.forms if form.action.endswith("/acts"))
    browser.post(acts.action, [*acts.fields, ("act", f"mute:{room.post}")])
    lines = {line["post"]: line for line in room.eve.get(room.api("/posts"))["posts"]}
    assert [(hide["layer"], hide["own"]) for hide in lines[room.post]["hides"]] == [("own", "muted_writer")]
    assert {line["post"]: line["hides"] for line in room.bo.get(room.api("/posts"))["posts"]}[room.post] == []
    browser.post(acts.action, [*acts.fields, ("act", f"unmute:{room.post}")])


@pytest.mark.parametrize("act", ["", "unhide:x", "unmute:x.1", "unmute:{group}.x", "fly:{group}"])
def test_a_button_that_the_list_has_not_is_refused(room: ReadingRoom, act: str) -> None:
    browser = room.browser("eve")
    token = next(f for f in browser.get("/language").forms if f.action == "/language").fields[0]
    assert browser.post("/me/hides", [token, ("act", act.format(group=room.group))]).status == 400


def test_erasing_says_what_it_means_and_the_words_are_gone(room: ReadingRoom) -> None:
    post = write(room.bo, room.group, [("text", "I regret this."), ("text", "This, too.")], title="Regrets")
    first = {"record": post, "index": 0}
    adds = [{"style": "text", "text": "A better word.", "after": first}]
    patch = room.patch(room.bo, post, adds=adds, marks=[{"paragraph": first, "replaced_by": {"index": 0}}])
    browser = room.browser("bo")
    path = f"/g/{room.group}/posts/{post}"
    assert f'href="{path}/erase"' in browser.get(path).text
    page = browser.get(f"{path}/erase")
    assert "The words go from this server at once" in page.text
    assert "Nobody can be forced" in page.text
    done = browser.submit(page, "/erase", record=[post])
    assert done.path == f"{path}/erase?said=erased"
    assert "the post itself" in done.text
    eventually(lambda: "a quorum of these servers has confirmed it" in browser.get(f"{path}/erase").text)
    assert room.pod.url in browser.get(f"{path}/erase").text
    for tail in ("", "?showing=everything", "/history", "/blame", f"/diff?from={post}&to={patch}"):
        text = room.browser().get(path + tail).text
        assert "Regret" not in text.replace("/", "")
        assert "I regret" not in text
    assert "A better word." in room.browser().get(f"{path}/history").text
    assert room.browser().get(f"/records/{post}").status == 410  # public 37: a browser, too, is told that it is gone
    browser.submit(browser.get(f"{path}/erase"), "/erase", record=[patch])
    assert "There is nothing of yours left" in browser.get(f"{path}/erase").text
    assert "A better word." not in room.browser().get(f"{path}/history").text


def test_nobody_erases_what_others_wrote(room: ReadingRoom) -> None:
    browser = room.browser("cy")
    page = browser.get(room.at("/erase"))
    assert "There is nothing of yours left" in page.text
    token = next(f for f in browser.get("/language").forms if f.action == "/language").fields[0]
    answer = browser.post(room.at("/erase"), [token, ("record", room.post)])
    assert answer.status == 400
    assert 'role="alert"' in answer.text
    assert "The well is dry." in room.browser().get(room.at()).text
