"""Polls of every kind live their whole lives on three pods, through the pages of three people's browsers.

Ada has scripts, English and a mouse; Bo Swedish and no scripts; Cy Swedish and the keyboard alone. Time is moved by the
clock file, and nothing else is touched.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from decisions.bundle.verify import verify
from tests.stories.evaluations import evaluate
from tests.stories.hands import Hand
from tests.stories.marks import MARKS, WON
from tests.stories.town import Town, option
from tests.stories.wizard import Wish, publish, write
from tests.support.browsing import Browser as PlainBrowser
from tests.support.browsing import Seen
from tests.support.polling_parish import DAY, HOUR
from tests.support.post_office import PostOffice
from tests.support.rig import ServedPod, eventually, worker_number

SCORE = Wish(
    "Where do we dig?",
    "predictions",
    area="water",
    lengths={"proposals": 1, "predictions": 1, "bets": 1, "voting": 2},
    contest=30,
    percent="20",
)
PLACES = ("North", "South", "East")
ROWS = [{"option": name} for name in PLACES]
DATES = [
    {"start": "2027-05-01T10:00", "end": "2027-05-01T12:00"},
    {"start": "2027-05-02T10:00", "end": "2027-05-02T12:00"},
]
# Who asks for what else.
OTHERS = (
    ("bo", Wish("Vilken brunn först?", "ranking", ROWS, lengths={"voting": 24})),
    ("cy", Wish("Vilka duger?", "approval", ROWS, lengths={"voting": 24})),
    ("ada", Wish("Shall we dig at all?", "for-against", lengths={"voting": 24})),
    ("ada", Wish("When?", "date", DATES, lengths={"voting": 24})),
)
SAID = {
    "en": {
        "cast": "Your ballot is cast",
        "in": "Your ballot is in the count ✓",
        "lot": "lot",
        "stands": "The same was chosen, so it stands.",
    },
    "sv": {
        "cast": "Din röstsedel är lämnad",
        "in": "Din röstsedel är med i räkningen ✓",
        "lot": "lott",
        "stands": "Detsamma valdes, så det står fast.",
    },
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Town]:
    folder, worker = tmp_path_factory.mktemp("town"), worker_number()
    pods = [ServedPod(folder / f"pod{number}", worker, number) for number in (51, 52, 53)]
    with PostOffice() as office:
        try:
            for pod in pods:
                pod.create()
            settled = Town(pods, chromium, office)
            yield settled
            for window in settled.windows:
                window.close()
        finally:
            for pod in pods:
                pod.kill()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_dc_13_dc_14_dc_15_dc_16_dc_18_polls_of_every_kind_live_through_pages_on_three_pods(
    town: Town, tmp_path: Path
) -> None:
    asked = ask_about(town, discuss(town))
    delegate(town)
    options = propose(town, asked)
    statements = predict(town, asked, options)
    bet(town, asked, statements)
    vote(town, asked)
    others = {wish.kind: ask(town, name, wish) for name, wish in OTHERS}
    for kind, poll in others.items():
        vote_otherwise(town, kind, poll)
    vote_again(town, asked)
    draw(town, asked)
    read(town, asked, tmp_path)
    for kind, poll in others.items():
        read_otherwise(town, kind, poll)
    evaluate(town, statements[0])
    assert town.faults == []
    assert [window.strangers for window in town.windows if window.strangers] == []


def discuss(town: Town) -> str:
    """The post of a discussion, here on all pods."""
    body = {"kind": "article", "title": "The well is dry", "paragraphs": [{"style": "text", "text": "What now?"}]}
    post = str(town.ada.post(f"/api/v1/groups/{town.group}/posts", body)["record"])
    town.logged(post)
    return post


def ask_about(town: Town, post: str) -> str:
    """From the post to a score poll with predictions."""
    hand = town.hands["ada"]
    hand.open(f"/g/{town.group}/posts/{post}")
    hand.follow(f"/polls/new?about={post}")
    write(hand, SCORE)
    poll = publish(hand)
    town.reached(poll, "proposals")
    return poll


def ask(town: Town, name: str, wish: Wish) -> str:
    """A poll from the group's board."""
    hand = town.hands[name]
    hand.open(f"/g/{town.group}/polls")
    hand.follow(f"/g/{town.group}/polls/new")
    write(hand, wish)
    poll = publish(hand)
    town.reached(poll, "voting")
    return poll


def delegate(town: Town) -> None:
    """Bo offers to be followed; cy and dan let their votes follow Bo's."""
    bo, cy = town.hands["bo"], town.hands["cy"]
    bo.open(f"/g/{town.group}/delegates/offer")
    bo.send("/delegates/offer", ("step", "declare"), statement="Jag läser allt.")
    town.reads("cy", f"/g/{town.group}/delegates", "Jag läser allt.")
    cy.press(cy.page.locator('main a[href*="/delegation?"]').first)
    cy.press(cy.page.locator('button[value="save"]'))


