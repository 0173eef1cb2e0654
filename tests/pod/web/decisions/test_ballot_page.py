"""Voting in a browser without scripts: every kind of ballot, faults, proof of oneself, receipt, deadline and lock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from protocol.log import leaf_hash, verify_inclusion
from protocol.records.envelope import open_record
from tests.pod.web.decisions.parish import DAY, HOUR, Parish, settle
from tests.support.browsing import Browser, Seen
from tests.support.post_office import PostOffice
from tests.support.rig import RefusedByHttpError, ServedPod, eventually

SECOND = 1000


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    with PostOffice() as post:
        yield post


@pytest.fixture(scope="module")
def parish(pod: ServedPod, office: PostOffice) -> Parish:
    office.configure(pod)
    return settle(pod)


def values(page: Seen) -> dict[str, str]:
    """What stands beside each option."""
    form = next(form for form in page.forms if form.action.endswith("/vote"))
    options = [value for name, value in form.fields if name == "option"]
    return dict(zip(options, [value for name, value in form.fields if name == "value"], strict=True))


def send(browser: Browser, page: Seen, typed: dict[str, str], press: tuple[str, str] = ("step", "cast")) -> Seen:
    """The ballot with these values beside its options, sent by a button."""
    form = next(form for form in page.forms if form.action.endswith("/vote"))
    assert press in [(name, value) for name, value, _ in form.buttons]
    fields, option = [], ""
    for name, value in form.fields:
        option = value if name == "option" else option
        fields.append((name, typed.get(option, value) if name == "value" else value))
    return browser.post(form.action, [*fields, press])


CASES: dict[str, tuple[dict[str, Any], list[tuple[str, str]], dict[str, Any], str]] = {
    "approval": ({}, [("tick", "00"), ("tick", "02")], {"approvals": ["00", "02"]}, "Carry water"),
    "for-against": ({}, [("choice", "no")], {"choice": "no"}, "Against"),
    "date": (
        {"options": [{"title": "Sunday", "start": 9**13, "end": 9**13 + HOUR}]},
        [("tick", "00")],
        {"approvals": ["00"]},
        "Sunday",
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_dc_04_dc_05_a_ballot_is_cast_and_a_receipt_says_what_it_said(parish: Parish, kind: str) -> None:
    wish, typed, said, words = CASES[kind]
    poll = parish.ask(kind, **wish)
    browser, page = parish.ballot("bo", poll)
    form = next(form for form in page.forms if form.action.endswith("/vote"))

    receipt = browser.post(form.action, [*form.fields, *typed, ("step", "cast")])

    assert receipt.path == parish.path(poll, "/receipt")
    own = parish.seen("bo", poll)["own"]
    assert {name: own["says"][name] for name in said} == said
    for told in ("Your ballot is cast", words, own["record"], str(own["says"]["counter"]), "Change your ballot"):
        assert told in receipt.text
    again = browser.get(parish.path(poll, "/vote"))
    boxes = next(form for form in again.forms if form.action.endswith("/vote")).fields
    assert all(field in boxes for field in typed)


def test_dc_04_scores_are_typed_set_by_buttons_and_left_out(parish: Parish) -> None:
    poll = parish.ask("score")
    browser, page = parish.ballot("bo", poll)
    page = send(browser, page, {"00": "70", "01": "20"}, ("put", "02:75"))
    assert values(page) == {"00": "70", "01": "20", "02": "75"}
    page = send(browser, page, {}, ("put", "01:"))

    receipt = send(browser, page, {})

    assert receipt.path == parish.path(poll, "/receipt")
    assert parish.seen("bo", poll)["own"]["says"]["scores"] == {"00": 70, "02": 75}
    assert "Buy a pump" not in receipt.text


def test_dc_04_a_ranking_is_made_by_arrows_alone(parish: Parish) -> None:
    poll = parish.ask("ranking")
    browser, page = parish.ballot("bo", poll)
    for press in ("02:up", "00:up", "00:up"):
        page = send(browser, page, {}, ("move", press))
    assert list(values(page))[:2] == ["00", "02"]

    assert send(browser, page, {}).path == parish.path(poll, "/receipt")

    assert parish.seen("bo", poll)["own"]["says"]["ranking"] == ["00", "02"]


def test_dc_06_a_void_ballot_is_not_cast_and_all_that_was_typed_stays(parish: Parish) -> None:
    poll = parish.ask("score")
    browser, page = parish.ballot("cy", poll)

    wrong = send(browser, page, {"00": "70", "01": "170"})
    nothing = send(browser, page, {})

    assert (wrong.status, nothing.status) == (400, 400)
    assert values(wrong) == {"00": "70", "01": "170", "02": ""}
    assert wrong.text.count("Write a whole number from 0 to 100") == 1
    assert 'aria-describedby="how e-01" aria-invalid="true"' in wrong.text
    assert "Give at least one option a score, or vote blank." in nothing.text.split("<form")[0]
    assert parish.seen("cy", poll)["own"] is None


def test_dc_05_the_last_ballot_counts_blank_is_one_and_withdrawing_takes_it_back(parish: Parish) -> None:
    poll = parish.ask("score")
    browser, page = parish.ballot("bo", poll)
    send(browser, page, {"00": "70"})
    page = browser.get(parish.path(poll, "/vote"))
    assert values(page)["00"] == "70"

    blank = send(browser, page, {}, ("step", "blank"))
    says = parish.seen("bo", poll)["own"]["says"]
    taken = send(browser, browser.get(parish.path(poll, "/vote")), {}, ("step", "withdraw"))

    assert "Blank" in blank.text
    assert says["blank"]
    assert "Withdrawn" in taken.text
    assert parish.seen("bo", poll)["status"]["can"] == "vote"
    assert "withdraw" not in [
        value for form in browser.get(parish.path(poll, "/vote")).forms for _, value, _ in form.buttons
    ]


def test_dc_05_the_receipt_proves_that_the_ballot_stands_in_the_log(parish: Parish) -> None:
    poll = parish.ask()
    parish.cast("bo", poll, choice="yes")
    index = parish.logged("bo", poll) - 1
    browser = parish.browser("bo")

    receipt, page = browser.get(parish.path(poll, "/receipt")), browser.get(parish.path(poll))
    file = parish.browser("bo").get(parish.path(poll, "/receipt.json"))

    assert "Your ballot stands in the group&#39;s log ✓" in receipt.text
    assert "Your ballot stands in the group&#39;s log ✓" in page.text
    proof = msgspec.json.decode(file.text)
    steps = [bytes.fromhex(step) for step in proof["proof"]["path"]]
    root = bytes.fromhex(proof["item"]["log"]["root"])
    record = open_record(proof["record"])
    assert proof["proof"]["leaf"] == index
    assert record.id == parish.seen("bo", poll)["own"]["record"]
    assert verify_inclusion(leaf_hash(record.id), index, proof["item"]["log"]["size"], steps, root)
    assert parish.browser("cy").get(parish.path(poll, "/receipt")).status == 404


def test_a_ballot_survives_the_way_to_proving_who_one_is(parish: Parish, office: PostOffice) -> None:
    poll = parish.ask("score", lengths={"voting": 9 * DAY, "contest": HOUR})
    browser, page = parish.ballot("bo", poll)
    parish.pass_time(13 * HOUR)

    asked = send(browser, page, {"00": "70", "02": "5"})

    assert asked.path.startswith("/settings/confirm?to=")
    sent = browser.submit(asked, "/confirm/mail")
    back = browser.submit(sent, "/settings/confirm", code=office.code_to("bo@mail.example"))
    assert back.path.startswith(parish.path(poll, "/vote?"))
    assert values(back) == {"00": "70", "01": "", "02": "5"}
    assert "nothing is cast yet" in back.text
    assert parish.seen("bo", poll)["own"] is None
    assert send(browser, back, {}).path == parish.path(poll, "/receipt")


def test_dc_03_pages_and_api_agree_a_second_before_and_after_the_deadline(parish: Parish) -> None:
    poll = parish.ask("score", lengths={"voting": HOUR, "contest": HOUR})
    browser, page = parish.ballot("bo", poll)
    times = parish.seen("bo", poll)["poll"]["times"]
    early = parish.offset
    parish.pass_time(HOUR - 30 * SECOND)
    assert parish.seen("bo", poll)["status"]["can"] == "vote"
    assert "until" in browser.get(parish.path(poll)).text
    assert send(browser, page, {"00": "70"}).path == parish.path(poll, "/receipt")
    parish.cast("cy", poll, scores={"00": 1})
    parish.pass_time(times["voting_end"] - times["opened_at"] - (parish.offset - early) + SECOND)

    late = send(browser, page, {"00": "7"})

    assert late.status == 409
    assert "The poll takes this from" in late.text
    assert values(late)["00"] == "7"
    with pytest.raises(RefusedByHttpError) as refusal:
        parish.cast("cy", poll, scores={"00": 2})
    assert (refusal.value.status, refusal.value.problem["rule"]) == (late.status, "not_now")
    assert parish.seen("bo", poll)["own"]["says"]["scores"] == {"00": 70}
    assert "Voting has ended." in browser.get(parish.path(poll, "/vote")).text


def test_dc_08_after_the_lock_a_delegate_is_frozen_and_others_override_until_the_end(parish: Parish) -> None:
    group = parish.group
    parish.people["cy"].post(f"/api/v1/groups/{group}/records", {"type": "Delegate", "declared": True})
    browser = parish.browser("bo")
    poll = parish.ask("score", lengths={"voting": 2 * HOUR, "lock": HOUR // 2, "contest": HOUR})
    parish.people["bo"].post(f"/api/v1/groups/{group}/records", {"type": "Delegation", "delegates": [3]})
    parish.cast("cy", poll, scores={"00": 80})
    parish.logged("cy", poll)
    eventually(lambda: parish.seen("cy", poll)["status"]["delegated"] == 1)
    delegate, ballot = parish.ballot("cy", poll)
    assert "+1 voice: one other vote follows yours in this poll." in ballot.text
    assert "member 3" not in browser.get(parish.path(poll, "/vote")).text, "a delegate may still change it"
    assert browser.get(parish.path(poll, "/standpoints.svg")).status == 404
    parish.pass_time(2 * HOUR - HOUR // 4)
    locked = eventually(
        lambda: (text := browser.get(parish.path(poll, "/vote")).text) and "🔒 member 3" in text and text
    )

    frozen = send(delegate, ballot, {"00": "1"})
    page = browser.get(parish.path(poll, "/vote"))
    own = send(browser, page, {"00": "10"})

    assert "If you cast nothing, your vote follows member 3." in locked
    assert "member 3 gave most to “Dig deeper”: 80 of 100." in locked
    assert "The group" not in locked, "what others gave is told after the end"
    assert "withdraw it, and your vote follows member 3." in browser.get(parish.path(poll, "/vote")).text
    assert "On average you and member 3 are 70 points apart" in browser.get(parish.path(poll, "/vote")).text
    assert "<svg" in browser.get(parish.path(poll, "/standpoints.svg")).text
    assert parish.browser().get(parish.path(poll, "/standpoints.svg")).status == 404
    assert frozen.status == 409
    assert "delegates are frozen: what you said before the lock counts" in frozen.text
    assert "🔒" in delegate.get(parish.path(poll)).text
    assert own.path == parish.path(poll, "/receipt")
    assert parish.seen("cy", poll)["bar"] == "locked"
    assert parish.seen("cy", poll)["own"]["says"]["scores"] == {"00": 80}
    with pytest.raises(RefusedByHttpError) as refusal:
        parish.cast("cy", poll, scores={"00": 1})
    assert (refusal.value.status, refusal.value.problem["rule"]) == (409, "delegate_locked")
    parish.logged("bo", poll)
    parish.pass_time(HOUR // 4 + SECOND)
    parish.reach(poll, "provisional", "final")
    (result,) = parish.seen("bo", poll)["outcome"]["results"]
    assert result["options"][0]["support"] == {"direct": 80 + 10, "delegated": 0}


def test_dc_05_after_the_end_the_page_says_by_itself_that_the_ballot_is_in_the_count(parish: Parish) -> None:
    poll = parish.ask(lengths={"voting": HOUR, "contest": HOUR})
    browser, page = parish.ballot("bo", poll)
    form = next(form for form in page.forms if form.action.endswith("/vote"))
    browser.post(form.action, [*form.fields, ("choice", "yes"), ("step", "cast")])
    parish.logged("bo", poll)
    parish.pass_time(HOUR + SECOND)
    parish.reach(poll, "provisional", "final")

    assert "Your ballot is in the count ✓" in browser.get(parish.path(poll)).text
    assert "Your ballot is in the count ✓" in browser.get(parish.path(poll, "/receipt")).text
