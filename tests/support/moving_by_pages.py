"""Somebody who moves by the pages of two pods: in English in a browser of threads, or in a look in Chromium."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from models.moving.moves import MOVES, Move
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from pod.translations import messages_of, translator_for
from tests.support.browsing import Browser, Seen
from tests.support.chromium_visitor import ChromiumVisitor
from tests.support.moved import check_all_came, check_unseen, chooses_language, said_in_copy
from tests.support.rig import Person, ServedPod, eventually

SWITCHING = "/move/switching"
_MESSAGES = {said: sentence for sentence, said in messages_of("sv").items() if isinstance(said, str)}
_ROW = re.compile(r'<li><div><strong>([^<]*)</strong> <span class="aside">([^<]*)</span>(.*?)</li>', re.DOTALL)


class Traveller:
    """A person at home at one pod who moves to another one, with one browser. `called`: another name, if so there."""

    def __init__(
        self, person: Person, new: ServedPod, browser: Browser | ChromiumVisitor | None = None, called: str = ""
    ) -> None:
        self.person, self.old, self.new = person, person.pod, new
        self.name, self.group = person.account["name"], person.account["personal_group"]
        self.called = called or self.name
        self.language = browser.language if isinstance(browser, ChromiumVisitor) else "en"
        self.browser: Any = (browser or Browser(self.old)).sign_in(self.name)

    def at(self, pod: ServedPod) -> Any:
        """The browser, at one of the two pods."""
        self.browser.pod = pod
        return self.browser

    def move(self) -> Move:
        """The job at the new pod."""

        async def look(deps: Deps) -> Move:
            async with deps.store.database.read() as session:
                of = select(*(MOVES.c[name] for name in Move.__struct_fields__)).where(MOVES.c.group_id == self.group)
                return Move(*(await session.execute(of)).one())

        return self.new.act(look)

    def copies(self) -> None:
        """Have the account copied, until each line was compared."""
        chooses_language(self.old, self.name, self.language)
        self._begins()
        self.browser.submit(self.browser.get("/move/journey"), "/move/start", name=self.called)
        eventually(lambda: self.move().stage == "verified", seen=lambda: self.move().why)
        check_unseen(self.new, self.person)

    def settles(self) -> None:
        """Have a second home made: a copy that follows the account, whose home stays where it is."""
        self._begins(standing="true")
        self.browser.submit(self.browser.get("/move/journey"), "/move/start")
        eventually(lambda: self.move().stage == "verified", seen=lambda: self.move().why)

    def _begins(self, **ticked: str) -> None:
        """Ask at the new pod and agree at the old one; the new one knows then what there is to copy."""
        browser = self.at(self.new)
        found = browser.submit(browser.get("/move"), "/move", account=f"{self.old.url}/@{self.name}")
        page = led_to(browser.submit(found, "/move/ask", **ticked))
        host = self.new.url.partition("://")[2]
        assert self.at(self.old).submit(browser.get(page), page, host=host, private="true", **ticked).status == 200
        self.at(self.new)
        eventually(lambda: self.move().plan is not None, seen=lambda: self.move().why)

    def reads(self) -> str:
        """Ask for the switch; the path at the old pod where it is agreed to."""
        browser = self.at(self.new)
        return led_to(browser.submit(browser.get(SWITCHING), SWITCHING))

    def agrees(self, **typed: Any) -> None:
        """Agree to the switch at the old pod; its answer is the new pod's page again."""
        page = self.reads()
        back = self.at(self.old).submit(self.browser.get(page), page, handle=self.name, **typed)
        assert (back.status, back.path) == (200, SWITCHING), back.text
        self.at(self.new)

    def page(self) -> Seen:
        """How the switch stands, at the new pod."""
        page: Seen = self.at(self.new).get(SWITCHING)
        return page

    def arrives(self) -> None:
        """Wait until the account is at home at the new pod."""
        at_home = self._say("You are at home here now, as %(name)s.", name=self.called)
        eventually(lambda: at_home in unescape(self.page().text), seen=lambda: (self.move(), self.page().text))

    def standings(self) -> dict[str, str]:
        """How each group stands, by its name or id on the page, with what the old pod said of it; in English."""
        found = _ROW.findall(self.page().text)
        told = {unescape(name): " ".join(unescape(f"{word} {_words(rest)}").split()) for name, word, rest in found}
        return told if self.language == "en" else {_in_english(name): _in_english(said) for name, said in told.items()}

    def lets_go(self, group: str, name: str) -> None:
        """Go without a group that stands still."""
        page = self.page()
        if isinstance(self.browser, ChromiumVisitor):
            self.browser.press(page, "Let %(name)s go", name=name)
            return
        forms = [form for form in page.forms if form.action.endswith("/without") and ("group", group) in form.fields]
        self.browser.post(forms[0].action, forms[0].fields)

    def _say(self, sentence: str, **values: str) -> str:
        return str(translator_for(self.language)(sentence, **values))

    def check_whole(self) -> None:
        """All that the old pod said the account is has come."""
        copy = self.move().copy_id
        assert copy is not None
        check_all_came(self.new, self.called, said_in_copy(self.new, copy))


def led_to(page: Seen) -> str:
    """The path of the page at the old pod to which a link leads."""
    found = re.search(r'href="(http[^"]+/move/(?:consent|switch)/[^"]+)"', page.text)
    assert found, page.text
    return urlsplit(found[1]).path


def _in_english(said: str) -> str:
    """What a row says in Swedish, as the code says it."""
    rules = {rule.sv: rule.en for rule in SwitchRule if rule.sv} | {"": ""}
    rule = next((rule for rule in rules if rule in said), "")
    word = said.replace(rule, "").strip()
    return f"{_MESSAGES.get(word, word)} {rules[rule]}".strip()


def _words(html: str) -> str:
    return re.sub(r"<[^>]+>", " ", html.partition("<form")[0])
