"""A score poll lives its whole life on three pods: proposals, predictions, bets, a tie, a lot, a contest."""

from __future__ import annotations

import json

import pytest

from decisions.bundle.verify import verify
from tests.support.polling_parish import DAY, HOUR, PollingParish, prediction, soon
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

pytestmark = pytest.mark.slow

PODS = 3


@pytest.fixture(scope="module")
def parish(pods: list[ServedPod]) -> PollingParish:
    return PollingParish(pods)


def refused(person: Person, path: str, body: object) -> str:
    with pytest.raises(RefusedByHttpError) as refusal:
        person.send(path, body)
    return str(refusal.value.problem["rule"])


def test_dc_18_a_tie_goes_to_a_second_round_and_then_to_a_lot_and_a_contest_is_counted_once(
    parish: PollingParish,
) -> None:
    poll = parish.ask(areas=["water"])
    parish.reached(poll, "proposals")
    north, south = propose(parish, poll)
    parish.pass_time(HOUR)
    parish.reached(poll, "predictions")
    statement = predict(parish, poll, north)
    parish.ada.post(parish.path(poll, "fast-forward"), {})
    parish.reached(poll, "bets")
    bet(parish, poll, statement)
    parish.pass_time(HOUR)
    parish.reached(poll, "voting")
    opened = eventually(lambda: len(found := parish.opened(parish.cy, poll)) == 3 and found)
    assert sorted(value[statement] for value in opened) == [321, 456, 789]
    tie(parish, poll, {north: 60, south: 60})
    parish.pass_time(2 * HOUR)
    parish.reached(poll, "bets", held=2)
    assert parish.seen(parish.bo, poll)["outcome"]["results"][0]["winners"] == [north, south]
    parish.pass_time(HOUR)
    parish.reached(poll, "voting", held=2)
    tie(parish, poll, {north: 10, south: 10})
    eventually(lambda: any(one["type"] == "LotShare" for one in parish.entries(parish.cy)))
    parish.pass_time(2 * HOUR)
    parish.reached(poll, "drawing", held=2)
    parish.pass_time(DAY)
    parish.reached(poll, "provisional", held=2)
    leave_share_out(parish, poll)
    contest(parish, poll, [north, south])
    check_files(parish, poll)
    leave_share_out(parish, poll)


def propose(parish: PollingParish, poll: str) -> list[str]:
    """Bo proposes and withdraws, cy proposes; both stay options."""
    proposals = parish.path(poll, "proposals")
    north = parish.bo.post(proposals, {"title": "North"})["record"]
    south = parish.cy.post(proposals, {"title": "South"})["record"]
    word = parish.bo.post(f"{proposals}/{north}/withdrawal", {})["record"]
    assert refused(parish.bo, parish.path(poll, "predictions"), prediction(north, at=DAY)) == "not_now"
    parish.logged(north, south, word)
    return [north, south]


def predict(parish: PollingParish, poll: str, north: str) -> str:
    options = parish.seen(parish.cy, poll)["poll"]["options"]
    assert [(one["title"], one["withdrawn"]) for one in options] == [("North", True), ("South", False)]
    assert refused(parish.bo, parish.path(poll, "proposals"), {"title": "East"}) == "not_now"
    predictions = parish.path(poll, "predictions")
    due_at = parish.seen(parish.ada, poll)["poll"]["times"]["voting_end"] + 40 * HOUR
    statement = soon(parish.bo.post, predictions, prediction(north, at=due_at))
    assert refused(parish.bo, predictions, prediction(poll, at=10**15)) == "unsound"
    parish.logged(statement)
    return statement


def bet(parish: PollingParish, poll: str, statement: str) -> None:
    """All bet, ada twice; nobody sees anybody else's bets."""
    for person, value in zip(parish.people, (123, 456, 789), strict=True):
        soon(person.put, parish.path(poll, "bets"), {"bets": {statement: value}})
    parish.logged(parish.ada.put(parish.path(poll, "bets"), {"bets": {statement: 321}})["record"])
    assert [parish.seen(person, poll)["bets"] for person in parish.people] == [
        {statement: value} for value in (321, 456, 789)
    ]
    assert parish.opened(parish.cy, poll) == []


def leave_share_out(parish: PollingParish, poll: str) -> None:
    """Of a file with the lot, final or not yet, leaving a share out is named: from the lot, or from the records."""
    data = json.dumps(parish.cy.get(parish.path(poll, "bundle")))

    def faults(*, stated: bool, logged: bool) -> list[str]:
        file = json.loads(data)
        if stated:
            file["stated"]["drawing"] |= {"opened": [], "unopened": [1]}
        if logged:
            file["records"].remove(next(one for one in file["records"] if one["type"] == "LotShare"))
        return [fault.rule.key for fault in verify(json.dumps(file).encode()).faults]

    assert faults(stated=False, logged=False) == []
    assert faults(stated=True, logged=False) == ["wrong_lot"]
    assert faults(stated=False, logged=True) == ["record_missing"]


def contest(parish: PollingParish, poll: str, tied: list[str]) -> None:
    """Cy voids a ballot; without it both tie as before, so the result stands, and says so for ever."""
    outcomes = [parish.seen(person, poll)["outcome"] for person in parish.people]
    assert outcomes[0] == outcomes[1] == outcomes[2]
    drawing = outcomes[0]["drawing"]
    assert (drawing["opened"], drawing["unopened"], drawing["by_one_pod"]) == ([1], [], True)
    assert outcomes[0]["chosen"] == [drawing["winner"]]
    void, others = parish.path(poll, "void"), {"phrase": parish.bo.account["phrase"]}
    assert refused(parish.cy, void, others) == "not_this_accounts_phrase"
    parish.cy.post(void, {"phrase": parish.cy.account["phrase"]})
    parish.agree()
    parish.pass_time(6 * HOUR)
    parish.reached(poll, "final", held=2)
    after = [parish.seen(person, poll)["outcome"] for person in parish.people]
    assert after[0] == after[1] == after[2]
    assert after[0]["contested"] == {"voided": [3], "winners": tied, "stands": True}
    assert after[0]["chosen"] == [drawing["winner"]]


def check_files(parish: PollingParish, poll: str) -> None:
    chosen = tuple(parish.seen(parish.ada, poll)["outcome"]["chosen"])
    for person in parish.people:
        verdict = verify(json.dumps(person.get(parish.path(poll, "bundle"))).encode())
        assert (verdict.faults, verdict.final, verdict.chosen) == ((), True, chosen)


def tie(parish: PollingParish, poll: str, scores: dict[str, int]) -> None:
    ballots = parish.path(poll, "ballots")
    parish.logged(*(soon(person.post, ballots, {"scores": scores}) for person in parish.people))
