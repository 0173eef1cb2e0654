"""HTML that others wrote, as our paragraphs: only text is left, so nothing of it can ever run, load or look like ours.

1. A link becomes its text, and its address where the text doesn't show it. Mastodon cuts addresses short by hiding
   parts of them; the whole address is written. A link that isn't http or https is its text alone.
2. A mention is written @name@server, a hashtag as it reads. A picture is its description.
3. Scripts, styles, forms and what else isn't text is passed over with all that is in it.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

from federation.addresses import parse_url
from federation.errors import UnsafeAddressError
from protocol.limits import MAX_PARAGRAPHS
from protocol.records.content import Paragraph
from protocol.records.content.shapes import Style

_STYLES: Final[dict[str, Style]] = {
    "h1": "heading-1",
    "h2": "heading-2",
    "h3": "heading-3",
    "h4": "heading-4",
    "h5": "heading-5",
    "h6": "heading-6",
    "blockquote": "quote",
    "pre": "code",
    "li": "list-item",
}
_BREAKING: Final = frozenset({*_STYLES, "p", "div", "ul", "ol", "table", "tr", "section", "article", "hr", "details"})
_SILENT: Final = frozenset(
    {"script", "style", "template", "iframe", "object", "form", "svg", "math", "head", "title", "noscript", "aside"}
)
_DEEPEST: Final = 64  # open elements that are remembered; what lies deeper is text of the last one
# Signs that no record holds (protocol §1.1), and control characters that no page shows.
_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef]|[^\x00-\uffff]")
_BLANKS: Final = re.compile(r"[ \t\n\r\f]+")


def read_html(html: str, mentions: dict[str, str] | None = None) -> tuple[Paragraph, ...]:
    """The paragraphs of the HTML. `mentions`: the handle of each person named in it, by address and by shown name."""
    parser = _Paragraphs(mentions or {})
    parser.feed(html)
    parser.close()
    return parser.result()


def read_plain(text: str) -> tuple[Paragraph, ...]:
    """The paragraphs of a plain text: an empty line ends one."""
    blocks = re.split(r"\n[ \t]*\n", writable(text.replace("\r\n", "\n").replace("\r", "\n")))
    return _bounded([Paragraph("text", block.strip("\n")) for block in blocks if block.strip()])


def writable(text: str) -> str:
    """The text without signs that a record can't hold."""
    return _UNWRITABLE.sub(lambda found: "" if _never(found[0]) else found[0], text)


def _never(sign: str) -> bool:
    return ord(sign) <= 0xFFFF or ord(sign) & 0xFFFE == 0xFFFE


def _bounded(found: list[Paragraph]) -> tuple[Paragraph, ...]:
    """At most as many paragraphs as a record may have: the last one holds the text of all that follow it."""
    if len(found) <= MAX_PARAGRAPHS:
        return tuple(found)
    rest = "\n\n".join(paragraph.text for paragraph in found[MAX_PARAGRAPHS - 1 :])
    return (*found[: MAX_PARAGRAPHS - 1], Paragraph("text", rest))


class _Paragraphs(HTMLParser):
    def __init__(self, mentions: dict[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self._mentions = mentions
        self._done: list[Paragraph] = []
        self._text: list[str] = []
        self._open: list[str] = []
        self._silent = 0
        self._link: tuple[str, int, str] | None = None  # address, where its text begins, class

    def result(self) -> tuple[Paragraph, ...]:
        self._end_link()
        self._end()
        return _bounded(self._done)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag in _SILENT:
            self._silent += 1
        elif self._silent:
            return
        elif tag == "br":
            self._text.append("\n")
        elif tag == "img":
            self._text.append(said.get("alt", ""))
        elif tag == "a":
            self._end_link()
            self._link = (said.get("href", ""), len(self._text), said.get("class", ""))
        elif tag in _BREAKING:
            self._end()
            if len(self._open) < _DEEPEST:
                self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif self._silent:
            return
        elif tag == "a":
            self._end_link()
        elif tag in _BREAKING:
            self._end()
            if tag in self._open:
                del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._text.append(data if "pre" in self._open else _BLANKS.sub(" ", data))

    def _end_link(self) -> None:
        if self._link is None:
            return
        (address, start, kind), self._link = self._link, None
        shown = _BLANKS.sub(" ", "".join(self._text[start:])).strip()
        self._text[start:] = [self._linked(address.strip(), shown, kind.split())]

    def _linked(self, address: str, shown: str, kind: list[str]) -> str:
        handle = self._mentions.get(address) or ("mention" in kind and self._mentions.get(shown))
        if handle:
            return handle
        try:
            url = parse_url(address)
        except UnsafeAddressError:
            return shown
        if "mention" in kind or "hashtag" in kind:
            is_short = shown.startswith("@") and "@" not in shown[1:] and url.host
            return f"{shown}@{url.host}" if is_short else shown
        short = re.sub(r"^https?://|/$|…$", "", shown)
        return address if not short or short in address else f"{shown} ({address})"

    def _end(self) -> None:
        style: Style = next((_STYLES[tag] for tag in reversed(self._open) if tag in _STYLES), "text")
        text = writable("".join(self._text))
        if style != "code":
            text = "\n".join(line.strip() for line in text.split("\n"))
        self._text.clear()
        self._link = self._link and (self._link[0], 0, self._link[2])
        if text.strip():
            self._done.append(Paragraph(style, text.strip("\n")))
