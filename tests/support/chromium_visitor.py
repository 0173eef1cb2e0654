"""Somebody at a real browser, spoken to as to `Browser`; in one look: with scripts or without, in one language.

Journeys write sentences in English, as the code does: what they press and look for is said in the look's language.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from typing import Any, Final, NamedTuple
from urllib.parse import urldefrag, urlsplit

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import ElementHandle, Error, Locator, Response

from pod.translations import messages_of, translator_for
from protocol.errors import Rule
from tests.support.browsing import Seen, session_secret
from tests.support.chromium import Window
from tests.support.rig import PATIENCE_SECONDS, ServedPod, eventually

_TRANSLATED: Final = messages_of("sv")
_HOLE: Final = "\x00"
_FOLDED: Final = "xpath=ancestor::details[not(@open)]/summary"
# A page that asks for itself every few seconds doesn't do so while somebody fills in its forms.
_HOLD_STILL: Final = "() => window.stop()"


class Look(NamedTuple):
    """How a journey is told."""

    language: str
    scripts: bool


LOOKS: Final = {
    f"{language}-{'scripts' if scripts else 'plain'}": Look(language, scripts)
    for language in ("en", "sv")
    for scripts in (True, False)
}


@dataclass(frozen=True)
class Shown(Seen):
    """What a window shows; `text` is the page's HTML as the browser holds it, so `'` stands for itself; no headers."""

    url: str = ""


class ChromiumVisitor:
    """A window of somebody at `pod`, which may be another one at any time. `pods`: all that it may speak to."""

    def __init__(self, chromium: Chromium, pods: Iterable[ServedPod], pod: ServedPod, look: Look) -> None:
        self.pod = pod
        self.language = look.language
        hosts = {url for one in pods for url in (one.url, one.door)}
        self.window = Window(chromium, hosts, locale=look.language, java_script_enabled=look.scripts)
        self.window.page.set_default_timeout(PATIENCE_SECONDS * 1000)
        self._say = translator_for(look.language)
        self._shown: Shown | None = None
        self._refusals: set[tuple[str, str]] = set()

    def get(self, path: str) -> Shown:
        """A page, after redirects."""
        url = path if path.startswith("http") else self.pod.door + path
        try:
            return self._look(self.window.page.goto(url))
        except Error as aborted:  # the page that stood there asked for itself anew just then
            if "ERR_ABORTED" not in aborted.message:
                raise
            return self._look(self.window.page.goto(url))

    def submit(self, page: Seen, action: str, press: str = "", **typed: str | list[str]) -> Shown:
        """Fill in the page's form to `action` (its end is enough) and click its first button, or the one named so.

        What is typed into boxes is what is ticked afterwards, and no more.
        """
        self._turn_to(page)
        form = self._form(action)
        for name, value in typed.items():
            self._type(form, name, [value] if isinstance(value, str) else value)
        return self._click(self._buttons(press).and_(form.locator("button")) if press else form.locator("button"))

    def upload(self, page: Seen, action: str, name: str, content: bytes) -> Shown:
        """Choose a file in the page's form to `action`, and send it."""
        self._turn_to(page)
        form = self._form(action)
        sent: Any = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        form.locator("input[type=file]").set_input_files(sent)
        return self._click(form.locator("button"))

    def press(self, page: Seen, text: str, **values: object) -> Shown:
        """Click the first button of this text; with values, the one that is called so to who doesn't see it."""
        self._turn_to(page)
        if not values:
            return self._click(self._buttons(text))
        called = re.compile(rf"^{self._pattern(text, values)}$")
        return self._click(self.window.page.get_by_role("button", name=called))

    def follow(self, page: Seen, href: str) -> Shown:
        """Click the first link of the page whose address ends, or before its query ends, like this."""
        self._turn_to(page)
        return self._click(self.window.page.locator(f'a[href$="{href}"], a[href*="{href}?"]'))

    def says(self, page: Seen, text: str | Rule, **values: object) -> bool:
        """Whether the page says this whole sentence, in the look's language; values that aren't given may be any."""
        return re.search(self._pattern(text, values), html.unescape(page.text), re.DOTALL) is not None

    def awaits(self, path: str, text: str | Rule, **values: object) -> Shown:
        """The page, once it says this."""
        last: list[Shown] = []

        def said() -> Shown | None:
            last[:] = [self.get(path)]
            return last[0] if self.says(last[0], text, **values) else None

        shown: Shown = eventually(said, seen=lambda: last[0].text)
        return shown

    def sign_in(self, name: str) -> ChromiumVisitor:
        """Be signed in as somebody at home here, without the pages for that."""
        secret, cookie = session_secret(self.pod, name)
        self.keep(cookie, secret)
        return self

    def keep(self, cookie: str, secret: str) -> None:
        """Hold a cookie of the pod."""
        self.window.context.add_cookies([{"name": cookie, "value": secret, "url": self.pod.door}])

    def faults(self) -> list[str]:
        """Requests to strangers, and errors in the console but for pages that refused as they were asked to."""
        return self.window.strangers + [one for one in self.window.complaints if not self._was_refused(one)]

    def _was_refused(self, complaint: str) -> bool:
        """Whether it is about a page that the window showed, and not about something on it."""
        return any(said in complaint and complaint.endswith(url) for said, url in self._refusals)

    def close(self) -> None:
        """Go; fails if there are faults."""
        self.window.close()
        assert not self.faults(), self.faults()

    def _form(self, action: str) -> Locator:
        return self.window.page.locator(f'form[action$="{action}"]').first

    def _buttons(self, text: str) -> Locator:
        said = re.compile(rf"^\s*{self._pattern(text, {})}\s*$")
        return self.window.page.locator("button").filter(has_text=said)

    def _pattern(self, text: str | Rule, values: dict[str, object]) -> str:
        written = text if isinstance(text, str) else text.sv if self.language == "sv" else text.en
        assert isinstance(text, Rule) or text in _TRANSLATED, f"No page says “{text}”."
        names = re.findall(r"%\((\w+)\)s", written)
        said = self._say(written, **(dict.fromkeys(names, _HOLE) | values))
        return ".*?".join(re.escape(part) for part in said.split(_HOLE))

    def _turn_to(self, page: Seen) -> None:
        """Be at that page, and hold it still."""
        if page is not self._shown:
            assert isinstance(page, Shown)
            self.get(page.url)
        self.window.page.evaluate(_HOLD_STILL)

    def _type(self, form: Locator, name: str, values: list[str]) -> None:
        fields = form.locator(f'[name="{name}"]').element_handles()
        assert fields, f"The form has no field {name}."
        for field in fields:
            _unfold(field)
            match field.evaluate("e => e.localName"), field.get_attribute("type"):
                case _, ("radio" | "checkbox") as kind:
                    if (wanted := field.get_attribute("value") in values) or kind == "checkbox":
                        field.set_checked(wanted)
                case "select", _:
                    field.select_option(values)
                case _:
                    field.fill(values[0])

    def _click(self, found: Locator) -> Shown:
        assert found.count(), "There is nothing to press."
        _unfold(found.first.element_handle())
        with self.window.page.expect_navigation() as gone:
            found.first.click()
        return self._look(gone.value)

    def _look(self, answer: Response | None) -> Shown:
        """What the window shows after this answer; fails if it shouldn't have come to this."""
        assert answer is not None
        page = self.window.page
        if answer.status >= 400:
            self._refusals.add((f"status of {answer.status} ", f" {urldefrag(answer.url).url}"))
        try:
            text = page.content()
        except Error:  # it asked for itself anew meanwhile
            page.wait_for_load_state()
            text = page.content()
        path = urlsplit(page.url)._replace(scheme="", netloc="", fragment="").geturl()
        self._shown = Shown(answer.status, Message(), text, path, page.url)
        assert not self.faults(), self.faults()
        return self._shown


def _unfold(found: ElementHandle) -> None:
    """Open what the thing is folded in."""
    for summary in found.query_selector_all(_FOLDED):
        summary.click()
