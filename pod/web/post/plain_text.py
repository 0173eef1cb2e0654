"""Plain text into paragraphs, and back: what people type is what they see, and every text can be typed.

- An empty line ends a paragraph.
- `# ` to `###### ` begin a heading, `> ` a quote (each of its lines), `- ` a list item; each heading and item is a
  paragraph of its own. Between lines of three backticks stands code, with its empty lines.
- A backslash before such a sign takes its meaning away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from protocol.records.content import Paragraph
from protocol.records.content.shapes import Style

FENCE: Final = "```"
_HEADING = re.compile(r"(#{1,6}) +(.*)", re.DOTALL)
_SIGN = re.compile(r"\\*(?:#{1,6} |> ?|- |```)")
_HEADINGS: Final[dict[int, Style]] = {
    1: "heading-1",
    2: "heading-2",
    3: "heading-3",
    4: "heading-4",
    5: "heading-5",
    6: "heading-6",
}


def paragraphs_of(text: str) -> list[Paragraph]:
    """The paragraphs that a typed text means."""
    return [paragraph for block in _blocks(text) for paragraph in _read(block)]


def typed(paragraph: Paragraph) -> str:
    """What to type for a paragraph of text, heading, quote, code or list item, if it has no empty line."""
    style, text = paragraph.style, paragraph.text
    if style == "code":
        return f"{FENCE}\n{text}\n{FENCE}"
    if style == "quote":
        return "\n".join(f"> {line}" for line in text.split("\n"))
    if style.startswith("heading-"):
        return f"{'#' * int(style[-1])} {text}"
    if style == "list-item":
        return f"- {text}"
    return "\n".join(f"\\{line}" if _SIGN.match(line) else line for line in text.split("\n"))


def _blocks(text: str) -> Iterator[list[str]]:
    """Lines that belong together: between empty lines, or between fences."""
    block: list[str] = []
    code = False
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line.rstrip() == FENCE:
            if code:
                yield [*block, line]
                block = []
            else:
                yield block
                block = [line]
            code = not code
        elif code or line.strip():
            block.append(line)
        else:
            yield block
            block = []
    yield block


def _read(block: list[str]) -> Iterator[Paragraph]:
    if not block:
        return
    if block[0].rstrip() == FENCE:
        inner = block[1:-1] if block[-1].rstrip() == FENCE and len(block) > 1 else block[1:]
        yield Paragraph("code", "\n".join(inner))
        return
    plain: list[str] = []
    quote: list[str] = []
    for line in block:
        special = _special(line)
        if line.startswith(">"):
            yield from _text(plain)
            quote.append(line[1:].removeprefix(" "))
        elif special is not None:
            yield from _quote(quote)
            yield from _text(plain)
            yield special
        else:
            yield from _quote(quote)
            plain.append(_bare(line))
    yield from _quote(quote)
    yield from _text(plain)


def _special(line: str) -> Paragraph | None:
    if heading := _HEADING.fullmatch(line):
        return Paragraph(_HEADINGS[len(heading[1])], heading[2].strip())
    if line.startswith("- "):
        return Paragraph("list-item", line[2:].strip())
    return None


def _bare(line: str) -> str:
    return line[1:] if line.startswith("\\") and _SIGN.match(line) else line


def _text(lines: list[str]) -> Iterator[Paragraph]:
    if lines:
        yield Paragraph("text", "\n".join(lines))
        lines.clear()


def _quote(lines: list[str]) -> Iterator[Paragraph]:
    if lines:
        yield Paragraph("quote", "\n".join(lines))
        lines.clear()
