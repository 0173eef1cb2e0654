"""Somebody takes votes that weren't theirs out of a count, with the 24 words; a page says how the group decides."""

from __future__ import annotations

import pytest

from tests.pod.web.decisions.parish import HOUR, Parish, settle
from tests.support.rig import ServedPod, eventually


@pytest.fixture(scope="module")
def parish(pod: ServedPod) -> Parish:
    return settle(pod)


def test_votes_are_taken_out_of_a_count_with_the_words_of_the_account_alone(parish: Parish) -> None:
    poll = parish.ask()
    parish.cast("bo", poll, choice="yes")
    parish.logged("bo", poll)
    bo = parish.browser("bo")
    page = bo.get(parish.path(poll, "/contest"))
    assert "counts as not said" in page.text

    wrong = bo.submit(page, parish.path(poll, "/contest"), phrase=parish.people["cy"].account["phrase"])
    assert "not this account" in wrong.text
    assert " ".join(parish.people["cy"].account["phrase"].split()[:3]) not in wrong.text
    done = bo.submit(wrong, parish.path(poll, "/contest"), phrase=parish.people["bo"].account["phrase"])

    assert "Your votes are taken out of the count once the steward has sealed it." in done.text
    parish.pass_time(49 * HOUR)
    parish.reach(poll, "provisional")
    assert "Member 2 took their votes out of the count." in parish.browser().get(parish.path(poll)).text
    assert "You took your votes in this poll out of the count." in bo.get(parish.path(poll)).text
    own = bo.get(parish.path(poll, "/my-vote")).text
    assert "You took your votes in this poll out of the count." in own
    assert "It counts, whatever your delegates do." not in own
    parish.pass_time(2 * HOUR)
    parish.reach(poll, "voting")
    assert parish.seen("ada", poll)["poll"]["round"] == 3
    parish.pass_time(49 * HOUR)
    parish.reach(poll, "final")
    outcome = eventually(lambda: parish.seen("ada", poll)["outcome"])
    assert outcome["contested"]["voided"] == [2]
    assert (outcome["repeated"]["counted"], outcome["results"][0]["counted"]) == (0, 1)
    told = parish.browser().get(parish.path(poll)).text
    assert "Counted again without the votes that members took out" in told
    assert "Not carried: 0 for, 0 against." in told
    # Without bo's ballot nobody voted, so nothing is chosen; the group votes once more, and nobody does.
    assert (outcome["contested"]["stands"], outcome["chosen"]) == (False, [])


def test_a_final_result_with_proposals_is_contested_no_more(parish: Parish) -> None:
    poll = parish.ask("approval", lengths={"proposals": HOUR, "voting": HOUR, "contest": 0})
    bo = parish.browser("bo")
    page = bo.get(parish.path(poll, "/contest"))
    for phase in ("voting", "final"):
        parish.pass_time(HOUR)
        parish.reach(poll, phase)

    late = bo.submit(page, parish.path(poll, "/contest"), phrase=parish.people["bo"].account["phrase"])

    assert late.status == 409
    assert "can&#39;t be contested any more" in late.text


def test_how_the_group_decides_stands_on_a_page_for_everybody(parish: Parish) -> None:
    english = parish.browser().get(f"/g/{parish.group}/how-we-decide")
    swedish = parish.browser("", "sv").get(f"/g/{parish.group}/how-we-decide")

    ada = parish.browser("ada")
    here = ada.submit(ada.get(f"/g/{parish.group}/how-we-decide"), f"/g/{parish.group}/how-we-decide")

    assert "You are on the rolls of the polls that open here within a year." in here.text
    assert "I&#39;m still here" not in english.text
    assert "What if I don&#39;t vote?" in english.text
    assert "Så beslutar vi här" in swedish.text
    assert f"/g/{parish.group}/how-we-decide" in parish.browser().get(f"/g/{parish.group}/polls").text
