"""Paragraphs as the HTML that other software shows: our own few tags around escaped text, cleaned once more.

The escaping alone is enough; the sanitiser behind it catches a style that somebody adds later without escaping.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import groupby
from typing import Final

import nh3

from protocol.records.content import Paragraph

TAGS: Final = frozenset({"p", "br", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "ul", "li"})


def html_of(paragraphs: Iterable[Paragraph]) -> str:
    """The paragraphs as HTML; consecutive list items become one list, pictures are left out."""
    pieces: list[str] = []
    for style, run in groupby(paragraphs, key=lambda paragraph: paragraph.style):
        written = [_tagged(style, paragraph.text) for paragraph in run if style != "image"]
        pieces += ["<ul>", *written, "</ul>"] if style == "list-item" else written
    return nh3.clean("".join(pieces), tags=set(TAGS), attributes={})


def link_html(sentence: str, url: str) -> str:
    """A paragraph that ends in a link to one of our own pages."""
    target = escape(url)
    return f'<p>{escape(sentence, quote=False)} <a href="{target}" rel="nofollow noopener">{target}</a></p>'


def text_html(text: str) -> str:
    """Plain text as one paragraph of HTML; an empty text gives an empty string."""
    return _tagged("text", text) if text else ""


def _tagged(style: str, text: str) -> str:
    escaped = escape(text, quote=False)
    lines = escaped.replace("\r\n", "\n").replace("\n", "<br>")
    match style:
        case "quote":
            return f"<blockquote><p>{lines}</p></blockquote>"
        case "code":
            return f"<pre><code>{escaped}</code></pre>"
        case "list-item":
            return f"<li>{lines}</li>"
        case "text":
            return f"<p>{lines}</p>"
        case _:
            level = style.removeprefix("heading-")
            return f"<h{level}>{lines}</h{level}>"