def send(hand: Hand, within: str, **fields: str) -> None:
    """Fill the form in that has this part, and press its button."""
    form = hand.page.locator("form").filter(has=hand.page.locator(within)).first
    for name, value in fields.items():
        hand.fill(form.locator(f'[name="{name}"]'), value)
    hand.press(form.locator("button").first)


def propose(town: Town, poll: str) -> list[str]:
    """Bo proposes and withdraws, cy proposes, ada says that it is about water; both proposals stay options."""
    ada, bo, cy = town.hands.values()
    for hand, title in ((bo, "North"), (cy, "South")):
        hand.open(town.page(poll))
        hand.follow("/proposals#propose")
        send(hand, '[name="title"]', title=title, text="Där är marken blöt.")
        assert title in hand.text
    send(bo, '[name="withdraws"]')
    ada.open(town.page(poll, "proposals"))
    send(ada, '[name="area"][value^="water:"]')
    options = [one["id"] for one in town.seen(town.cy, poll)["poll"]["options"]]
    town.logged(*options)
    town.reads("ada", town.page(poll, "proposals"), "South")
    town.look("ada", "proposals")
    town.reads("cy", town.page(poll), "North")
    town.pass_time(HOUR)
    town.reached(poll, "predictions")
    return options


def predict(town: Town, poll: str, options: list[str]) -> list[str]:
    """Ada says what follows from either, bo what follows from the north; ada ends the phase by the button."""
    ada, bo, _ = town.hands.values()
    for name, statement, terms in (("ada", "The well gives water", options), ("bo", "Det blir dyrt", options[:1])):
        hand = town.meets(name, town.page(poll, "predictions"), "#f-due")
        earliest = hand.page.locator("#f-due").get_attribute("min") or ""
        day = f"{date.fromisoformat(earliest) + timedelta(days=4)}"
        for place in terms:
            hand.fill(hand.page.locator(f'[id="t-{place}"]'), f"{place}:yes")
        town.done(name, partial(send, within="#f-statement", statement=statement, every="no", due=day))
    bo.open(town.page(poll))
    statements = [one["id"] for one in town.seen(town.bo, poll)["statements"]]
    town.logged(*statements)
    town.reads("ada", town.page(poll, "predictions"), "Det blir dyrt")
    town.look("ada", "predictions")
    ada.send("/forward")
    town.reached(poll, "bets")
    return statements


# What bo, cy, dan, eva and hal bet on the two statements, in per cent; ada bets on the second alone.
BETS = {"bo": ("80", "30"), "cy": ("70", "20"), "dan": ("60", "30"), "eva": ("90", "40"), "hal": ("15", "30")}


def bet(town: Town, poll: str, statements: list[str]) -> None:
    """Ada bets on the second statement alone, and is told what that costs."""
    ada = town.hands["ada"]
    for name, values in BETS.items():
        if name in town.hands:
            town.hands[name].open(town.page(poll, "bets"))
            town.done(name, partial(type_bets, values=values))
        else:
            town.done_by_other(name, partial(bet_plainly, path=town.page(poll, "bets"), values=values))
    ada.open(town.page(poll, "bets"))
    town.look("ada", "bets")
    slide(ada)
    type_bets(ada, ("", "35"))
    town.reads("ada", town.page(poll), "1 of 2 done.")
    for person in town.people:
        assert town.seen(person, poll)["bets"]
    town.agree()
    assert len(statements) == len(BETS["bo"])
    town.pass_time(HOUR)
    town.reached(poll, "voting")


def slide(hand: Hand) -> None:
    """The slider, a button and the number say the same; an empty number is no bet."""
    bet = hand.page.locator(".option").last
    slider, number = bet.locator('input[type="range"]'), bet.locator('input[name="value"]')
    assert (number.input_value(), slider.get_attribute("aria-valuetext")) == ("", "no bet")
    hand.hold(slider)
    for key, value in (("Home", "0"), ("PageUp", "10"), ("End", "100"), ("ArrowLeft", "99")):
        hand.page.keyboard.press(key)
        assert (number.input_value(), slider.get_attribute("aria-valuetext")) == (value, f"{value} per cent")
    hand.touch(bet.locator('button[value$=":25"]'))
    assert (number.input_value(), slider.input_value()) == ("25", "25")


def type_bets(hand: Hand, values: tuple[str, str]) -> None:
    for field, value in zip(hand.page.locator('input[name="value"]').all(), values, strict=True):
        hand.fill(field, value)
    hand.press(hand.page.locator('button[value="bet"]'))


def bet_plainly(browser: PlainBrowser, path: str, values: tuple[str, str]) -> Seen:
    return browser.submit(browser.get(path), "/bets", press="Bet", value=list(values))


