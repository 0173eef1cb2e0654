"""DC-01: a poll is written in six short steps without scripts; what was typed is kept, for its author alone."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pod.actions.decisions.poll_drafts import MOST_DRAFTS
from tests.support.browsing import Browser, Seen
from tests.support.people import joined
from tests.support.rig import Person, ServedPod, call, eventually

DAY = 86_400_000


@dataclass(frozen=True)
class Place:
    pod: ServedPod
    ada: Person
    bo: Person
    group: str

    @property
    def new(self) -> str:
        return f"/g/{self.group}/polls/new"

    def browser(self, name: str = "ada") -> Browser:
        return Browser(self.pod).sign_in(name)


@pytest.fixture(scope="module")
def place(pod: ServedPod) -> Place:
    ada, bo = pod.sign_up("ada"), pod.sign_up("bo")
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Well", "weight": 3000})["group"]
    joined(ada, group, bo, 1000)
    areas = [{"area": "land", "name": "Land"}, {"area": "water", "name": "Water", "parent": "land"}]
    ada.post(f"/api/v1/groups/{group}/operations", {"do": "set-policy", "with": {"areas": areas}})
    height = ada.get(f"/api/v1/groups/{group}")["settled_height"]
    eventually(lambda: ada.get(f"/api/v1/groups/{group}")["settled_height"] > height)
    return Place(pod, ada, bo, group)


def words(page: Seen) -> str:
    """The page without the letters that isolate a value's direction."""
    return page.text.replace("\u2068", "").replace("\u2069", "")


def send(browser: Browser, path: str, page: Seen, **fields: str) -> Seen:
    """Send fields with the token of a page's form, as a forger with an account would."""
    token = next(value for form in page.forms for name, value in form.fields if name == "form_token")
    return browser.post(path, [("form_token", token), *fields.items()])


def begin(browser: Browser, place: Place, title: str, **typed: str) -> Seen:
    """The second step of a new poll."""
    return browser.submit(browser.get(place.new), "polls/new", press="Next", title=title, **typed)


def with_kind(browser: Browser, page: Seen, kind: str, *options: str) -> Seen:
    """The third step, after a kind and its options."""
    page = browser.submit(page, "/kind", press="Next", kind=kind)
    return browser.submit(page, "/kind", press="Next", kind=kind, option=list(options)) if options else page


def test_dc_01_six_steps_make_a_poll(place: Place) -> None:
    ada = place.browser()
    page = begin(ada, place, "Where do we dig?", text="The well is dry.\n\nWe need another.", goal="Water for all")
    assert page.path.endswith("/kind")
    page = with_kind(ada, page, "predictions")
    assert page.path.endswith("/areas")
    page = ada.submit(page, "/areas", press="Next", area="water")
    assert page.path.endswith("/phases")
    page = ada.submit(page, "/phases", press="3 days")
    assert page.path.endswith("/phases")
    assert "All of it takes 3 days" in words(page)
    page = ada.submit(page, "/phases", press="Next")
    assert "2 members would be on the roll" in page.text
    page = ada.submit(page, "/votes", press="Next", percent="20")
    assert page.path.endswith("/preview")
    for told in ("Where do we dig?", "We need another.", "20 per cent of the roll", "A voter", "A delegate", "A guest"):
        assert told in words(page), told
    fixed = words(page).partition("What can't be changed later")[2] or words(page).partition("What can&#39;t")[2]
    for told in ("Where do we dig?", "Water", "20 per cent of the roll"):
        assert told in fixed, told
    # A day before the end would be when voting begins: delegates are never locked before half of it is over.
    assert "Delegates are locked 12 hours before the end" in words(page)
    done = ada.submit(page, "/preview", press="Publish")
    assert done.status != 400, words(done)
    polls = place.ada.get(f"/api/v1/groups/{place.group}/polls")["polls"]
    made = next(poll for poll in polls if poll["title"] == "Where do we dig?")
    assert done.path.startswith(f"/g/{place.group}/polls/{made['id']}")
    opened = eventually(lambda: place.ada.get(f"/api/v1/groups/{place.group}/polls/{made['id']}")["poll"]["times"])
    assert opened["voting_end"] - opened["opened_at"] == 3 * DAY
    assert (made["kind"], made["areas"]) == ("score", ["water"])
    assert "Where do we dig?" not in ada.get("/me/drafts").text


def test_dc_01_a_draft_survives_leaving_and_going_back(place: Place) -> None:
    ada = place.browser()
    page = with_kind(ada, begin(ada, place, "Which colour?"), "ranking", "Red", "Blue")
    left = ada.submit(page, "/areas", press="Keep and close", area="land")
    assert (left.path.partition("?")[0], "Your draft is kept" in left.text) == ("/me/drafts", True)
    again = place.browser()
    listed = again.get("/me/drafts").text
    assert "Which colour?" in listed
    draft = listed.partition(f"{place.new}/")[2].partition("/")[0]
    areas = again.get(f"{place.new}/{draft}/areas")
    assert ("area", "land") in areas.forms[-1].fields
    back = again.submit(areas, "/areas", press="Back", area="land")
    assert back.path.endswith("/kind")
    assert [value for name, value in back.forms[-1].fields if name == "option"][:2] == ["Red", "Blue"]
    assert again.submit(again.get("/me/drafts"), "/me/drafts", press="Delete", draft=draft).status == 200
    assert again.get(f"{place.new}/{draft}/areas").status == 404


