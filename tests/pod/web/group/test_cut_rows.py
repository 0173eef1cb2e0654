"""What a list shows of a text ends between two letters as people see them."""

from __future__ import annotations

import pytest

from pod.web.group.post_rows import LONGEST_TITLE, cut
from pod.web.post.history import EXCERPT, shortened

FAMILY = "👩\u200d👩\u200d👧\u200d👦"
FLAG = "🇸🇪"


@pytest.mark.parametrize("cluster", [FAMILY, FLAG, "é", "e\u0301\u0302"])
@pytest.mark.parametrize("before", range(8))
def test_no_row_ends_within_a_letter(cluster: str, before: int) -> None:
    text = "x" * before + cluster * LONGEST_TITLE
    for shown in (cut(text, LONGEST_TITLE).removesuffix(" …"), shortened(text[: before + EXCERPT * len(cluster)])[:-1]):
        assert shown == "x" * before + cluster * ((len(shown) - before) // len(cluster))
