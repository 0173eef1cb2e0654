"""Plain text and paragraphs: what was typed comes back as it was typed, and every text can be typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pod.web.post.plain_text import FENCE, paragraphs_of, typed
from protocol.records.content import Paragraph

LINES = st.text(st.sampled_from("#>-` \\abc"), min_size=1, max_size=8).filter(lambda line: line.strip())
TEXTS = st.lists(LINES, min_size=1, max_size=4).map("\n".join)
HEADINGS = st.sampled_from(["heading-1", "heading-6"])


@given(texts=st.lists(TEXTS, max_size=5))
def test_every_text_without_empty_lines_can_be_typed(texts: list[str]) -> None:
    paragraphs = [Paragraph("text", text) for text in texts]
    assert paragraphs_of("\n\n".join(map(typed, paragraphs))) == paragraphs


@given(text=TEXTS, style=HEADINGS)
def test_quotes_headings_items_and_code_come_back(text: str, style: str) -> None:
    line = text.split("\n", maxsplit=1)[0].strip()
    paragraphs = [Paragraph("quote", text), Paragraph(style, line), Paragraph("list-item", line)]  # type: ignore[arg-type]
    assert paragraphs_of("\n\n".join(map(typed, paragraphs))) == paragraphs
    code = Paragraph("code", "if x:\n\n    " + text.replace(FENCE, ""))
    if all(part.rstrip() != FENCE for part in code.text.split("\n")):
        assert paragraphs_of(typed(code)) == [code]


@given(text=st.text())
def test_any_text_gives_paragraphs_and_none_is_empty_but_code(text: str) -> None:
    assert all(p.text or p.style in {"code", "quote"} for p in paragraphs_of(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a\nb\n\n\nc", [("text", "a\nb"), ("text", "c")]),
        ("# Title\ntext", [("heading-1", "Title"), ("text", "text")]),
        ("####### seven", [("text", "####### seven")]),
        ("#hash", [("text", "#hash")]),
        ("> a\n>b\nc", [("quote", "a\nb"), ("text", "c")]),
        ("- a\n- b", [("list-item", "a"), ("list-item", "b")]),
        ("-5 degrees", [("text", "-5 degrees")]),
        ("```\nx\n\ny\n```\nz", [("code", "x\n\ny"), ("text", "z")]),
        ("```\nnever closed", [("code", "never closed")]),
        ("\\# no heading", [("text", "# no heading")]),
    ],
)
def test_signs_at_the_beginning_of_lines_give_styles(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(p.style, p.text) for p in paragraphs_of(text)] == expected