def test_dc_01_nobody_but_its_author_finds_a_draft(place: Place) -> None:
    ada, bo = place.browser(), place.browser("bo")
    page = begin(ada, place, "A secret plan")
    permitted = {"do": "set-policy", "with": {"permissions": {"open-poll": 1000}}}
    place.ada.post(f"/api/v1/groups/{place.group}/operations", permitted)
    eventually(lambda: bo.get(place.new).status == 200)
    for seen in (bo.get(page.path), bo.get("/me/drafts"), Browser(place.pod).get(page.path)):
        assert "A secret plan" not in seen.text
    assert bo.get(page.path).status == 404
    assert send(bo, "/me/drafts", bo.get(place.new), draft=page.path.split("/")[-2]).status == 200
    assert ada.get(page.path).status == 200


def test_dc_01_who_may_not_start_a_poll_is_told_who_may(place: Place) -> None:
    wish = {"do": "set-policy", "with": {"permissions": {"open-poll": 2500}}}
    place.ada.post(f"/api/v1/groups/{place.group}/operations", wish)
    bo = place.browser("bo")
    refused = eventually(lambda: (seen := bo.get(place.new)).status == 403 and seen)
    assert "members with weight 2.5 or more start polls" in refused.text


REFUSED = [
    pytest.param("kind", {"kind": "ranking", "option": ["Red", "Red"]}, "has the name of another", id="twice"),
    pytest.param("kind", {"kind": "ranking", "option": ["Red"]}, "at least two options", id="one option"),
    pytest.param(
        "kind",
        {"kind": "date", "option": ["", ""], "start": ["2030-01-02T10:00"] * 2, "end": ["2030-01-02T09:00"] * 2},
        "the end comes later",
        id="date",
    ),
    pytest.param("phases", {"number": ["some"]}, "write how long it lasts", id="length"),
    pytest.param("phases", {"number": ["900"], "unit": ["weeks"]}, "at most two years", id="long"),
    pytest.param("phases", {"until": ["2001-01-01T00:00"]}, "end before it begins", id="order"),
    pytest.param("votes", {"percent": "120"}, "A quorum is a whole number", id="quorum"),
]


@pytest.mark.parametrize(("step", "typed", "told"), REFUSED)
def test_dc_01_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(
    place: Place, step: str, typed: dict[str, str | list[str]], told: str
) -> None:
    ada = place.browser()
    page = with_kind(ada, begin(ada, place, "Odd?"), str(typed.get("kind", "for-against")))
    draft = page.path.split("/")[-2]
    refused = ada.submit(ada.get(f"{place.new}/{draft}/{step}"), f"/{step}", press="Next", **typed)
    assert refused.status == 400
    assert refused.text.count(told) == 2 or step == "kind"
    assert told in refused.text
    for value in (one for values in typed.values() for one in ([values] if isinstance(values, str) else values)):
        assert value in refused.text
    ada.submit(ada.get("/me/drafts"), "/me/drafts", press="Delete", draft=draft)


def test_a_person_has_so_many_drafts_and_no_more(place: Place) -> None:
    ada = place.browser()
    answers = [begin(ada, place, f"Draft {number}").status for number in range(MOST_DRAFTS + 1)]
    assert answers[-1] == 413
    assert 413 not in answers[:10]
    for _ in range(MOST_DRAFTS):
        ada.submit(ada.get("/me/drafts"), "/me/drafts", press="Delete")
    assert "You have no drafts." in ada.get("/me/drafts").text


def test_a_template_goes_from_group_to_group(place: Place) -> None:
    ada = place.browser()
    page = with_kind(ada, begin(ada, place, "Dig?"), "for-against")
    draft = page.path.split("/")[-2]
    ada.submit(ada.get(f"{place.new}/{draft}/phases"), "/phases", press="Next", number=["5"], unit=["days"])
    preview = ada.get(f"{place.new}/{draft}/preview")
    ada.submit(preview, "/templates", press="Keep as a template", name="Five days")
    exported = ada.get(f"/g/{place.group}/polls/templates.json?name=Five%20days").text
    other = place.ada.post("/api/v1/groups", {"name": "Mill", "weight": 3000})["group"]
    path = f"/g/{other}/polls/templates"
    ada.submit(ada.get(path), "/templates", press="Import", text=exported)
    (held,) = place.ada.get(f"/api/v1/groups/{other}/poll-templates")["templates"]
    assert (held["name"], held["kind"], held["lengths"]["voting"]) == ("Five days", "for-against", 5 * DAY)
    begun = ada.get(f"/g/{other}/polls/new?template=Five+days")
    page = ada.submit(begun, "polls/new", press="Next", title="Mill?")
    draft = page.path.split("/")[-2]
    phases = ada.get(f"/g/{other}/polls/new/{draft}/phases")
    assert ("number", "5") in phases.forms[-1].fields
    assert send(ada, path, ada.get(path), do="import", text="{}").status == 400
    gone = call(
        "DELETE", f"{place.pod.door}/api/v1/groups/{other}/poll-templates/Five%20days", token=place.ada.account["token"]
    )
    assert gone == {}
    assert place.ada.get(f"/api/v1/groups/{other}/poll-templates")["templates"] == []


def test_dc_01_an_earlier_poll_is_asked_again(place: Place) -> None:
    ada = place.browser()
    wish = {
        "kind": "approval",
        "title": "What do we plant?",
        "options": [{"title": "Oak"}, {"title": "Ash"}],
        "lengths": {"voting": 3 * DAY},
    }
    poll = place.ada.post(f"/api/v1/groups/{place.group}/polls", wish)["record"]
    page = ada.submit(ada.get(f"{place.new}?copy={poll}"), "polls/new", press="Next")
    assert [value for name, value in page.forms[-1].fields if name == "option"][:2] == ["Oak", "Ash"]
