"""How three people fill in ballots of each kind, and what the page says in the end."""

from __future__ import annotations

from tests.stories.hands import Hand
from tests.stories.town import option


def rank(hand: Hand, _: str) -> None:
    """South first, by arrows; then North."""
    for option_name in ("South", "North"):
        button = option(hand, option_name).locator('button[value$=":up"]')
        scripts = hand.page.locator(".live").inner_text()
        hand.touch(button) if scripts else hand.press(button)


def approve(hand: Hand, name: str) -> None:
    """All approve of the east, and all but bo of the north."""
    for option_name in ("East",) if name == "bo" else ("North", "East"):
        tick = hand.page.get_by_label(option_name, exact=True)
        hand.fill(tick, tick.get_attribute("value") or "")


def agree(hand: Hand, _: str) -> None:
    hand.fill(hand.page.locator('[name="choice"]'), "yes")


def suit(hand: Hand, _: str) -> None:
    tick = hand.page.locator('[name="tick"]').last
    hand.fill(tick, tick.get_attribute("value") or "")


MARKS = {"ranking": rank, "approval": approve, "for-against": agree, "date": suit}
# What the first sentence of the result has in it.
WON = {
    "ranking": {"en": "“South” won.", "sv": "”South” vann."},
    "approval": {"en": "“East” won.", "sv": "”East” vann."},
    "for-against": {"en": "It is accepted.", "sv": "Det är bifallet."},
    "date": {"en": "“2 May 2027 10:00 UTC” won.", "sv": "”2 maj 2027 10:00 UTC” vann."},
}
