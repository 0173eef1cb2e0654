"""A town on three pods whose people decide by pages: each in a language, with scripts or not, with a mouse or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Locator, ViewportSize

from tests.stories.hands import Hand, Keys
from tests.support.browsing import Browser as PlainBrowser
from tests.support.browsing import Seen, session_secret
from tests.support.chromium import Window, broken, too_small, too_wide, violations
from tests.support.people import joined
from tests.support.polling_parish import PollingParish
from tests.support.post_office import PostOffice
from tests.support.rig import Person, ServedPod, eventually
from tests.support.shell import settle

WAYS: dict[str, tuple[str, bool, type[Hand], str]] = {
    "ada": ("en", True, Hand, "light"),
    "bo": ("sv", False, Hand, "light"),
    "cy": ("sv", True, Keys, "dark"),
}
# Who else lives there, and on which pod: two who bet, and three who say afterwards what came true.
OTHERS = {"dan": 0, "eva": 1, "fia": 0, "gus": 1, "hal": 2}
AREAS = [{"area": "water", "name": "Water"}, {"area": "roads", "name": "Roads"}]
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 320, "height": 800}


class Town(PollingParish):
    """`hands`: browsers of ada, bo and cy; `others`: those of the others, who meet the same pages without Chromium.

    `faults`: what was wrong with pages that somebody looked at.
    """

    def __init__(self, pods: list[ServedPod], chromium: Browser, office: PostOffice) -> None:
        for pod in pods:
            office.configure(pod)
        super().__init__(pods, settle)
        self.office = office
        self.windows: list[Window] = []
        self.faults: list[str] = []
        self.hands = {name: self._at_home(chromium, name, pod) for name, pod in zip(WAYS, pods, strict=True)}
        self.others = {name: self._moves_in(name, pods[place]) for name, place in OTHERS.items()}
        self._sign({"areas": AREAS})

    def _at_home(self, chromium: Browser, name: str, pod: ServedPod) -> Hand:
        language, scripts, kind, colours = WAYS[name]
        wishes: dict[str, Any] = {"locale": language, "java_script_enabled": scripts, "color_scheme": colours}
        window = Window(chromium, {pod.url}, viewport=WIDE, **wishes)
        secret, cookie = session_secret(pod, name)
        window.context.add_cookies([{"name": cookie, "value": secret, "url": pod.url}])
        self.windows.append(window)
        return kind(window, pod.url)

    def _moves_in(self, name: str, pod: ServedPod) -> PlainBrowser:
        person = settle(pod, name)
        joined(self.ada, self.group, person, 1000)
        return PlainBrowser(pod).sign_in(name)

    def _sign(self, policy: dict[str, Any]) -> None:
        path = f"/api/v1/groups/{self.group}"
        height = self.ada.get(path)["settled_height"]
        self.ada.post(f"{path}/operations", {"do": "set-policy", "with": policy})
        eventually(lambda: self.ada.get(path)["settled_height"] > height)

    def person(self, name: str) -> Person:
        return self.people[list(WAYS).index(name)]

    def language(self, name: str) -> str:
        return WAYS[name][0]

    def page(self, poll: str, *parts: str) -> str:
        """The address of a poll's page."""
        return "/".join((f"/g/{self.group}/polls/{poll}", *parts))

    def look(self, name: str, what: str) -> None:
        """Note what is wrong with the page that somebody with scripts has before them: by axe, and at 320 px."""
        page = self.hands[name].page
        found = violations(page)
        page.set_viewport_size(NARROW)
        found += [f"too wide at 320: {one}" for one in too_wide(page)]
        found += [f"too small: {one}" for one in too_small(page)]
        found += [f"broken: {one}" for one in broken(page)]
        page.set_viewport_size(WIDE)
        self.faults += [f"{what}: {one}" for one in found]

    def meets(self, name: str, path: str, wanted: str) -> Hand:
        """Open a page until what a selector names stands on it."""
        hand = self.hands[name]

        def there() -> bool:
            hand.open(path)
            return hand.page.locator(wanted).count() > 0

        eventually(there, seen=lambda: f"{wanted} isn't in: {hand.text}")
        return hand

    def reads(self, name: str, path: str, wanted: str) -> Hand:
        """Open a page until it says something."""
        return self.meets(name, path, f"main:has-text({json.dumps(wanted, ensure_ascii=False)})")

    def done(self, name: str, send: Callable[[Hand], None]) -> None:
        """Do it again as long as the page says that the phase's end isn't sealed yet, as a person would."""
        hand = self.hands[name]

        def accepted() -> bool:
            send(hand)
            problems = hand.page.locator("#problem").all_inner_texts()
            assert all(SEAL[WAYS[name][0]] in told for told in problems), problems
            return not problems

        eventually(accepted)

    def done_by_other(self, name: str, send: Callable[[PlainBrowser], Seen]) -> Seen:
        """The same of somebody without Chromium."""
        found: list[Seen] = []

        def accepted() -> bool:
            found[:] = [send(self.others[name])]
            return found[0].status == 200 and 'id="problem"' not in found[0].text

        eventually(accepted, seen=lambda: found[0].text)
        return found[0]


# What pages say of an item that isn't there yet.
SEAL = {"en": "hasn't sealed yet", "sv": "har inte beseglat än"}


def option(hand: Hand, name: str) -> Locator:
    """The part of a ballot, or of a form for bets, that is about this option."""
    named = f":text-is({json.dumps(name, ensure_ascii=False)})"
    return hand.page.locator(f".option:has(legend{named}), .option:has(strong{named})")
