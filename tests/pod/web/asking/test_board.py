"""A group's board: what needs the reader by its end, what is open, comes and is decided; and so over all groups."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from tests.pod.web.decisions.parish import DAY, HOUR, Parish, settle
from tests.support.browsing import Seen
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually


@pytest.fixture(scope="module")
def parish(pod: ServedPod) -> Parish:
    return settle(pod)


def parts(page: Seen) -> dict[str, list[str]]:
    """The titles in each part of a board."""
    found = re.findall(r'<section aria-labelledby="board-(\w+)">(.*?)</section>', page.text, re.DOTALL)
    return {key: re.findall(r'<a href="[^"]*"><bdi>(.*?)</bdi>', text) for key, text in found}


def test_the_board_asks_for_a_vote_until_it_is_cast_or_left_to_somebody(parish: Parish) -> None:
    later = parish.ask(title="Later?", lengths={"voting": 3 * DAY, "contest": HOUR})
    soon = parish.ask(title="Sooner?", lengths={"voting": DAY, "contest": HOUR})
    parish.ask(title="Which?", kind="score", lengths={"proposals": 4 * DAY, "voting": DAY})
    path, bo = f"/g/{parish.group}/polls", parish.browser("bo")

    assert parts(bo.get(path)) == {"needs": ["Sooner?", "Later?"], "open": [], "soon": ["Which?"], "decided": []}
    assert "No other poll is open." in bo.get(path).text
    assert parts(parish.browser().get(path))["open"] == ["Sooner?", "Later?"]
    assert "needs" not in parts(parish.browser("eve").get(path))
    assert re.findall(r"<bdi>(\w+\?)</bdi>", bo.get("/me/needs-you").text) == ["Sooner?", "Later?"]

    parish.cast("bo", soon, choice="yes")
    assert parts(bo.get(path))["needs"] == ["Later?"]
    parish.people["ada"].post(f"/api/v1/groups/{parish.group}/records", {"type": "Delegate", "declared": True})
    wish = {"type": "Delegation", "delegates": [1], "poll": later}
    parish.people["bo"].post(f"/api/v1/groups/{parish.group}/records", wish)
    assert parts(bo.get(path)) == {"needs": [], "open": ["Sooner?", "Later?"], "soon": ["Which?"], "decided": []}
    assert "Nothing waits for you." in bo.get("/me/needs-you").text


def test_a_month_shows_what_ends_on_which_day_and_the_same_as_a_list(parish: Parish) -> None:
    poll = parish.ask(title="In the calendar?", lengths={"voting": DAY})
    end = parish.seen("ada", poll)["poll"]["times"]["voting_end"]
    path = f"/g/{parish.group}/polls/calendar"

    def found() -> str:
        seen = parish.browser().get(path)
        pages = [seen, parish.browser().get(re.findall(r'rel="next" href="([^"]+)"', seen.text)[0])]
        return "".join(one.text for one in pages if f"polls/{poll}" in one.text)

    page = eventually(found)
    assert "Last moment to vote" in page
    days = re.findall(r'<a href="#day-(\d+)"', page)
    assert days == re.findall(r'<div id="day-(\d+)"', page)
    hours = re.findall(rf'<dd>(\d\d):\d\d Last moment to vote: <a href="[^"]*/{poll}"', page)
    assert [int(hour) for hour in hours] == [end % DAY // HOUR]


def test_a_member_follows_an_area_for_themselves_alone(parish: Parish) -> None:
    areas = [{"area": "water", "name": "Water"}]
    wish = {"do": "set-policy", "with": {"areas": areas}}
    parish.people["ada"].post(f"/api/v1/groups/{parish.group}/operations", wish)
    path, bo = f"/g/{parish.group}/polls", parish.browser("bo")
    page = eventually(lambda: (seen := bo.get(path)) and "Follow: " in seen.text and seen)
    form = [form for form in page.forms if form.action.endswith("/polls/follow")]
    followed = bo.post(form[0].action, form[0].fields)
    assert "Unfollow: " in followed.text
    assert "Unfollow: " not in parish.browser("cy").get(path).text
    poll = parish.ask(title="Of water?", areas=["water"])
    parish.cast("bo", poll, choice="yes")
    assert "Of water?" in bo.get("/me/needs-you").text.partition("You follow")[2]
    assert "Of water?" in parish.browser("cy").get("/me/needs-you").text.partition("You follow")[0]
    form = [form for form in followed.forms if form.action.endswith("/polls/follow")]
    assert "Unfollow: " not in bo.post(form[0].action, form[0].fields).text


def test_the_board_asks_for_bets_until_each_prediction_has_one(parish: Parish) -> None:
    lengths = {"proposals": HOUR, "predictions": HOUR, "bets": DAY, "voting": DAY, "contest": 0}
    poll = parish.ask(title="What follows?", kind="score", options=[], lengths=lengths)
    path, ada = f"/api/v1/groups/{parish.group}/polls/{poll}", parish.people["ada"]
    board, opened = f"/g/{parish.group}/polls", int(parish.seen("ada", poll)["poll"]["times"]["opened_at"])
    proposal = ada.post(f"{path}/proposals", {"title": "A well"})["record"]
    parish.pass_time(HOUR)
    parish.reach(poll, "predictions")
    condition = {"every": True, "terms": [{"proposal": proposal, "implemented": True}]}
    wish = {"statement": "Water comes", "due_at": opened + 9 * DAY, "condition": condition}
    said = eventually(lambda: _accepted(ada, f"{path}/predictions", wish))
    assert "What follows?" in parts(parish.browser("ada").get(board))["soon"]
    parish.pass_time(HOUR)
    parish.reach(poll, "bets")
    eventually(lambda: "What follows?" in parts(parish.browser("ada").get(board))["needs"])
    assert "What follows?" in parts(parish.browser("bo").get(board))["soon"], "bo may not bet"
    call("PUT", f"{parish.pod.door}{path}/bets", {"bets": {said["record"]: 700}}, token=ada.account["token"])
    assert "What follows?" in parts(parish.browser("ada").get(board))["soon"]


def _accepted(person: Person, path: str, body: dict[str, Any]) -> Any:
    """The answer, once the group has sealed that the phase has begun."""
    try:
        return person.post(path, body)
    except RefusedByHttpError:
        return None


def test_what_is_decided_stands_apart(parish: Parish) -> None:
    poll = parish.ask(title="Over soon?", lengths={"voting": HOUR, "contest": 0})
    parish.cast("ada", poll, choice="yes")
    parish.pass_time(2 * HOUR)
    parish.reach(poll, "final", "provisional", "counted")
    page = parish.browser("bo").get(f"/g/{parish.group}/polls")
    assert "Over soon?" in parts(page)["decided"]
    assert "Over soon?</bdi></a><br><strong><bdi>It is accepted.</bdi></strong>" in page.text


def may_be_chosen(parish: Parish, poll: str, option: str) -> bool:
    return option in parish.seen("ada", poll)["poll"]["votable"]


def test_the_board_says_what_was_chosen_also_of_proposals(parish: Parish) -> None:
    lengths = {"proposals": HOUR, "voting": HOUR, "contest": 0}
    polls = [parish.ask("approval", title=f"Where {number}?", lengths=lengths) for number in range(2)]
    group = f"/api/v1/groups/{parish.group}/polls"
    ada = parish.people["ada"]
    chosen = [ada.post(f"{group}/{poll}/proposals", {"title": f"Yard {poll[-4:]}"})["record"] for poll in polls]
    parish.pass_time(HOUR)
    for poll, proposal in zip(polls, chosen, strict=True):
        eventually(partial(may_be_chosen, parish, poll, proposal))
        parish.cast("ada", poll, approvals=[proposal])
        parish.logged("ada", poll)
    parish.pass_time(HOUR)
    for poll in polls:
        parish.reach(poll, "final", "provisional", "counted")
    for language, said in (("en", "Chosen"), ("sv", "Valt")):
        text = parish.browser("bo", language).get(f"/g/{parish.group}/polls").text
        assert all(f"<bdi>{said}: Yard {poll[-4:]}</bdi>" in text for poll in polls)


def test_dc_29_board_calendar_and_poll_lead_to_feeds_and_where_ones_own_are_made(parish: Parish) -> None:
    poll, own = parish.ask(title="In your calendar?"), f"/g/{parish.group}/polls"
    for path in (own, f"{own}/calendar", f"{own}/{poll}"):
        stranger, bo = parish.browser().get(path).text, parish.browser("bo").get(path).text
        for address in (f"{own}.ics", f"{own}.atom"):
            assert stranger.count(f'href="{address}"') == 2, "once to press, once for programs"
        assert ('href="/settings/feeds"' in bo, 'href="/settings/feeds"' in stranger) == (True, False)
    assert parish.browser().get(f"{own}.ics").status == 200
    assert parish.browser().get(f"{own}.atom").status == 200
    ada = parish.people["ada"]
    closed = ada.post("/api/v1/groups", {"name": "Choir", "visibility": "private"})["group"]
    for path in (f"/g/{closed}/polls", f"/g/{closed}/polls/calendar"):
        text = parish.browser("ada").get(path).text
        assert (f"{closed}/polls.ics" in text, 'href="/settings/feeds"' in text) == (False, True)