def vote(town: Town, poll: str) -> None:
    """With cy's vote, which follows bo's, both proposals get as much; bo is locked as a delegate."""
    ada, bo, cy = town.hands.values()
    cy.open(town.page(poll, "my-vote"))
    ada.open(town.page(poll))
    score(town, "ada", poll, {"North": "70", "South": "50"})
    score(town, "bo", poll, {"North": "60", "South": "70"})
    in_the_log(town, poll, "ada", "bo")
    town.reads("cy", town.page(poll, "my-vote"), "60")
    cy.open(town.page(poll, "vote"))
    town.look("cy", "score ballot")
    town.pass_time(HOUR + 60_000)
    town.reads("bo", town.page(poll), "🔒 ombuden är låsta")
    bo.open(town.page(poll, "vote"))
    assert bo.page.locator('button[value="cast"]').count() == 0
    cy.open(town.page(poll))
    town.look("cy", "locked")
    town.pass_time(HOUR)
    town.reached(poll, "bets", held=2)


def vote_again(town: Town, poll: str) -> None:
    """The second round: cy now votes against the delegate, and it is a tie once more."""
    ada = town.hands["ada"]
    ada.open(town.page(poll))
    town.pass_time(HOUR)
    town.reached(poll, "voting", held=2)
    for name, scores in {"ada": ("10", "20"), "bo": ("20", "10"), "cy": ("50", "50")}.items():
        score(town, name, poll, dict(zip(("North", "South"), scores, strict=True)))
    in_the_log(town, poll, "ada", "bo", "cy")
    ada.open(town.page(poll))
    town.look("ada", "second voting")
    town.pass_time(2 * HOUR)
    town.reached(poll, "drawing", held=2)
    ada.open(town.page(poll))
    town.look("ada", "drawing")


def draw(town: Town, poll: str) -> None:
    """A day later the lot is drawn; cy says with the 24 words that it wasn't cy, and it stands."""
    cy = town.hands["cy"]
    town.pass_time(DAY)
    town.reached(poll, "provisional", held=2)
    for name in town.hands:
        town.reads(name, town.page(poll), SAID[town.language(name)]["in"])
        assert SAID[town.language(name)]["lot"] in town.hands[name].text
    town.look("cy", "provisional")
    cy.follow("/receipt")
    cy.follow("/contest")
    cy.send("/contest", phrase=town.person("cy").account["phrase"])
    town.reads("cy", town.page(poll), "Du har tagit bort dina röster i den här omröstningen ur räkningen.")
    town.agree()
    town.pass_time(30 * HOUR)
    town.reached(poll, "final", held=2)


def read(town: Town, poll: str, folder: Path) -> None:
    """All three read the same result, and that it stands; `pod verify-result` accepts the file that each downloads."""
    winners = set()
    for name, hand in town.hands.items():
        hand.open(town.page(poll))
        assert SAID[town.language(name)]["stands"] in hand.text
        assert (SAID[town.language(name)]["in"] in hand.text) == (name != "cy"), "cy took the ballot out of the count"
        winners.add(re.split("[“”]", hand.page.locator(".result .lead").inner_text())[1])
        with hand.page.expect_download() as taken:
            hand.touch(hand.page.locator('a[download][href$="/result.file"]'))
        taken.value.save_as(folder / f"{name}.json")
    town.look("ada", "final")
    assert len(winners) == 1
    assert winners <= {"North", "South"}
    files = {(folder / f"{name}.json").read_bytes() for name in town.hands}
    told = subprocess.run(
        [sys.executable, "-m", "pod", "verify-result", str(folder / "ada.json")],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "final" in told.stdout
    for file in files:
        verdict = verify(file)
        assert (verdict.faults, verdict.final) == ((), True)


def score(town: Town, name: str, poll: str, scores: dict[str, str]) -> None:
    """From the poll's page to the receipt."""
    hand = town.hands[name]
    hand.open(town.page(poll))
    hand.follow("/vote")

    def cast(hand: Hand) -> None:
        for option_name, value in scores.items():
            hand.fill(option(hand, option_name).locator('[name="value"]'), value)
        hand.press(hand.page.locator('button[value="cast"]'))

    town.done(name, cast)
    assert SAID[town.language(name)]["cast"] in hand.text


def in_the_log(town: Town, poll: str, *names: str) -> None:
    """Wait until these people's ballots have their places in the log of all pods."""

    def held() -> bool:
        own = [town.seen(town.person(name), poll)["own"] for name in names]
        return all(one and one["index"] is not None for one in own)

    eventually(held)
    town.agree()


def vote_otherwise(town: Town, kind: str, poll: str) -> None:
    """Each of the three votes in a poll of another kind."""
    for name, hand in town.hands.items():
        hand.open(town.page(poll))
        hand.follow("/vote")
        if name == "ada":
            town.look(name, f"{kind} ballot")
        MARKS[kind](hand, name)
        hand.press(hand.page.locator('button[value="cast"]'))
        assert SAID[town.language(name)]["cast"] in hand.text


def read_otherwise(town: Town, kind: str, poll: str) -> None:
    """Each page says who won, and that the reader's own ballot is in the count."""
    town.reached(poll, "final")
    for name, hand in town.hands.items():
        town.reads(name, town.page(poll), SAID[town.language(name)]["in"])
        assert WON[kind][town.language(name)] in hand.page.locator(".result .lead").inner_text()
    town.look("ada", f"{kind} final")
