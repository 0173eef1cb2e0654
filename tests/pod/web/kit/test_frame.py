"""The frame of all pages: languages, forms that can't be forged, problems told as pages, redirects that stay here."""

from __future__ import annotations

import pytest

from pod.translations import preferred, translator_for
from pod.web.kit.way_back import local_path
from tests.support.browsing import Browser
from tests.support.rig import ServedPod


@pytest.fixture(scope="module")
def served(pod: ServedPod) -> ServedPod:
    pod.sign_up("ada")
    pod.start()
    return pod


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("de,en;q=0.5,sv;q=0.1", "en"),
        ("de", None),
        ("", None),
        ("sv;q=0", None),
        ("x" * 10_000, None),
        ("sv;q=NaN,;;,*", None),
    ],
)
def test_ax_06_the_language_is_what_the_browser_prefers(accepted: str, language: str | None) -> None:
    assert preferred(accepted) == language


def test_ax_06_numbers_are_written_as_the_language_writes_them() -> None:
    assert translator_for("en").score(2_500_000) == "+2.5"
    assert translator_for("sv").score(-2_500_000) == "−2,5"
    assert translator_for("sv").many("%(count)s a", "%(count)s b", 12_345) == "12\xa0345 b"
    assert translator_for("en").moment(2**52) == ""


def test_ax_06_a_chosen_language_stays(served: ServedPod) -> None:
    browser = Browser(served)
    assert 'lang="en"' in browser.get("/").text
    page = browser.get("/language?back=/nowhere")
    assert browser.submit(page, "/language", press="Svenska").path == "/nowhere"
    assert '<html lang="sv">' in browser.get("/").text


def test_ax_06_a_signed_in_persons_language_follows_to_another_browser(served: ServedPod) -> None:
    first = Browser(served).sign_in("ada")
    first.submit(first.get("/language"), "/language", press="Svenska")
    assert '<html lang="sv">' in Browser(served).sign_in("ada").get("/").text
    first.submit(first.get("/language"), "/language", press="English")


def test_who_meets_nothing_at_an_address_stays_signed_in_on_that_page(served: ServedPod) -> None:
    page = Browser(served).sign_in("ada").get("/nothing/here")
    assert page.status == 404
    assert 'href="/settings"' in page.text
    assert 'href="/sign-in' not in page.text
    assert 'href="/sign-in' in Browser(served).get("/nothing/here").text


FORGED = {
    "no token": ({}, {}),
    "another visit's token": ({"form_token": "0" * 64}, {}),
    "another origin": ({}, {"Origin": "https://evil.example"}),
    "the null origin": ({}, {"Origin": "null"}),
    "another site": ({}, {"Sec_Fetch_Site": "cross-site"}),
    "a sister domain": ({}, {"Sec_Fetch_Site": "same-site"}),
}


@pytest.mark.parametrize("signed_in", [False, True], ids=["visitor", "signed in"])
@pytest.mark.parametrize("case", FORGED)
def test_ax_10_a_forged_form_is_refused(served: ServedPod, case: str, *, signed_in: bool) -> None:
    browser = Browser(served).sign_in("ada") if signed_in else Browser(served)
    fields, headers = FORGED[case]
    page = browser.get("/language")
    sound = dict(next(form for form in page.forms if form.action == "/language").fields)
    spoiled = sound | {"language": "sv"} | fields
    if case == "no token":
        del spoiled["form_token"]
    answer = browser.post("/language", list(spoiled.items()), **headers)
    assert answer.status == 403
    assert "isn&#39;t from this visit" in answer.text
    assert browser.post("/language", list((sound | {"language": "en"}).items()), Origin=served.url).status == 200


def test_ax_10_one_visitors_token_opens_nothing_for_another(served: ServedPod) -> None:
    mine, theirs = Browser(served), Browser(served)
    token = dict(mine.get("/language").forms[0].fields)["form_token"]
    theirs.get("/language")
    assert theirs.post("/language", [("language", "sv"), ("form_token", token)]).status == 403


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:alert(1)",
        "/a\nb",
        "",
        "/a b",
    ],
)
def test_ax_10_no_form_sends_people_elsewhere(path: str) -> None:
    assert local_path(path) == "/"


def test_ax_10_every_page_forbids_frames_scripts_of_others_and_sniffing(served: ServedPod) -> None:
    for path in ("/", "/nowhere", "/language"):
        headers = Browser(served).get(path).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_ax_10_cookies_are_out_of_reach_of_scripts_and_other_sites(served: ServedPod) -> None:
    (cookie,) = Browser(served).get("/language").headers.get_all("Set-Cookie") or []
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_ax_10_a_page_with_a_form_says_that_it_is_one_visitors(served: ServedPod) -> None:
    browser = Browser(served)
    assert browser.get("/language").headers["Cache-Control"] == "private, no-cache"
    assert browser.get("/").headers["Cache-Control"] == "no-cache"


def test_ax_08_a_problem_page_says_what_why_next_and_the_number_in_the_log(served: ServedPod) -> None:
    answer = Browser(served).get("/nowhere")
    assert answer.status == 404
    assert "There is nothing at this address." in answer.text
    assert 'href="/search"' in answer.text
    number = answer.headers["X-Request-Id"]
    assert number in answer.text
    assert number in served.folder.with_suffix(".log").read_text()


def test_ax_08_programs_still_get_a_problem_document(served: ServedPod) -> None:
    answer = Browser(served).get("/nowhere", Accept="application/json")
    assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (404, "application/problem+json")
