"""A newcomer's story, on three pods: an account, a group, an article, guests, two lenses, a death, a recovery.

Told with scripts and without, in both languages, with a mouse and by the keyboard alone, and once on PostgreSQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import pytest
from playwright.sync_api import Browser

from models.pod.settings import Settings, save_settings
from pod.deps import Deps
from tests.stories.hands import Hand, Keys
from tests.support.chromium import Window
from tests.support.post_office import PostOffice
from tests.support.postgres import postgres_server
from tests.support.rig import ServedPod, eventually, worker_number

WAYS = [
    pytest.param(("en", False, Hand, "postgres"), id="en-plain-mouse-postgres", marks=pytest.mark.slow),
    pytest.param(("sv", True, Keys, "sqlite"), id="sv-scripts-keyboard", marks=pytest.mark.slow),
]
TEXT = """# What we know

The well gave a bucket a day since August.

The mill pond stands low.

- Dig deeper."""


@dataclass
class Village:
    """Three pods and their post office."""

    pods: list[ServedPod]
    office: PostOffice
    browser: Browser
    language: str
    scripts: bool
    kind: type[Hand]
    windows: list[Window] = field(default_factory=list)

    def somebody(self, place: int) -> Hand:
        """A browser of their own, at one of the pods."""
        hosts = {pod.url for pod in self.pods}
        made = Window(self.browser, hosts, locale=self.language, java_script_enabled=self.scripts)
        self.windows.append(made)
        return self.kind(made, self.pods[place].url)

    def signed_up(self, place: int, name: str) -> tuple[Hand, str]:
        """Sign up there; the hand and the 24 words."""
        hand, mail = self.somebody(place), f"{name}@mail.example"
        hand.open("/sign-up")
        hand.send("/sign-up", name=name, mail=mail)
        hand.send("/sign-up/code", code=self.office.code_to(mail))
        words = " ".join(hand.page.locator("ol.words li").all_inner_texts())
        assert len(words.split()) == 24
        hand.follow("/")
        return hand, words


@pytest.fixture
def village(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> Iterator[Village]:
    language, scripts, kind, engine = request.param
    folder, worker = tmp_path_factory.mktemp("story"), worker_number()
    pods = [ServedPod(folder / f"pod{number}", worker, number) for number in (41, 42, 43)]
    with PostOffice() as office, ExitStack() as stack:
        server = stack.enter_context(postgres_server(durable=True)) if engine == "postgres" else None
        told = Village(pods, office, chromium, language, scripts, kind)
        try:
            for pod in pods:
                pod.create(database=server.create_database() if server else "")
                office.configure(pod)
                pod.act(open_to_all)
                pod.start()
            yield told
        finally:
            for window in told.windows:
                window.close()
            for pod in pods:
                pod.kill()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("village", WAYS, indirect=True)
def test_ax_03_ax_04_a_newcomer_founds_writes_invites_and_comes_back_from_a_dead_pod(village: Village) -> None:
    nina, words = village.signed_up(0, "nina")
    group = found(nina, "Lower Wells")
    post = write(nina, group)
    guests = [join(nina, village, group, place, name) for place, name in ((1, "bo"), (2, "cy"))]
    work_together(nina, guests, group, post)
    look_through_two_lenses(village, guests[0], group, post)
    outlive_the_steward(village, nina, guests, group)
    come_back(village, words, group, post)
    assert [window.strangers for window in village.windows if window.strangers] == []


async def open_to_all(deps: Deps) -> None:
    await deps.store.write(lambda session: save_settings(session, Settings(registration="open"), now=deps.clock()))


def found(hand: Hand, name: str) -> str:
    hand.open("/groups/new")
    hand.send("/groups/new", name=name, description="What we write together.", unvoted="shown")
    hand.send("/groups/new", press=("step", "found"))
    return re.search(r"/g/(bagaaiera\w+)", hand.page.url)[1]  # type: ignore[index]


def write(hand: Hand, group: str) -> str:
    hand.open(f"/g/{group}")
    hand.follow(f"/g/{group}/write")
    hand.send("/write", title="The well on the green", text=TEXT)
    assert "The well gave a bucket" in hand.text
    return re.search(r"/posts/(bagaaiera\w+)", hand.page.url)[1]  # type: ignore[index]


def join(host: Hand, village: Village, group: str, place: int, name: str) -> Hand:
    """By an invitation, pasted at the guest's own pod."""
    guest, _ = village.signed_up(place, name)
    host.open(f"/g/{group}/invitations")
    host.send("/invitations", weight="1")
    assert host.page.locator("input.copy").count(), host.text
    link = host.page.locator("input.copy").input_value()
    guest.open("/join")
    guest.send("/join", link=link)
    eventually(lambda: is_member(guest, group))
    return guest


def is_member(hand: Hand, group: str) -> bool:
    hand.open(f"/g/{group}")
    return hand.page.locator(f'main a[href="/g/{group}/write"]').count() > 0


EDITS = ("The well gave a bucket a day since August, and none on Sundays.", "Dig four metres deeper.")
SUNDAYS, METRES = "none on Sundays", "four metres"


