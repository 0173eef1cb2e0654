"""Delegates and lists of delegates on pages without scripts: declared, ranked, signed, followed to a ballot."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from tests.pod.web.decisions.parish import HOUR, Parish, settle
from tests.support.browsing import Browser, Seen
from tests.support.rig import ServedPod, eventually

AREAS = [{"area": "wells", "name": "Wells"}]


@pytest.fixture(scope="module")
def parish(pod: ServedPod) -> Parish:
    made = settle(pod, be_delegate=1000)
    ada = made.people["ada"]
    wish = {"do": "set-policy", "with": {"areas": AREAS}}
    ada.post(f"/api/v1/groups/{made.group}/operations", wish)
    eventually(lambda: "Wells" in made.browser("ada").get(f"/g/{made.group}/delegation").text)
    return made


def lists(parish: Parish, browser: Browser, query: str = "") -> Seen:
    return browser.get(f"/g/{parish.group}/delegation{query}")


def order(page: Seen) -> list[str]:
    """The members on the list in the form, by number."""
    form = next(form for form in page.forms if form.action.endswith("/delegation"))
    return [value for name, value in form.fields if name == "delegates"]


def pressed(parish: Parish, browser: Browser, page: Seen, step: str, **typed: str) -> Seen:
    form = next(form for form in page.forms if form.action.endswith("/delegation"))
    fields = [(name, value) for name, value in form.fields if name not in typed]
    return browser.post(f"/g/{parish.group}/delegation", [*fields, *typed.items(), ("step", step)])


def offer(parish: Parish, name: str, statement: str) -> Seen:
    browser, path = parish.browser(name), f"/g/{parish.group}/delegates/offer"
    return browser.submit(browser.get(path), path, press="Be a delegate", statement=statement)


def test_dc_11_a_member_declares_is_listed_resigns_and_stays_to_be_read(parish: Parish) -> None:
    seen = offer(parish, "cy", "I read all of it.")
    assert "You are a delegate." in seen.text
    assert "I read all of it." in parish.browser().get(f"/g/{parish.group}/delegates").text

    browser, path = parish.browser("cy"), f"/g/{parish.group}/delegates/offer"
    gone = browser.submit(browser.get(path), path, press="Resign", statement="Enough.")

    assert "no longer a delegate" in gone.text
    assert "I read all of it." in gone.text
    assert "I read all of it." not in parish.browser().get(f"/g/{parish.group}/delegates").text


def test_a_list_is_ranked_by_buttons_and_signed_with_a_receipt(parish: Parish) -> None:
    offer(parish, "ada", "Follow ada.")
    offer(parish, "bo", "Follow bo.")
    browser = parish.browser("cy")
    page = pressed(parish, browser, lists(parish, browser, "?area=wells&add=2"), "add", who="1")
    assert order(page) == ["2", "1"]
    page = pressed(parish, browser, page, "up-1")
    assert order(page) == ["1", "2"]
    assert order(pressed(parish, browser, page, "remove-0")) == ["2"]
    assert "isn't signed yet" in page.text or "isn&#39;t signed yet" in page.text

    signed = pressed(parish, browser, page, "save", until="2099-01-01")

    assert "Your list is signed." in signed.text
    assert "Signed as record" in signed.text
    assert order(signed) == ["1", "2"]
    kept = parish.people["cy"].get(f"/api/v1/groups/{parish.group}/delegations")["lists"]
    assert [(one["scope"], [named["number"] for named in one["delegates"]]) for one in kept] == [("area wells", [1, 2])]


def test_what_was_typed_stays_when_a_name_is_nobody_s(parish: Parish) -> None:
    browser = parish.browser("cy")
    page = pressed(parish, browser, lists(parish, browser, "?add=1"), "add", who="Nobody at all")
    assert page.status == 404
    assert order(page) == ["1"]
    assert "Nobody at all" in page.text
    assert 'role="alert"' in page.text
    wrong = pressed(parish, browser, lists(parish, browser, "?add=1"), "save", until="tomorrow")
    assert (wrong.status, order(wrong)) == (400, ["1"])


def test_dc_09_a_loop_is_named_before_it_is_signed_and_refuses_nothing(parish: Parish) -> None:
    ada, bo = parish.browser("ada"), parish.browser("bo")
    pressed(parish, ada, lists(parish, ada, "?add=2"), "save")

    looked = pressed(parish, bo, lists(parish, bo, "?add=1"), "look")

    way = re.findall(r"A loop: (.*?)\. It harms nothing", looked.text)[0]
    assert [re.sub(r"[\u2068\u2069]", "", one) for one in way.split(" → ")] == [
        "You (no. 2)",
        "member 1",
        "You (no. 2)",
    ]
    signed = pressed(parish, bo, looked, "save")
    assert signed.status == 200
    assert "A loop:" in signed.text
    for browser in (ada, bo):
        page = lists(parish, browser)
        assert order(pressed(parish, browser, pressed(parish, browser, page, "remove-0"), "save")) == []


def test_dc_07_the_way_of_a_vote_is_a_nested_list_with_the_reason_of_each_choice(parish: Parish) -> None:
    poll = parish.ask("score", areas=["wells"], lengths={"voting": 2 * HOUR, "lock": HOUR, "contest": 0})
    browser, path = parish.browser("cy"), parish.path(poll, "/my-vote")
    assert "As soon as somebody does, your vote follows." in browser.get(path).text
    parish.cast("ada", poll, scores={"00": 80, "01": 20})
    parish.cast("bo", poll, scores={"00": 10})
    parish.logged("ada", poll)
    parish.logged("bo", poll)

    seen = browser.get(path)

    assert "Your list for Wells holds here." in seen.text
    assert "Dig deeper: 80" in seen.text
    assert "used: has cast a ballot" in seen.text
    assert "not used: choice no. 2" in seen.text
    assert f"{parish.path(poll)}/vote" in seen.text
    assert "Your vote goes this way" in browser.get("/me/votes").text
    assert path in browser.get(parish.path(poll)).text
    preview = lists(parish, browser, f"?poll={poll}&add=2")
    assert "What it would do now" in preview.text
    assert "Nothing is signed yet" in preview.text


def test_dc_10_a_delegate_s_page_names_only_who_allows_it_and_says_that_the_log_is_public(parish: Parish) -> None:
    page = f"/g/{parish.group}/delegates/1"
    before = parish.browser("ada").get(page).text
    assert "/members/3" not in before
    assert "whoever may read the group can read it" in before
    browser = parish.browser("cy")
    pressed(parish, browser, lists(parish, browser, "?area=wells"), "save", named="true")
    assert "/members/3" in parish.browser("ada").get(page).text
    assert "1 in first place, 1 in all" in parish.browser().get(page).text


def test_pages_speak_swedish(parish: Parish) -> None:
    for path in ("/delegates", "/delegates/1", "/delegates/offer", f"/delegation?area={quote('wells')}"):
        text = parish.browser("cy", "sv").get(f"/g/{parish.group}{path}").text
        assert "delegat" in text
        assert "Whom my vote follows" not in text
    assert "Vart tog mina röster vägen?" in parish.browser("cy", "sv").get("/me/votes").text


def test_strangers_read_delegates_and_are_asked_to_sign_in_for_lists(parish: Parish) -> None:
    stranger = parish.browser()
    assert stranger.get(f"/g/{parish.group}/delegates").status == 200
    assert "/sign-in" in stranger.get(f"/g/{parish.group}/delegation").text
    assert parish.browser("eve").get(f"/g/{parish.group}/delegation").status == 403


def test_the_log_says_in_which_poll_somebody_chose_delegates(parish: Parish) -> None:
    poll = parish.ask(title="Which pump?")
    browser = parish.browser("cy")
    pressed(parish, browser, lists(parish, browser, f"?poll={poll}&add=2"), "save")
    line = "changed whom the vote follows in"
    log = eventually(lambda: (text := browser.get(f"/g/{parish.group}/log").text) and line in text and text)
    assert f'href="{parish.path(poll)}"' in log.split(line)[1].split("</")[0] + log.split(line)[1][:400]


def test_a_list_needs_a_fresh_proof_and_stays_in_the_form_until_it_is_given(parish: Parish) -> None:
    browser = parish.browser("cy")
    page = lists(parish, browser, "?add=2")
    parish.pass_time(13 * HOUR)

    refused = pressed(parish, browser, page, "save", until="2099-01-01")

    assert refused.status == 403
    assert 'role="alert"' in refused.text
    assert order(refused) == ["2"]
    assert 'value="2099-01-01"' in refused.text
    assert all(
        one["scope"] != "group"
        for one in parish.people["cy"].get(f"/api/v1/groups/{parish.group}/delegations")["lists"]
    )


def test_dc_07_what_one_can_do_about_ones_vote_fits_where_the_poll_stands(parish: Parish) -> None:
    lengths = {"proposals": HOUR, "voting": 24 * HOUR, "contest": HOUR}
    early, open_now = parish.ask("score", title="Early", options=[], lengths=lengths), parish.ask(title="Open")
    browser = parish.browser("bo")

    waits = browser.get(parish.path(early, "/my-vote")).text
    silent = browser.get(parish.path(open_now, "/my-vote")).text
    parish.cast("bo", open_now, choice="yes")
    parish.logged("bo", open_now)
    cast = browser.get(parish.path(open_now, "/my-vote")).text

    assert "Voting hasn" in waits
    assert '/vote"' not in waits
    assert "Vote in this poll" in silent
    assert "Change your ballot" in cast
    assert "Vote yourself instead" not in cast
