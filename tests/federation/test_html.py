import re
from typing import get_args

import nh3
from hypothesis import given
from hypothesis import strategies as st

from federation.html import TAGS, html_of, text_html
from protocol.records.content import Paragraph
from protocol.records.content.shapes import Style

PARAGRAPHS = st.lists(
    st.builds(Paragraph, style=st.sampled_from(get_args(Style)), text=st.text() | st.text("<>&\"'/ab="))
)
HOSTILE = '<script>alert(1)</script><a href="javascript:x" onclick=y>&lt;'


@given(PARAGRAPHS)
def test_whatever_people_write_only_our_own_tags_come_out(paragraphs: list[Paragraph]) -> None:
    html = html_of(paragraphs)

    assert set(re.findall(r"<\s*/?\s*([^\s<>]*)[^<>]*>", html)) <= TAGS
    assert nh3.clean(html, tags=set(TAGS), attributes={}) == html


def test_hostile_text_is_shown_as_text() -> None:
    html = html_of([Paragraph("text", HOSTILE)])

    assert html == '<p>&lt;script&gt;alert(1)&lt;/script&gt;&lt;a href="javascript:x" onclick=y&gt;&amp;lt;</p>'
    assert text_html(HOSTILE) == html


def test_styles_become_the_tags_that_others_show() -> None:
    written = [
        ("heading-2", "Well"),
        ("text", "a\nb"),
        ("list-item", "x"),
        ("list-item", "y"),
        ("quote", "q"),
        ("code", "c"),
    ]

    assert html_of([Paragraph(style, text) for style, text in written]) == (  # type: ignore[arg-type]
        "<h2>Well</h2><p>a<br>b</p><ul><li>x</li><li>y</li></ul><blockquote><p>q</p></blockquote><pre><code>c</code></pre>"
    )
