"""Three people on three pods found, join and keep a group with nothing but their browsers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.browsing import Browser
from tests.support.rig import ServedPod, eventually, worker_number

pytestmark = pytest.mark.slow

NAMES = ("ada", "bo", "cy")


@pytest.fixture
def browsers(tmp_path: Path) -> Iterator[dict[str, Browser]]:
    pods = [ServedPod(tmp_path / name, worker_number(), 61 + number) for number, name in enumerate(NAMES)]
    try:
        for pod, name in zip(pods, NAMES, strict=True):
            pod.create()
            pod.sign_up(name)
            pod.start()
        yield {name: Browser(pod).sign_in(name) for pod, name in zip(pods, NAMES, strict=True)}
    finally:
        for pod in pods:
            pod.kill()


def invitation(browser: Browser, group: str) -> str:
    page = browser.submit(browser.get(f"{group}/invitations"), "/invitations", weight="1")
    return page.text.split('class="copy" readonly value="')[1].split('"')[0]


def may_take_over(keeper: Browser, path: str) -> bool:
    """Whether the keepers before have confirmed these: from then on one may die."""
    text = keeper.get(path).text
    return "Hand the job to this pod" in text and 'class="unagreed"' not in text


def takes_over(keeper: Browser, path: str) -> bool:
    """A keeper signs one handover a minute, so a refused one is asked for again."""
    return keeper.submit(keeper.get(path), "/keepers", press="Hand the job to this pod").status == 200


def is_member(guest: Browser, group: str) -> bool:
    return "You are member" in guest.get(group).text


def test_a_group_is_founded_joined_kept_and_handed_over_in_browsers(browsers: dict[str, Browser]) -> None:
    ada, bo, cy = (browsers[name] for name in NAMES)
    look = ada.submit(
        ada.get("/groups/new"), "/groups/new", press="Look at it first", name="Well", visibility="private"
    )
    group = ada.submit(look, "/groups/new", press="Found it").path.split("?")[0]
    for guest in (bo, cy):
        assert "on its way" in guest.submit(guest.get("/join"), "/join", link=invitation(ada, group)).text
        eventually(partial(is_member, guest, group))
    assert "You are a member now" in bo.get("/notifications").text
    assert ada.get("/notifications").text.count("joined by your invitation") == 2

    # Nobody but the steward is there to confirm the new keepers: none of them is told that one may die already.
    for keeper in (bo, cy):
        keeper.pod.kill()
    named = ada.submit(ada.get(f"{group}/keepers"), "/keepers", press="Let these keep it", keepers="1, 2, 3")
    assert 'class="unagreed"' in named.text
    for keeper in (bo, cy):
        keeper.pod.start()
    for keeper in (bo, cy):
        eventually(partial(may_take_over, keeper, f"{group}/keepers"), seconds=60)
    eventually(lambda: "the group goes on when one pod dies" in ada.get(f"{group}/keepers").text)
    ada.pod.kill()
    eventually(partial(takes_over, bo, f"{group}/keepers"), seconds=90)
    eventually(lambda: "Handover to" in cy.get(f"{group}/chain").text)
    host = bo.pod.url.removeprefix("http://")
    eventually(lambda: f"Handover to {host}, 3 keepers" in cy.get(f"{group}/chain").text)
    assert "✗" not in cy.get(f"{group}/chain").text
    eventually(lambda: "All of it holds." in cy.press(cy.get(f"{group}/chain"), "Check the whole chain").text)


def test_md_18_only_a_keeper_hands_the_job_over(browsers: dict[str, Browser]) -> None:
    ada, bo, _ = (browsers[name] for name in NAMES)
    look = ada.submit(ada.get("/groups/new"), "/groups/new", press="Look at it first", name="Open", decides="joiners")
    group = ada.submit(look, "/groups/new", press="Found it").path.split("?")[0]
    bo.submit(bo.get("/join"), "/join", link=ada.pod.url + group)
    eventually(lambda: "You are member" in bo.get(group).text)
    ada.pod.run("user", "create", "eve")
    # Somebody on another pod, and somebody on the keeper's own pod.
    for other in (bo, Browser(ada.pod).sign_in("eve")):
        page = other.get(f"{group}/keepers")
        assert "Keepers from then on" not in page.text
        token = next(value for form in page.forms for name, value in form.fields if name == "form_token")
        refused = other.post(f"{group}/keepers", [("form_token", token)])
        assert refused.status == 403
        assert "Only a keeper hands over" in refused.text
