"""Delegates and delegations over the API: said, refused with reasons, warned of, counted and told to the voter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

HOUR = 3_600_000
YEAR = 365 * 24 * HOUR
AREAS = [{"area": "energy", "name": "Energy"}, {"area": "sun", "name": "Sun", "parent": "energy"}]
NAMES = ("ada", "bo", "cia", "dan", "eve")


@dataclass
class Village:
    """Five members with numbers in the order of their names; the first three are delegates."""

    pod: ServedPod
    group: str
    people: dict[str, Person]

    def at(self, path: str) -> str:
        return f"/api/v1/groups/{self.group}{path}"

    def follow(self, name: str, *delegates: int, **members: Any) -> dict[str, Any]:
        said = {"delegates": list(delegates), **members}
        answer: dict[str, Any] = self.people[name].put(self.at("/delegations"), said)
        return answer

    def refused(self, name: str, path: str, said: dict[str, Any]) -> str:
        with pytest.raises(RefusedByHttpError) as refusal:
            self.people[name].put(self.at(path), said)
        return str(refusal.value.problem["rule"])

    def quiet(self) -> None:
        def done() -> bool:
            log = self.people["ada"].get(self.at(""))["log"]
            waits = self.people["ada"].get(f"/groups/{self.group}/pending?from=0")["records"]
            return bool(log["held"] == log["size"]) and not waits

        eventually(done)


@pytest.fixture(scope="module")
def village(pod: ServedPod) -> Village:
    people = {name: pod.sign_up(name) for name in NAMES}
    pod.set_clock(0)
    pod.start()
    ada = people["ada"]
    rules = {"areas": AREAS, "permissions": {"be_delegate": 1000}}
    group = str(ada.post("/api/v1/groups", {"name": "Lower Wells", "weight": 3000, **rules})["group"])
    for name, weight in zip(NAMES[1:], (1000, 1000, 1000, 500), strict=True):
        joined(ada, group, people[name], weight)
    made = Village(pod, group, people)
    for name in ("ada", "bo", "cia"):
        people[name].put(made.at("/delegate"), {"declared": True, "statement": f"Follow {name}."})
    return made


def about(answer: dict[str, Any]) -> list[str]:
    return [one["about"] for one in answer["list"]["warnings"]]


def test_dc_09_a_loop_is_warned_of_with_its_members_and_not_refused(village: Village) -> None:
    village.follow("ada", 2, area="sun")
    village.follow("bo", 3, area="sun")

    answer = village.follow("cia", 1, area="sun")

    assert {"about": "loop", "loop": [3, 1, 2, 3]} in answer["list"]["warnings"]
    kept = village.people["cia"].get(village.at("/delegations"))["lists"]
    assert [(one["scope"], one["delegates"][0]["number"]) for one in kept] == [("area sun", 1)]
    village.follow("cia", area="sun")


def test_names_that_reach_nobody_are_warned_of(village: Village) -> None:
    answer = village.follow("dan", 4, 1, 1, 5)

    assert about(answer) == ["oneself", "repeated", "not-declared", "lapses"]
    assert about(village.follow("dan")) == []


def test_what_would_hold_nothing_is_refused_with_the_reason(village: Village) -> None:
    refused = village.refused
    assert refused("dan", "/delegations", {"delegates": [1, 2, 3, 4, 5, 1]}) == "too_long_a_list"
    assert refused("dan", "/delegations", {"delegates": [77]}) == "never_a_member"
    assert refused("dan", "/delegations", {"delegates": [1], "area": "weather"}) == "no_area_called"
    assert refused("dan", "/delegations", {"delegates": [1], "expires": 5}) == "ends_in_the_past"
    assert refused("eve", "/delegate", {"declared": True}) == "too_light_to_be_delegate"
    assert refused("eve", "/delegate", {"declared": False}) == "no_delegate"
    assert refused("bo", "/delegate", {"declared": True, "areas": ["weather"]}) == "no_area_called"


def ask(village: Village, **said: Any) -> str:
    wish = {
        "kind": "score",
        "title": "What first?",
        "options": [{"title": "Well"}, {"title": "Pump"}],
        "lengths": {"voting": 2 * HOUR, "lock": HOUR, "contest": 0},
        **said,
    }
    poll = str(village.people["ada"].post(village.at("/polls"), wish)["record"])
    eventually(lambda: village.people["ada"].get(village.at(f"/polls/{poll}"))["poll"]["phase"] == "voting")
    return poll


def vote(village: Village, name: str, poll: str, *scores: int) -> None:
    said = {"scores": {f"{index:02}": score for index, score in enumerate(scores)}}
    village.people[name].post(village.at(f"/polls/{poll}/ballots"), said)


def mine(village: Village, name: str, poll: str) -> dict[str, Any]:
    sight: dict[str, Any] = village.people[name].get(village.at(f"/polls/{poll}/my-vote"))
    return sight


def choices(branch: dict[str, Any]) -> list[tuple[int, str]]:
    return [(one["member"], one["why"]) for one in branch["choices"]]


def test_dc_07_dc_11_a_vote_is_followed_to_a_ballot_and_what_it_did_is_kept(village: Village) -> None:
    """Ada is followed by three, and one of four overrides; the numbers are those of the note below DC-07."""
    for name in ("bo", "cia", "dan", "eve"):
        village.follow(name, 1, area="energy", named=name == "bo")
    village.follow("dan", 2, 1, area="energy")
    poll = ask(village, areas=["sun"])
    village.follow("cia", 1, area="sun")
    village.quiet()
    assert mine(village, "dan", poll)["tree"]["why"] == "nobody"
    vote(village, "ada", poll, 80, 20)
    vote(village, "eve", poll, 0, 100)
    village.quiet()

    seen = {name: mine(village, name, poll) for name in NAMES}

    assert [one["tree"]["why"] for one in seen.values()] == ["cast", "used", "used", "used", "cast"]
    # bo follows cia in the subject below, and she follows ada: the nearer list holds.
    assert (seen["bo"]["scope"], seen["dan"]["scope"]) == ("area sun", "area energy")
    assert choices(seen["bo"]["tree"]) == [(3, "used")]
    assert choices(seen["dan"]["tree"]) == [(2, "used"), (1, "not-needed")]
    assert seen["dan"]["ballots"]["1"]["scores"] == {"00": 80, "01": 20}
    assert not seen["dan"]["counted"]
    assert not {"result", "outcome"} & set(seen["dan"])
    village.pod.set_clock(HOUR + 60_000)
    eventually(lambda: mine(village, "dan", poll)["locked"])
    assert village.refused("bo", "/delegations", {"delegates": [1], "poll": poll}) == "list_frozen"
    locked = village.people["dan"].get(village.at("/delegates/1"))["record"]
    assert [(one["poll"]["phase"], one["ballot"]["scores"]) for one in locked] == [("voting", {"00": 80, "01": 20})]
    village.pod.set_clock(2 * HOUR + 60_000)
    outcome = eventually(lambda: village.people["ada"].get(village.at(f"/polls/{poll}"))["outcome"])
    result = outcome["results"][0]
    sums = [one["support"]["direct"] + one["support"]["delegated"] for one in result["options"]]
    assert sums == [320, 180]
    counted = mine(village, "dan", poll)
    assert (counted["counted"], choices(counted["tree"])) == (True, [(2, "used"), (1, "not-needed")])
    assert village.refused("dan", "/delegations", {"delegates": [1], "poll": poll}) == "voting_over"
    votes = village.people["dan"].get("/api/v1/me/votes")["votes"]
    assert [(one[0], one[2]["poll"]["id"]) for one in votes] == [(village.group, poll)]

    card = village.people["dan"].get(village.at("/delegates?area=energy"))["delegates"][0]
    assert (card["number"], card["attendance"]) == (1, {"cast": 1, "possible": 1})
    assert {(one["scope"], one["first"], one["any"]) for one in card["followers"]} >= {("area energy", 3, 4)}
    sight = village.people["dan"].get(village.at("/delegates/1"))
    assert [(one["poll"]["id"], one["ballot"]["scores"]) for one in sight["record"]] == [(poll, {"00": 80, "01": 20})]
    assert [one["number"] for one in sight["named"]] == [2], "only bo let it be shown"


def test_dc_11_the_record_stays_after_resigning(village: Village) -> None:
    ada = village.people["ada"]
    ada.put(village.at("/delegate"), {"declared": False, "statement": "Enough."})

    listed = ada.get(village.at("/delegates"))["delegates"]
    sight = village.people["bo"].get(village.at("/delegates/1"))

    assert [one["number"] for one in listed] == [2, 3]
    assert (sight["declared"], len(sight["record"])) == (False, 1)
    assert [one["statement"] for one in sight["declarations"]] == ["Enough.", "Follow ada."]
    with pytest.raises(RefusedByHttpError) as refusal:
        ada.get(village.at("/delegates/5"))
    assert refusal.value.problem["rule"] == "never_a_delegate"


def test_dc_12_who_scored_alike_is_recommended_with_the_number_of_proposals(village: Village) -> None:
    options = [{"title": f"Proposal {number}"} for number in range(6)]
    lengths = {"voting": HOUR, "lock": HOUR, "contest": 0}
    village.pod.set_clock(3 * HOUR)
    poll = ask(village, options=options, title="Six of them", lengths=lengths)
    vote(village, "dan", poll, 100, 90, 80, 0, 0, 50)
    vote(village, "bo", poll, 100, 90, 80, 0, 0, 80)
    vote(village, "cia", poll, 0, 0, 0, 100, 100, 50)
    village.quiet()
    village.pod.set_clock(5 * HOUR)
    eventually(lambda: village.people["ada"].get(village.at(f"/polls/{poll}"))["poll"]["phase"] == "final")

    page = village.people["dan"].get(village.at("/delegates"))

    found = [(one["number"], one["alike"], one["proposals"]) for one in page["recommended"]]
    assert found == [(2, 950, 6), (3, 217, 6)]
    assert village.people["ada"].get(village.at("/delegates"))["recommended"] == [], "she scored none of these"
    shown = Browser(village.pod).sign_in("dan").get(f"/g/{village.group}/delegates").text
    advice = re.sub("<[^>]+>|[\u2068\u2069]", "", shown.partition("Recommended for you")[2].partition("</ul>")[0])
    told = "because you and they agree by %s\u00a0%% on 6 options that both scored in final polls"
    assert [line.partition(": ")[2] for line in advice.split("member")[1:]] == [told % "95", told % "21.7"]
