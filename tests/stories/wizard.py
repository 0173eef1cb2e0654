"""A new poll, step by step, as somebody types it into the wizard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.stories.hands import Hand

NEXT = 'button.main[value="next"]'


@dataclass(frozen=True)
class Wish:
    """What to type. `options` are the values of each row by field; `lengths`: hours of each phase; `contest` too."""

    title: str
    kind: str
    options: Sequence[Mapping[str, str]] = ()
    area: str = ""
    lengths: Mapping[str, int] = field(default_factory=dict)
    contest: int = 24
    percent: str = ""


def write(hand: Hand, wish: Wish) -> None:
    """From the first step to the preview."""
    page = hand.page
    hand.fill(page.locator('input[name="title"]'), wish.title)
    hand.press(page.locator(NEXT))
    hand.fill(page.locator('input[name="kind"]'), wish.kind)
    hand.press(page.locator(NEXT))
    if wish.options:
        for number, row in enumerate(wish.options):
            for name, value in row.items():
                hand.fill(page.locator(f'input[name="{name}"]').nth(number), value)
        hand.press(page.locator(NEXT))
    if wish.area:
        hand.fill(page.locator('input[name="area"]'), wish.area)
    hand.press(page.locator(NEXT))
    for phase, hours in wish.lengths.items():
        hand.fill(page.locator(f"#f-number-{phase}"), str(hours))
        hand.fill(page.locator(f"#f-number-{phase}-unit"), "hours")
    hand.unfold(page.locator("#f-contest"))
    hand.fill(page.locator("#f-contest"), str(wish.contest))
    hand.fill(page.locator("#f-contest-unit"), "hours")
    hand.press(page.locator(NEXT))
    if wish.percent:
        hand.fill(page.locator('input[name="percent"]'), wish.percent)
    hand.press(page.locator(NEXT))


def publish(hand: Hand) -> str:
    """Publish what the preview shows; the poll's id."""
    hand.press(hand.page.locator('button[value="publish"]'))
    return hand.page.url.partition("?")[0].rpartition("/")[2]
