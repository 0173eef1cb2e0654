"""A browser without scripts: it keeps cookies, follows redirects and sends the forms that a page has, and no others."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import Message
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from types import SimpleNamespace
from typing import Any, cast
from urllib.request import Request

from models.people.accounts import load_account_named
from pod.actions.accounts.sessions import open_session
from pod.config import load_config
from pod.parts import open_parts
from tests.support.rig import ServedPod


@dataclass
class Form:
    """A form of a page: where it goes, what it would send as it stands, and its buttons as (name, value, text)."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    method: str = "get"
    id: str = ""


@dataclass(frozen=True)
class Seen:
    """An answer: `path` is where redirects ended."""

    status: int
    headers: Message
    text: str
    path: str

    @property
    def forms(self) -> list[Form]:
        """The page's forms, in order."""
        reader = _Forms()
        reader.feed(self.text)
        return reader.forms


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._area: str | None = None
        self._select: str | None = None
        self._button: tuple[Form, str, str] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, value, form = given.get("name", ""), given.get("value", ""), self.forms[-1] if self.forms else Form("")
        match tag:
            case "form":
                self.forms.append(
                    Form(given.get("action", ""), method=given.get("method", "get"), id=given.get("id", ""))
                )
            case "input" if given.get("type") in ("radio", "checkbox") and "checked" not in given:
                pass
            case "input" if name:
                form.fields.append((name, value))
            case "textarea" if name:  # one without a name is shown, and never sent
                self._area, self._text = name, ""
            case "select":
                self._select = name
            case "option" if self._select and "selected" in given:
                form.fields.append((self._select, value))
            case "button":
                named = [known for known in self.forms if known.id == given.get("form", "") and known.id]
                self._button, self._text = ((named or [form])[0], name, value), ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            self.forms[-1].fields.append((self._area, self._text.removeprefix("\n")))
            self._area = None
        elif tag == "select":
            self._select = None
        elif tag == "button" and self._button is not None:
            form, name, value = self._button
            form.buttons.append((name, value, self._text.strip()))
            self._button = None


class Browser:
    """One browser of one person at one pod; `address`: what a proxy before the pod would say of where it is."""

    def __init__(self, pod: ServedPod, language: str = "en", *, address: str = "") -> None:
        self.pod = pod
        self.language = language
        self.address = address
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str, **headers: str) -> Seen:
        """A page, after redirects."""
        return self._open(path, None, headers)

    def post(self, path: str, fields: list[tuple[str, str]], **headers: str) -> Seen:
        """Send any fields anywhere, as a forger would."""
        return self._open(path, urllib.parse.urlencode(fields).encode(), headers)

    def submit(self, page: Seen, action: str, press: str = "", **typed: str | list[str]) -> Seen:
        """Send the page's form to `action` (its end is enough), with what is typed, by the button of this text.

        A field that is typed replaces what stands there; one that the form hasn't is an error of the test, but for
        radios and boxes, which stand nowhere until they are ticked.
        """
        form = next(form for form in page.forms if form.action.endswith(action))
        fields = [(name, value) for name, value in form.fields if name not in typed]
        for name, value in typed.items():
            fields += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        if press:
            name, value, _ = next(button for button in form.buttons if button[2] == press)
            fields += [(name, value)] if name else []
        if form.method == "get":
            return self.get(f"{form.action}?{urllib.parse.urlencode(fields)}")
        return self.post(form.action, fields)

    def upload(self, page: Seen, action: str, name: str, content: bytes) -> Seen:
        """Send a file by the page's form to `action`, as browsers do: what is hidden first, then the file."""
        form = next(form for form in page.forms if form.action.endswith(action))
        fields = [(field, value) for field, value in form.fields if field != "file"]
        parts = [
            f'--x9x\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n' for field, value in fields
        ]
        head = f'--x9x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        body = (
            f"{''.join(parts)}{head}Content-Type: application/octet-stream\r\n\r\n".encode()
            + content
            + b"\r\n--x9x--\r\n"
        )
        return self._open(form.action, body, {"Content-Type": "multipart/form-data; boundary=x9x"})

    def press(self, page: Seen, text: str) -> Seen:
        """Press the first button of this text, in a form that is nothing but buttons."""
        form = next(form for form in page.forms if any(button[2] == text for button in form.buttons))
        name, value, _ = next(button for button in form.buttons if button[2] == text)
        return self.post(form.action, [*form.fields, *([(name, value)] if name else [])])

    def sign_in(self, name: str) -> Browser:
        """Be signed in as somebody at home here, without the pages for that."""
        secret, cookie = session_secret(self.pod, name)
        self.keep(cookie, secret)
        return self

    def keep(self, cookie: str, secret: str) -> None:
        """Hold a cookie of the pod."""
        handed = Message()
        handed["Set-Cookie"] = f"{cookie}={secret}; Path=/"
        self.cookies.extract_cookies(cast("Any", SimpleNamespace(info=lambda: handed)), Request(self.pod.door))

    def copied(self) -> Browser:
        """A browser to which somebody copied the cookies of this one."""
        twin = Browser(self.pod, self.language, address=self.address)
        for cookie in self.cookies:
            twin.cookies.set_cookie(cookie)
        return twin

    def _open(self, path: str, body: bytes | None, headers: dict[str, str]) -> Seen:
        url = path if path.startswith("http") else self.pod.door + path
        fields = {"Accept": "text/html", "Accept-Language": self.language} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        if self.address:
            fields["X-Forwarded-For"] = self.address
        try:
            with self._opener.open(urllib.request.Request(url, body, fields), timeout=20) as answer:
                return _seen(answer.status, answer)
        except urllib.error.HTTPError as error:
            return _seen(error.code, error)


def session_secret(pod: ServedPod, name: str) -> tuple[str, str]:
    """A new session of somebody at home there: its secret, and the name of its cookie."""
    # In a thread of its own: a browser that tests steer has an event loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        secret = thread.submit(lambda: asyncio.run(_session(pod, name))).result()
    return secret, f"session-{pod.url.rpartition(':')[2]}"


def _seen(status: int, answer: Any) -> Seen:
    split = urllib.parse.urlsplit(answer.url)
    path = split.path + (f"?{split.query}" if split.query else "")
    return Seen(status, answer.headers, answer.read().decode(), path)


async def _session(pod: ServedPod, name: str) -> str:
    async with open_parts(load_config(pod.folder / "pod.toml")) as deps:
        async with deps.store.database.read() as session:
            account = await load_account_named(session, name)
        assert account is not None
        return await open_session(deps, account, "a test")
