"""Others' HTML as our paragraphs: whatever it holds, only text is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.elsewhere.foreign_html import read_html, read_plain
from federation.html import html_of
from protocol.canonical import canonical_bytes
from protocol.limits import MAX_PARAGRAPHS
from protocol.records.content import Paragraph

TAGS = [
    "p",
    "br",
    "a href='https://x.example/y'",
    "script",
    "/script",
    "/p",
    "/a",
    "blockquote",
    "li",
    "pre",
    "svg",
    "img alt=x",
]
PIECES = st.lists(st.sampled_from([f"<{tag}>" for tag in TAGS]) | st.text(max_size=5), max_size=30).map("".join)


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ("<p>a<br>b</p><p>c</p>", [("text", "a\nb"), ("text", "c")]),
        ("plain &amp; <b>bold</b>", [("text", "plain & bold")]),
        (
            "<h2>H</h2><blockquote><p>q</p></blockquote><ul><li>x</li><li>y</li></ul><pre><code>a\n  b</code></pre>",
            [("heading-2", "H"), ("quote", "q"), ("list-item", "x"), ("list-item", "y"), ("code", "a\n  b")],
        ),
        (
            '<p><a href="https://x.example/long"><i class="invisible">https://</i><i>x.example/l</i><i>ong</i></a></p>',
            [("text", "https://x.example/long")],
        ),
        ('<p>see <a href="https://x.example/">this page</a>.</p>', [("text", "see this page (https://x.example/).")]),
        ('<a href="https://x.example/">good.example</a>', [("text", "good.example (https://x.example/)")]),
        ('<p><a href="javascript:alert(1)">press</a> <a>me</a></p>', [("text", "press me")]),
        ('<a class="mention hashtag" href="https://x.example/tags/a">#<span>a</span></a>', [("text", "#a")]),
        ('<a class="u-url mention" href="https://x.example/@bo">@<span>bo</span></a>', [("text", "@bo@x.example")]),
        ('<script>alert(1)</script><style>p{}</style><p onclick="x()">a</p><svg><a>b</a></svg>', [("text", "a")]),
        ('<img src="https://track.example/p.gif" alt="A duck"><iframe src="x">z</iframe>', [("text", "A duck")]),
        ("<p>a\x00\x07\ufdd0\U0001fffeb \U0001f986</p>", [("text", "ab \U0001f986")]),
        ("<p> </p><p><b></b></p>", []),
    ],
)
def test_html_becomes_paragraphs_of_text(html: str, told: list[tuple[str, str]]) -> None:
    assert [(part.style, part.text) for part in read_html(html)] == told


@given(PIECES)
def test_whatever_html_holds_its_paragraphs_are_text_that_a_record_can_hold(html: str) -> None:
    found = read_html(html)

    canonical_bytes([[part.style, part.text] for part in found])
    assert all(part.text.strip() for part in found)
    assert "<script" not in html_of(found)


def test_deep_and_long_html_is_read_in_the_end() -> None:
    found = read_html("<blockquote>" * 20_000 + "x" + "<p>y</p>" * (2 * MAX_PARAGRAPHS))

    assert len(found) == MAX_PARAGRAPHS
    assert found[0] == Paragraph("quote", "x")
    assert found[-1].text.count("y") == MAX_PARAGRAPHS + 2


def test_an_empty_line_ends_a_paragraph_of_plain_text() -> None:
    assert read_plain("a\r\nb\r\n \r\nc") == (Paragraph("text", "a\nb"), Paragraph("text", "c"))
