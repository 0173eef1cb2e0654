"""What a page says after a form is true: of a vote without weight, of a post that others don't see."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.reading_room import write
from tests.support.rig import Person, ServedPod, eventually


@pytest.fixture(scope="module")
def people(pod: ServedPod) -> dict[str, Person]:
    found = {name: pod.sign_up(name) for name in ("ada", "bo", "cy")}
    pod.start()
    return found


def found(ada: Person, **wishes: Any) -> str:
    return str(ada.post("/api/v1/groups", {"name": "Parish", "weight": 3000, **wishes})["group"])


def join(pod: ServedPod, group: str, name: str) -> None:
    """Join by the button, which gives no weight."""
    browser = Browser(pod).sign_in(name)
    browser.press(browser.get(f"/g/{group}"), "Join")
    eventually(lambda: "with weight 0.0" in browser.get(f"/g/{group}").text)


def press(browser: Browser, path: str, act: str) -> str:
    page = browser.get(path)
    form = next(form for form in page.forms if form.action.endswith("/acts"))
    return browser.post(form.action, [*form.fields, ("act", act)]).text


def test_n4_a_vote_without_weight_is_not_said_to_count(pod: ServedPod, people: dict[str, Person]) -> None:
    group = found(people["ada"], default_score=1_000_000)
    post = write(people["ada"], group, [("text", "The well.")], title="The well")
    join(pod, group, "bo")
    joined(people["ada"], group, people["cy"], 1)
    path = f"/g/{group}/posts/{post}"
    weightless = press(Browser(pod).sign_in("bo"), path, f"up:{post}")
    assert "Your vote counts." not in weightless
    assert "It counts as soon as you have weight in this group." in weightless
    assert "Your vote counts." in press(Browser(pod).sign_in("cy"), path, f"up:{post}")


def test_n4_a_post_that_nobody_sees_yet_is_said_to_be_hidden_and_stands_in_its_authors_lists(
    pod: ServedPod, people: dict[str, Person]
) -> None:
    group = found(people["ada"], default_score=0)
    join(pod, group, "bo")
    bo, ada = Browser(pod).sign_in("bo"), Browser(pod).sign_in("ada")
    written = bo.submit(bo.get(f"/g/{group}/write"), "/write", title="Unseen", text="x")
    assert "Your post is written." in written.text
    assert "It stays hidden in this group until votes bring it above 0." in written.text
    for path in (f"/g/{group}", "/"):
        assert "Unseen" in bo.get(path).text, path
        assert "hidden by the lens" in bo.get(path).text
        assert "Unseen" not in ada.get(path).text, path
    shown = ada.submit(ada.get(f"/g/{group}/write"), "/write", title="Seen", text="x")
    assert "until votes bring it above 0" not in shown.text
    answered = bo.submit(bo.get(shown.path.partition("?")[0]), "/reply", text="Unseen answer.")
    assert "It stays hidden in this group until votes bring it above 0." in answered.text
