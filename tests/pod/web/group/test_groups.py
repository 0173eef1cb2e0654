"""Groups in a browser: what kind they are in words, founded, found, followed, joined by link from another pod."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product

import pytest
from markupsafe import escape

from federation.rules.answers import RemoteFault
from pod.translations import translator_for
from pod.web.group.membership import pod_in
from pod.web.group.wording import GroupKind, kind_sentence, weight_in
from protocol.errors import MalformedError
from tests.support.browsing import Browser, Seen
from tests.support.rig import Person, ServedPod, eventually, worker_number
from tests.support.writing import an_id

EVIL = "<script>alert('x')</script>"
VISIBILITIES = ("private", "unlisted", "public")
SIGNS = (-1, 0, 1)
# By (visibility, sign of others_weight, sign of default_score): how the sentence begins, and what else it says.
KINDS = {"private": "A private group"}
OTHERS = {-1: "A closed group", 1: "An open group"}
PEOPLE: dict[str, Person] = {}
SWEDISH = {
    "A private group": "En privat grupp",
    "A closed group": "En sluten grupp",
    "An open group": "En öppen grupp",
    "A moderated group": "En modererad grupp",
    "A read-only group": "En läsgrupp",
}
READS = {"private": "members alone", "unlisted": "no list shows it", "public": "everybody reads it"}
UNVOTED = {-1: "needs votes of more than 2.0", 0: "nobody voted on stays hidden", 1: "nobody voted on is shown"}


@pytest.mark.parametrize("case", list(product(VISIBILITIES, SIGNS, SIGNS)), ids=str)
def test_md_21_the_sentence_says_what_kind_of_group_it_is(case: tuple[str, int, int]) -> None:
    visibility, others, default = case
    kind = GroupKind(visibility, others * 500, default * 2_000_000)
    moderated = "A moderated group" if default > 0 else "A read-only group"
    name = KINDS.get(visibility) or OTHERS.get(others) or moderated
    told = kind_sentence(translator_for("en"), kind)
    assert told.startswith(f"{name}: ")
    assert READS[visibility] in told
    assert UNVOTED[default] in told
    assert told.count(".") - told.count("0.5") - told.count("2.0") == 1, "one sentence"
    assert ("weight 0.5" in told) == (others > 0 and visibility != "private")
    assert kind_sentence(translator_for("sv"), kind).startswith(f"{SWEDISH[name]}: ")


@pytest.mark.parametrize(("typed", "weight"), [("1", 1000), ("0.5", 500), ("−2,25", -2250), (" 3.125 ", 3125)])
def test_a_weight_is_read_as_people_write_it(typed: str, weight: int) -> None:
    assert weight_in(typed) == weight


@pytest.mark.parametrize("typed", ["", "one", "1.2345", "1e3", "٣", "1 000"])
def test_what_is_no_weight_is_refused(typed: str) -> None:
    with pytest.raises(MalformedError):
        weight_in(typed)


@pytest.mark.parametrize("typed", ["javascript:alert(1)", "", "a b", "//", "https://", "pod.example\n.evil", "x/../y"])
def test_ax_10_what_is_no_pods_address_leads_nowhere(typed: str) -> None:
    try:
        assert pod_in(typed).startswith("https://")
    except MalformedError:
        return
    pytest.fail("an address was made of it")


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("pod.example", "https://pod.example"),
        ("ada@pod.example", "https://pod.example"),
        ("http://a.b/c?d#e", "http://a.b"),
    ],
)
def test_somebodys_pod_is_found_in_what_they_type(typed: str, origin: str) -> None:
    assert pod_in(typed) == origin


@pytest.fixture(scope="module")
def pods(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServedPod, ServedPod]]:
    made = [ServedPod(tmp_path_factory.mktemp("pods") / name, worker_number(), 12 + n) for n, name in enumerate("ab")]
    try:
        for pod in made:
            pod.create()
            PEOPLE[pod.url] = pod.sign_up("ada" if pod is made[0] else "bo")
            pod.start()
        yield made[0], made[1]
    finally:
        for pod in made:
            pod.kill()


@pytest.fixture(scope="module")
def ada(pods: tuple[ServedPod, ServedPod]) -> Browser:
    return Browser(pods[0]).sign_in("ada")


def found(browser: Browser, name: str, **answers: str) -> str:
    page = browser.get("/groups/new")
    look = browser.submit(page, "/groups/new", press="Look at it first", name=name, **answers)
    assert look.status == 200, look.text
    return browser.submit(look, "/groups/new", press="Found it").path.split("?")[0]


def joined(browser: Browser, path: str) -> bool:
    return "You are member" in browser.get(path).text


def test_ax_03_a_group_is_founded_by_three_questions_and_looked_at_first(ada: Browser) -> None:
    page = ada.get("/groups/new")
    look = ada.submit(
        page, "/groups/new", press="Look at it first", name="Well keepers", visibility="unlisted", decides="joiners"
    )
    assert "An open group: everybody who has its address can read it" in look.text
    again = ada.submit(look, "/groups/new", press="Change something")
    assert 'value="Well keepers"' in again.text
    group = ada.submit(look, "/groups/new", press="Found it")
    assert "The group is founded." in group.text
    assert "<bdi>Well keepers</bdi>" in group.text
    assert "Write the first post" in group.text


@pytest.mark.parametrize(("decides", "least"), [("given", 1), ("joiners", 1000), ("invited", 1)])
def test_who_decides_in_a_new_group_takes_part_in_polls(ada: Browser, decides: str, least: int) -> None:
    path = found(ada, f"Group of {decides}", decides=decides)

    root = json.loads(ada.get(f"{path}/chain/0").text)

    assert set(root["permissions"].values()) == {least}
    assert {"open-poll", "propose", "bet", "vote", "evaluate"} <= set(root["permissions"])
    assert "fast-forward" not in root["permissions"]


def test_ax_08_a_refused_form_keeps_what_was_typed(ada: Browser) -> None:
    page = ada.submit(ada.get("/groups/new"), "/groups/new", press="Look at it first", name="", description="of stones")
    assert page.status == 400
    assert 'role="alert"' in page.text
    assert "of stones" in page.text


def test_ax_10_what_people_write_is_escaped_on_every_page_of_the_group(ada: Browser) -> None:
    group = found(ada, f"Name {EVIL}", description=f"About {EVIL}")
    for path in (group, f"{group}/about", f"{group}/invitations", "/groups", "/", "/follows"):
        text = ada.get(path).text
        assert "<script" not in text, path
    assert "&lt;script&gt;" in ada.get(f"{group}/about").text


def test_a_private_group_has_no_page_for_others(ada: Browser, pods: tuple[ServedPod, ServedPod]) -> None:
    group = found(ada, "Secret circle", visibility="private")
    for path in (group, f"{group}/about"):
        answer = Browser(pods[0]).get(path)
        assert answer.status == 404
        assert "Secret circle" not in answer.text
    assert "Secret circle" not in Browser(pods[0]).get("/groups").text


def test_md_27_a_group_of_a_pod_unknown_so_far_is_joined_by_its_address(
    ada: Browser, pods: tuple[ServedPod, ServedPod]
) -> None:
    group = found(ada, "Open to all", decides="joiners")
    bo = Browser(pods[1]).sign_in("bo")
    answer = bo.submit(bo.get("/join"), "/join", link=pods[0].url + group)
    assert answer.path.split("?")[0] == group
    assert "Your request to join is on its way" in answer.text
    eventually(lambda: joined(bo, group))
    assert bo.submit(bo.get("/join"), "/join", link=pods[0].url + group).status == 409


def invitation(browser: Browser, group: str, **wishes: str) -> tuple[Seen, str]:
    page = browser.submit(browser.get(f"{group}/invitations"), "/invitations", **wishes)
    link = page.text.split('class="copy" readonly value="')[1].split('"')[0] if 'class="copy"' in page.text else ""
    return page, link


def test_an_invitation_opens_a_private_group_at_another_pod(ada: Browser, pods: tuple[ServedPod, ServedPod]) -> None:
    group = found(ada, "By invitation", visibility="private")
    page, link = invitation(ada, group, weight="0.5", uses="1")
    assert "0 of 1" in page.text
    assert link not in ada.get(f"{group}/invitations").text
    visitor = Browser(pods[0])
    seen = visitor.get(link.removeprefix(pods[0].url))
    assert "You are invited to By invitation" in seen.text
    assert seen.headers["Referrer-Policy"] == "strict-origin"
    assert seen.headers["Cache-Control"] == "no-store"
    bo = Browser(pods[1]).sign_in("bo")
    bo.submit(bo.get("/join"), "/join", link=link)
    eventually(lambda: joined(bo, group))
    assert "weight 0.5" in bo.get(group).text
    assert "doesn&#39;t open any more" in eventually(
        lambda: (text := visitor.get(link.removeprefix(pods[0].url)).text) and "any more" in text and text
    )
    secret = link.rpartition("/")[2]
    for pod in pods:
        assert secret not in pod.folder.with_suffix(".log").read_text()


def test_ax_10_the_way_to_another_pod_is_a_link_and_no_redirect(
    ada: Browser, pods: tuple[ServedPod, ServedPod]
) -> None:
    _, link = invitation(ada, found(ada, "Way"))
    visitor, path = Browser(pods[0]), link.removeprefix(pods[0].url)
    answer = visitor.submit(visitor.get(path), path, pod="evil.example")
    assert answer.path == path
    assert 'href="https://evil.example/join"' in answer.text
    assert "at evil.example" in answer.text
    refused = visitor.submit(visitor.get(path), path, pod="javascript:alert(1)")
    assert refused.status == 400
    assert "javascript:alert(1)" in refused.text
    assert 'href="javascript' not in refused.text


def test_nobody_invites_with_more_weight_than_their_own(ada: Browser) -> None:
    page, link = invitation(ada, found(ada, "Light"), weight="4")
    assert page.status == 409
    assert "Nobody invites with more weight than their own." in page.text
    assert link == ""


@pytest.mark.usefixtures("ada")
def test_a_person_of_another_pod_is_followed_by_address(pods: tuple[ServedPod, ServedPod]) -> None:
    bo = Browser(pods[1]).sign_in("bo")
    page = bo.submit(bo.get("/follows"), "/follows", group=f"{pods[0].url}/@ada")
    assert "You follow it now." in page.text
    assert "<bdi>ada</bdi>" in page.text
    lens = bo.press(page, "Use as lens")
    assert "· lens" in lens.text
    gone = bo.press(lens, "Unfollow")
    assert "You follow nothing yet." in gone.text
    wrong = bo.submit(gone, "/follows", group=f"{pods[0].url}/@nobody")
    assert wrong.status == 404
    assert "/@nobody" in wrong.text


def test_home_shows_what_my_groups_wrote_and_counts_what_is_hidden(
    ada: Browser, pods: tuple[ServedPod, ServedPod]
) -> None:
    group = found(ada, "Diary").removeprefix("/g/")
    person = PEOPLE[pods[0].url]
    paragraphs = [{"style": "text", "text": "Rain again."}]
    post = person.post(f"/api/v1/groups/{group}/posts", {"kind": "article", "title": "Day 1", "paragraphs": paragraphs})
    assert "Day 1" in ada.get("/").text
    vote = {"target": {"post": post["record"]}, "value": -1000}
    person.post(f"/api/v1/groups/{group}/votes", vote)
    for path in ("/", f"/g/{group}"):
        hidden = ada.get(path)
        assert "hidden by the lens" in hidden.text  # its author is shown it, folded away
        assert "1 hidden" in hidden.text
        shown = ada.get(f"{path}?show=all").text
        assert "Day 1" in shown
        assert "hidden by the lens" in shown


def test_the_front_says_what_the_pod_is_and_asks_nobody_to_sign_in(pods: tuple[ServedPod, ServedPod]) -> None:
    page = Browser(pods[0]).get("/")
    assert page.text.count("<h1") == 1
    for said in ("How to begin", "Groups here", 'href="/sign-up"'):
        assert said in page.text


def test_a_pod_that_is_gone_is_told_in_the_readers_language(pods: list[ServedPod]) -> None:
    gone = f"http://127.77.0.1:9/g/{an_id('elsewhere')}"
    told = {}
    for language in ("en", "sv"):
        bo = Browser(pods[1], language).sign_in("bo")
        page = bo.submit(bo.get("/join"), "/join", link=gone)
        assert page.status == 502
        told[language] = page.text
    for fault_language, other in (("en", "sv"), ("sv", "en")):
        sentence = str(escape(RemoteFault.NOT_REACHED.told(fault_language, {})))
        assert sentence in told[fault_language]
        assert sentence not in told[other]
