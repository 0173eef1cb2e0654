"""When a prediction's day has come: who gains nothing from it says that it came true, and predictors' scores move."""

from __future__ import annotations

from functools import partial

from tests.stories.hands import Hand
from tests.stories.town import Town
from tests.support.browsing import Browser as PlainBrowser
from tests.support.browsing import Seen
from tests.support.polling_parish import DAY
from tests.support.rig import eventually

# By hand from the bets on the first statement, 80, 70, 60, 90 and 15 %: what a Brier score is better than the others'
# median, divided by one poll and ten more. Ada had left out what many disagree on, which costs 0.05. By member number.
BEFORE = {"1": 49.5, "2": 50.0, "3": 50.0, "4": 50.0, "5": 50.0, "8": 50.0}
AFTER = {"1": 49.5, "2": 50.8, "3": 50.1, "4": 49.1, "5": 51.0, "8": 44.0}
GAIN_OF_BO = "+0.085"


def evaluate(town: Town, statement: str) -> None:
    """Ada, fia and gus say that it came true; all pods then show the same scores, and why bo's moved."""
    town.pass_time(6 * DAY)
    path = f"/g/{town.group}/evaluations"
    scored(town, BEFORE)
    town.meets("ada", path, f"#s-{statement} .evaluate")
    town.look("ada", "evaluations")
    bo = town.meets("bo", path, f"#s-{statement}")
    assert bo.page.locator(f"#s-{statement} .evaluate").count() == 0, "who bet on it isn't asked"
    town.done("ada", partial(say_yes, path=path, statement=statement))
    for name in ("fia", "gus"):
        town.done_by_other(name, partial(say_yes_plainly, path=path, statement=statement))
    scored(town, AFTER)
    town.look("cy", "predictors")
    for name, hand in town.hands.items():
        hand.follow("/predictors/2")
        assert f"{AFTER['2']}" in decimals(hand.page.locator("summary:has(strong)").first.inner_text())
        assert GAIN_OF_BO in decimals(hand.whole_text), name
    town.look("cy", "predictor")


def say_yes(hand: Hand, path: str, statement: str) -> None:
    hand.open(path)
    hand.press(hand.page.locator(f"#s-{statement} .evaluate button").first)


def say_yes_plainly(browser: PlainBrowser, path: str, statement: str) -> Seen:
    return browser.submit(browser.get(path), f"/predictions/{statement}/evaluation", press="Yes")


def scored(town: Town, wanted: dict[str, float]) -> None:
    """Wait until all three read these scores on the page of predictors."""
    found: dict[str, dict[str, float]] = {}

    def moved() -> bool:
        found.update({name: scores(hand, f"/g/{town.group}/predictors") for name, hand in town.hands.items()})
        return all(one == wanted for one in found.values())

    eventually(moved, seen=lambda: str(found))


def scores(hand: Hand, path: str) -> dict[str, float]:
    """The score of each predictor, in per cent."""
    hand.open(path)
    rows = [(row.locator("a"), row.locator("td").first) for row in hand.page.locator("main tbody tr").all()]
    return {
        (link.get_attribute("href") or "").rpartition("/")[2]: float(decimals(score.inner_text()).split()[0])
        for link, score in rows
    }


def decimals(text: str) -> str:
    """With points, as English writes them."""
    return text.replace(",", ".")