def work_together(nina: Hand, guests: list[Hand], group: str, post: str) -> None:
    """Each guest patches a paragraph; they vote on each other's; everybody reads the same in the end."""
    bo, cy = guests
    at = f"/g/{group}/posts/{post}"
    for guest, index, better in ((bo, 1, EDITS[0]), (cy, 3, EDITS[1])):
        eventually(partial(there, guest, at))
        guest.open(f"{at}?mode=wiki")
        guest.follow(f"/paragraphs/{post}/{index}/edit")
        guest.send("/edit", text=better)
        assert guest.page.locator("[role=status]").count() == 1, guest.text
    for voter, wanted in ((nina, SUNDAYS), (nina, METRES), (bo, METRES), (cy, SUNDAYS)):
        eventually(partial(stands, voter, f"{at}?mode=wiki", wanted))
        vote(voter, at, wanted)
    for hand in (nina, bo, cy):
        eventually(partial(reads, hand, at, SUNDAYS, METRES))
        assert "since August." not in hand.text


def there(hand: Hand, path: str) -> bool:
    answer = hand.page.goto(hand.url + path)
    return answer is not None and answer.ok


def reads(hand: Hand, path: str, *wanted: str) -> bool:
    """Whether all this is seen there."""
    hand.open(path)
    return all(one in hand.text for one in wanted)


def stands(hand: Hand, path: str, wanted: str) -> bool:
    """Whether this stands there, folded or not."""
    hand.open(path)
    return wanted in hand.whole_text


def vote(hand: Hand, at: str, wanted: str) -> None:
    """Vote for the version that brings these words, or for the paragraph that has them."""
    hand.open(f"{at}?mode=wiki")
    version = hand.page.locator(f'.version:has(ins:has-text("{wanted}")) button[value^="up:"]')
    paragraph = f'.paragraph:has(> :not(.margin, .versions):has-text("{wanted}")) > .margin button[value^="up:"]'
    hand.press(version.first if version.count() else hand.page.locator(paragraph).first)
    assert hand.page.locator("[role=status]").count() == 1


def look_through_two_lenses(village: Village, critic: Hand, group: str, post: str) -> None:
    """A reader without an account sees the article through two lenses, and why a paragraph is hidden in one."""
    at = f"/g/{group}/posts/{post}"
    critics = found(critic, "Critics")
    critic.open(f"{at}?mode=wiki&lens={critics}")
    paragraph = critic.page.locator('.paragraph:has(> :not(.margin):has-text("mill pond")) > .margin')
    critic.press(paragraph.locator('button[value^="down:"]'))
    reader = village.somebody(1)
    reader.open(at)
    assert "mill pond" in reader.text
    reader.open(f"{at}?lens={critics}")
    assert "mill pond" not in reader.text
    check_sum(reader)
    reader.open(f"{at}/compare?a={group}&b={critics}")
    assert reader.page.locator(".side.first .mark-a").count() >= 1
    assert any("mill pond" in text for text in reader.page.locator(".side.first").all_text_contents())
    assert reader.page.locator("figure svg[role=img] title").count() == 1


def check_sum(reader: Hand) -> None:
    """Ask why the hidden paragraph is hidden, and add up what stands there."""
    hidden = reader.page.locator('details.folded:has-text("mill pond")')
    reader.press(hidden.locator('a[href*="/why?"]').first)
    assert "mill pond" in reader.whole_text
    table = reader.page.locator("table.terms").first
    amounts = [number_in(text) for text in table.locator("tbody .score").all_inner_texts()]
    total = number_in(table.locator("tfoot .score").inner_text())
    assert total < 0
    assert sum(amounts) == pytest.approx(total)


def number_in(text: str) -> float:
    found = re.search(r"[+−]?\d+([.,]\d+)?", text)
    return float(found[0].replace("−", "-").replace(",", ".")) if found else 0.0


def outlive_the_steward(village: Village, nina: Hand, guests: list[Hand], group: str) -> None:
    """The three become keepers; the steward's pod dies; one of the others takes its job from the page."""
    bo, cy = guests
    nina.open(f"/g/{group}/keepers")
    nina.send("/keepers", keepers="1, 2, 3")
    for hand in (bo, cy):
        eventually(partial(keeps, hand, group))
    village.pods[0].kill()
    eventually(partial(takes_over, bo, group), seconds=90)
    bo.open(f"/g/{group}/write")
    bo.send("/write", title="We go on", text="The steward is gone, the group isn't.")
    eventually(partial(reads, cy, f"/g/{group}", "We go on"))


def keeps(hand: Hand, group: str) -> bool:
    """Whether the three are known there as keepers whom those before have confirmed: from then on one may die."""
    hand.open(f"/g/{group}/keepers")
    rows = hand.page.locator("table.cards tbody tr")
    return rows.count() == 3 and hand.page.locator(".unagreed").count() == 0


def takes_over(keeper: Hand, group: str) -> bool:
    """Whether the job was given. A keeper signs one handover a minute, so a refused one is asked for again."""
    keeper.open(f"/g/{group}/keepers")
    keeper.send("/keepers")
    return keeper.page.locator("[role=status]").count() == 1


def come_back(village: Village, words: str, group: str, post: str) -> None:
    """The newcomer recovers on the third pod, and writes there as the same member."""
    again = village.somebody(2)
    again.open("/recover")
    again.send("/recover", phrase=words, name="nina", groups=f"{group} {village.pods[1].url}")
    eventually(partial(is_member, again, group))
    again.open(f"/g/{group}/posts/{post}")
    again.send("/reply", text="I am back.")
    eventually(partial(reads, again, f"/g/{group}/posts/{post}", "I am back."))
    again.open(f"/g/{group}/members/1")
    assert village.pods[2].url.removeprefix("http://") in again.text
