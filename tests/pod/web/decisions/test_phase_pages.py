"""The phases before voting, by pages without scripts: members propose, predict and bet; bets stay hidden."""

from __future__ import annotations

import pytest

from pod.web.predictions.typed_prediction import PredictionForm
from tests.pod.web.decisions.parish import DAY, HOUR, Parish, settle
from tests.support.browsing import Browser, Seen
from tests.support.rig import RefusedByHttpError, ServedPod, eventually

SECOND = 1000


@pytest.fixture(scope="module")
def parish(pod: ServedPod) -> Parish:
    return settle(pod, propose=1, predict=1, bet=1)


def form_fields(page: Seen, end: str) -> list[tuple[str, str]]:
    return next(form for form in page.forms if form.action.endswith(end)).fields


def bet(browser: Browser, page: Seen, *values: str, press: tuple[str, str] = ("step", "bet")) -> Seen:
    """The bets' form with these values, in the order of the page."""
    typed = iter(values)
    fields = [(name, next(typed, value) if name == "value" else value) for name, value in form_fields(page, "/bets")]
    return browser.post(next(form for form in page.forms if form.action.endswith("/bets")).action, [*fields, press])


def withdrawn(parish: Parish, poll: str) -> str:
    """The proposal that its author withdrew."""
    (found,) = (one["id"] for one in parish.seen("bo", poll)["poll"]["options"] if one["withdrawn"])
    return str(found)


def erase(parish: Parish, name: str, *records: str) -> None:
    path = f"/api/v1/groups/{parish.group}/records"
    parish.people[name].post(path, {"type": "Erase", "records": list(records)})


@pytest.fixture(scope="module")
def poll(parish: Parish) -> str:
    """A poll that begins with proposals."""
    lengths = {"proposals": DAY, "predictions": HOUR, "bets": 13 * HOUR, "voting": 2 * DAY, "contest": HOUR}
    return parish.ask("score", title="The well?", options=[], lengths=lengths)


def test_dc_19_members_propose_and_what_was_proposed_stays_a_choice(parish: Parish, poll: str) -> None:
    ada, bo, path = parish.browser("ada"), parish.browser("bo"), parish.path(poll)
    for browser, title in ((ada, "Dig deeper"), (bo, "Buy a pump")):
        assert f"{path}/proposals#propose" in browser.get(path).text
        page = browser.get(f"{path}/proposals")
        done = browser.submit(page, "/proposals", title=title, text="As we said.\n\nIn May.", press="Propose")
        assert "It is proposed" in done.text
    eventually(lambda: "on its way" not in ada.get(path).text)
    cy = parish.browser("cy")
    nothing = cy.submit(cy.get(f"{path}/proposals"), "/proposals", title="", text="Only why", press="Propose")
    assert nothing.status == 400
    assert "Say in a few words what you propose." in nothing.text
    assert "Only why" in nothing.text
    assert "Members of the group propose." in parish.browser("eve").get(f"{path}/proposals").text

    text = ada.press(ada.get(f"{path}/proposals"), "Withdraw").text

    assert "It says so, and can be chosen all the same." in text
    eventually(lambda: "Its author no longer stands behind it" in bo.get(f"{path}/proposals").text)
    assert len(parish.seen("bo", poll)["poll"]["options"]) == 2
    with pytest.raises(RefusedByHttpError) as refusal:
        erase(parish, "ada", withdrawn(parish, poll))
    assert (refusal.value.status, refusal.value.problem["rule"]) == (409, "kept_for_ever")
    one = f"/api/v1/groups/{parish.group}/polls/{poll}/proposals/{withdrawn(parish, poll)}"
    with pytest.raises(RefusedByHttpError) as refusal:
        parish.people["ada"].send(one, {}, "DELETE")
    assert refusal.value.status in (404, 405)


def test_dc_13_where_no_proposal_is_sealed_yet_nobody_is_given_a_form_without_conditions(parish: Parish) -> None:
    poll = parish.ask("score", lengths={"predictions": DAY, "bets": HOUR, "voting": DAY, "contest": HOUR})
    shown = parish.browser("bo").get(f"{parish.path(poll)}/predictions").text
    assert "none is sealed here yet" in shown
    assert "Of several" not in shown


def test_members_predict_what_follows_from_a_choice(parish: Parish, poll: str) -> None:
    ada, bo, path = parish.browser("ada"), parish.browser("bo"), parish.path(poll)
    assert "End this phase now" not in bo.get(f"{path}/proposals").text
    ada.press(ada.get(f"{path}/proposals"), "End it now")
    parish.reach(poll, "predictions")
    pump = next(one["id"] for one in parish.seen("ada", poll)["poll"]["options"] if one["title"] == "Buy a pump")
    page = eventually(lambda: (seen := bo.get(f"{path}/predictions?if={pump}")) and "Of several" in seen.text and seen)

    refused = bo.submit(page, "/predictions", statement="Water all summer", due="1999-01-01", term=f"{pump}:yes")
    said = bo.submit(refused, "/predictions", due="2030-01-01", term=f"{pump}:yes")

    assert refused.status == 400
    assert "Choose a day after the voting" in refused.text
    assert "Water all summer" in refused.text
    assert "It is predicted" in said.text
    eventually(lambda: "On its way" not in ada.get(f"{path}/predictions").text)
    assert "“Buy a pump” is chosen" in ada.get(path).text
    assert "“Buy a pump” is chosen" in ada.get(f"{path}/predictions").text


