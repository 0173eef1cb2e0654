"""Every mail that a pod can send, asked for by one reader after the other: what comes, with its subject."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from functools import partial
from typing import Final

import msgspec

from models.moving.asked_switches import AskedSwitch, put_asked_switch
from models.moving.grants import AskedGrant, insert_asked
from models.moving.moves import COPYING, Move, insert_move
from models.people.accounts import load_account_named
from models.people.digests import Digest
from pod.actions.groups.founding import token_hash
from pod.actions.letters import Letter, send
from pod.deps import Deps
from pod.jobs.digests import send_digest
from pod.letters.moves import followers_letter, left_letter, settled_letter, shrunk_letter, unmoved_letter
from pod.translations import translator_for
from tests.support.browsing import Browser, Seen
from tests.support.folders import ROOT
from tests.support.post_office import PostOffice
from tests.support.rig import Person, ServedPod, eventually

# What makes a mail's text, and how somebody asked for it below.
ASKED: Final = frozenset(
    {"address_letter", "sign_in_letter", "confirm_letter", "moved_letter", "known_letter", "try_mail"}
    | {"sign_up_letter", "question_letter", "accepted_letter", "rejected_letter"}
    | {"token_letter", "decided_letter", "digest_letter", "call_letter"}
    | {"archive_letter", "copied_letter", "grant_letter", "switch_letter", "import_letter"}
    | {"settled_letter", "unmoved_letter", "shrunk_letter", "followers_letter", "left_letter"}
)
MUTED: Final = "nobody@127.0.0.1"  # a row of a list, which this pod refuses to look up
ASKED_IN: Final = "a" * 43  # the secret of a request to read an account


def letter_makers() -> set[str]:
    """The functions of pages that write a letter, and of actions that make a mail without one."""
    found = set()
    for path in (ROOT / "pod").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                makes, is_words = set(_called(node)), path.name == "letters.py" or path.parent.name == "letters"
                written = is_words and makes & {"Letter", "_letter", "letter_of"}
                posted = "Mail" in makes and path.parts[-2:] != ("actions", "letters.py")
                found |= {node.name} if written or posted else set()
    return found - {"letter_of"}  # it puts together what others say


def _called(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name):
            yield inner.func.id


async def _tell_all(name: str, deps: Deps) -> None:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, name)
    assert account is not None
    assert await send_digest(deps, Digest(account.id, 0, 0, None), now=deps.clock() + 3_600_000)


async def _asked_for(name: str, pod: str, deps: Deps) -> None:
    """A pod has asked for somebody's account, and to be its home."""
    now = deps.clock()
    async with deps.store.database.read() as session:
        account = await load_account_named(session, name)
    assert account is not None
    sha256, until = token_hash(f"asked/{ASKED_IN}"), now + 600_000
    key = deps.identity.keyring.pod_key.did
    asked = AskedGrant(
        *(sha256, account.id, pod, key, f"{pod}/actor", bytes(32), "personal", False, False),
        *("c" * 43, "s" * 43, until),
    )
    assert await deps.store.write(lambda session: insert_asked(session, asked, most_of_pod=9, most=9, now=now))
    switch = AskedSwitch(
        *(token_hash(f"switch/{ASKED_IN}"), account.id, pod, key, f"{pod}/actor", bytes(32)),
        *(name, now, 1, "c" * 43, "s" * 43, until),
    )
    await deps.store.write(lambda session: put_asked_switch(session, switch, now=now))


async def _has_a_move(address: str, pod: str, deps: Deps) -> None:
    """A move whose copying stops at once: it knows no personal group."""
    now = deps.clock()
    move = Move(b"r" * 32, "@ada", pod, None, "full", "", "", None, "personal", now, now, now + 600_000)
    move = msgspec.structs.replace(move, stage=COPYING, address=address, due_at=now)
    await deps.store.write(lambda session: insert_move(session, move, instead_of=b"", now=now))


async def _moves_here(letter: Callable[..., Letter], address: str, deps: Deps) -> None:
    """Somebody's move is done, or was stopped, or is over at the old pod, or a second home shrank."""
    say, url = translator_for("en"), deps.identity.base_url
    more: tuple[str, ...] = ()
    counts = {"taken": 2, "every": 3} if letter is followers_letter else {}
    if letter is shrunk_letter:
        more = ("old.example", f"{url}/move/second-home")
    elif letter is unmoved_letter:
        more = ("It took too long.",)
    elif letter in (followers_letter, left_letter):
        more = ("new.example",)
    await send(deps, address, letter(say, url, "ada", *more, **counts))