def test_dc_13_dc_14_bets_are_counted_off_and_seen_by_nobody_else(parish: Parish, poll: str) -> None:
    bo, path = parish.browser("bo"), parish.path(poll)
    parish.pass_time(HOUR + SECOND)
    parish.reach(poll, "bets")
    assert "0 of 1 done." in bo.get(path).text
    cost = (
        "1 is left. If three others bet on it and disagree, leaving it out lowers your predictor score by 0.45 of 100"
    )
    assert cost in bo.get(f"{path}/bets").text
    statement = parish.seen("bo", poll)["statements"][0]["id"]
    page = bet(bo, bo.get(f"{path}/bets"), press=("put", f"{statement}:75"))
    assert ("value", "75") in form_fields(page, "/bets")

    wrong, nothing = bet(bo, page, "101"), bet(bo, page, "")
    # Until the item that ended the predictions is here, nobody knows on what one bets.
    sealed = eventually(lambda: (seen := bet(bo, page, "80")).status == 200 and seen)

    assert (wrong.status, nothing.status) == (400, 400)
    assert ("value", "101") in form_fields(wrong, "/bets")
    assert "Your bets are sealed." in sealed.text
    assert "1 of 1 done." in bo.get(path).text
    assert "you said 80" in bo.get(path).text
    assert "Voting hasn&#39;t begun. It begins at " in bo.get(f"{path}/vote").text
    for other in (parish.browser("ada"), parish.browser("cy"), parish.browser()):
        shown = other.get(path).text
        assert "you said" not in shown
        assert "What people bet is hidden until this phase ends." in shown


def test_bets_survive_the_way_to_proving_who_one_is_and_voting_follows(parish: Parish, poll: str) -> None:
    bo, path = parish.browser("bo"), parish.path(poll)
    parish.pass_time(12 * HOUR)

    asked = bet(bo, bo.get(f"{path}/bets"), "70")

    assert asked.path.startswith("/settings/confirm?to=")
    to = next(value for form in asked.forms for name, value in form.fields if name == "to")
    assert ("value", "70") in form_fields(bo.get(to), "/bets")
    parish.pass_time(HOUR)
    parish.reach(poll, "voting")
    assert "One can&#39;t bet in this poll now." in bo.get(f"{path}/bets").text
    ballot = parish.browser("cy").get(f"{path}/vote").text
    assert "Dig deeper" in ballot
    assert "In May." in ballot


@pytest.mark.parametrize("typed", ["", "tomorrow", "2026-13-01", "2026-02-30", "01/02/2026"])
def test_what_is_no_day_is_refused(typed: str) -> None:
    assert PredictionForm(due=typed).due_at is None


def test_a_prediction_is_due_when_its_day_is_over() -> None:
    assert PredictionForm(due="1970-01-02").due_at == 2 * DAY


def test_dc_13_what_people_bet_is_shown_beside_the_options_once_it_is_opened(parish: Parish, poll: str) -> None:
    browser, path = parish.browser("cy"), parish.path(poll)
    closed = [browser.get(parish.path(poll, rest)).text for rest in ("", "/vote")]

    eventually(lambda: "Opening" in parish.browser("cy").get(f"/g/{parish.group}/log.json").text)
    parish.pass_time(13 * HOUR)
    shown = eventually(
        lambda: (text := browser.get(path).text) and "What predictors think will happen" in text and text
    )

    assert not any("80\u00a0%" in text or "median" in text for text in closed)
    assert "80\u00a0%" in shown
    told = "All together: 80\u00a0%. 1 bet: 80\u00a0%."
    ballot = parish.browser("cy").get(f"{path}/vote").text.split("<fieldset")
    page = [option.partition("</ul>")[0] for option in shown.split("<li dir")]
    assert [told in option for option in ballot if "Buy a pump</legend>" in option] == [True]
    assert [told in option for option in page if "Buy a pump</strong>" in option] == [True]
    assert ["All together" in option for option in ballot if "Dig deeper</legend>" in option] == [False]
    assert ["All together" in option for option in page if "Dig deeper</strong>" in option] == [False]


def test_dc_19_what_its_author_withdrew_is_voted_on_and_can_win(parish: Parish, poll: str) -> None:
    dug, path = withdrawn(parish, poll), parish.path(poll)
    label = "its author no longer stands behind it; it can be chosen all the same"
    assert label in parish.browser("cy").get(f"{path}/vote").text.lower()
    parish.cast("cy", poll, scores={dug: 90})
    parish.logged("cy", poll)
    parish.pass_time(2 * DAY)
    parish.reach(poll, "provisional", "final")
    assert "“Dig deeper” won." in parish.browser().get(path).text
    assert parish.seen("ada", poll)["outcome"]["chosen"] == [dug]