class Letterbox:
    """Asks a pod for its mails and keeps what came as `mails`: subject and text."""

    def __init__(self, pod: ServedPod, office: PostOffice) -> None:
        self.pod = pod
        self.office = office
        self.mails: list[str] = []

    def of_somebody_here(self, person: Person) -> None:
        """The mails that an account gets: for its address, a sign-in, fresh proofs, and in place of a new account."""
        name = person.account["name"]
        browser, first, second = Browser(self.pod).sign_in(name), f"{name}@mail.example", f"{name}@mail2.example"
        for address in (first, second):
            page = browser.submit(browser.get("/settings/mail"), "/settings/mail", mail=address)
            browser.submit(page, "/settings/mail/code", code=self._code(address))
        self.take(first)  # that mail goes elsewhere
        other = Browser(self.pod)
        other.submit(other.get("/sign-in"), "/sign-in", who=second)
        self.take(second)
        browser.submit(browser.get("/settings/confirm"), "/confirm/mail")
        self.take(second)
        person.send("/api/v1/me/proof/mail", {})
        self.take(second)
        self._wish(f"{name}x", second)
        self.take(second)

    def of_a_day(self, person: Person) -> str:
        """The daily mail, of all that ever happened in somebody's groups."""
        self.pod.act(partial(_tell_all, person.account["name"]))
        return self.take(f"{person.account['name']}@mail2.example")

    def of_a_vote(self, person: Person, group: str, poll: str) -> None:
        """The mail that somebody gets in whose name a ballot was signed."""
        person.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", {"approvals": ["00"]})
        self.take(f"{person.account['name']}@mail2.example")

    def of_a_call(self, author: Person, group: str, title: str, person: Person) -> str:
        """The mail of who is called to vote, in somebody's poll with this title that ends within a day."""
        wish = {"kind": "for-against", "title": title, "lengths": {"voting": 3_600_000}}
        author.post(f"/api/v1/groups/{group}/polls", wish)
        return self.take(f"{person.account['name']}@mail2.example")

    def of_leaving(self, person: Person) -> None:
        """The mails of who has an archive made, brings a file, lets another pod read the account, and moves there."""
        name = person.account["name"]
        browser, archive = Browser(self.pod).sign_in(name), "/settings/archive"
        browser.submit(browser.get(archive), archive)
        self.take(f"{name}@mail2.example")
        brought = "/settings/import"
        shown = browser.upload(browser.get(brought), brought, "muted_accounts.csv", f"{MUTED},true\n".encode())
        browser.submit(shown, f"{brought}/begin")
        self.take(f"{name}@mail2.example")
        self.pod.act(partial(_asked_for, name, self.pod.url))
        page = f"/move/consent/{ASKED_IN}"
        browser.submit(browser.get(page), page, classes=["personal"], host=self.pod.url.partition("://")[2])
        self.take(f"{name}@mail2.example")
        self.pod.act(partial(_has_a_move, f"{name}@mail3.example", self.pod.url))
        self.take(f"{name}@mail3.example")
        page = f"/move/switch/{ASKED_IN}"
        browser.submit(browser.get(page), page, handle=name)
        self.take(f"{name}@mail2.example")
        for letter in (settled_letter, unmoved_letter, shrunk_letter, followers_letter, left_letter):
            self.pod.act(partial(_moves_here, letter, f"{name}@mail2.example"))
            self.take(f"{name}@mail2.example")

    def of_strangers(self, admin: Browser) -> None:
        """The mails of who wants an account: a code, a question, yes and no; and the admin's own trial."""
        admin.submit(admin.get("/admin/settings"), "/admin/settings", registration="approval")
        for decision in ("accept", "reject", "ask"):
            name, address = f"{decision}x", f"{decision}x@mail.example"
            browser, page = self._wish(name, address)
            browser.submit(page, "/sign-up/code", code=self._code(address))
            page = admin.get("/admin/sign-ups")
            form = next(form for form in page.forms if form.action.endswith("/sign-ups/accept"))
            fields = [(field, value) for field, value in form.fields if field != "text"]
            admin.post(f"/admin/sign-ups/{decision}", [*fields, ("text", "Who are you?")])
            self.take(address)
        admin.submit(admin.get("/admin/mail"), "/admin/mail/test", mail="tried@mail.example")
        self.take("tried@mail.example")

    def take(self, address: str) -> str:
        """The next mail to this address."""
        mail: Message = eventually(lambda: self._next(address))
        texts = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
        whole = "\n".join(text.decode() for text in texts if isinstance(text, bytes))
        self.mails.append(f"{make_header(decode_header(mail['Subject']))}\n\n{whole}")
        return self.mails[-1]

    def _wish(self, name: str, address: str) -> tuple[Browser, Seen]:
        browser = Browser(self.pod)
        page = browser.get("/sign-up")
        typed = {"reason": "I live here."} if 'name="reason"' in page.text else {}
        return browser, browser.submit(page, "/sign-up", name=name, mail=address, **typed)

    def _code(self, address: str) -> str:
        text = self.take(address).replace("\r\n", "\n")
        found = re.search(r"^    (\d{4} \d{4})$", text, re.MULTILINE)
        assert found
        return found[1]

    def _next(self, address: str) -> Message | None:
        got = self.office.post.got
        for place, envelope in enumerate(got):
            if envelope.rcpt_tos == [address]:
                del got[place]
                return message_from_bytes(envelope.original_content or b"")
        return None
