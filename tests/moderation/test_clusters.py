"""Texts are cut between letters as people see them, never within one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.clusters import beginning, first_cluster

CLUSTERS = (
    *(
        "a",
        "é",
        "e\u0301",
        "\r\n",
        "🏳\ufe0f\u200d🌈",
        "👩\u200d👩\u200d👧\u200d👦",
        "👍🏽",
        "🇸🇪",
        "🇫🇮",
        "각",
        "\u1100\u1161\u11a8",
    ),
    *("क्\u200dष", "นี้", "1\ufe0f\u20e3", "🏴\U000e0067\U000e0062\U000e007f", " ", "漢"),
)


@given(clusters=st.lists(st.sampled_from(CLUSTERS), max_size=12), most=st.integers(0, 40))
def test_a_text_is_cut_between_two_clusters_as_late_as_it_may_be(clusters: list[str], most: int) -> None:
    ends, kept = [0], ""
    for cluster in clusters:
        ends.append(ends[-1] + len(cluster))
    text = "".join(clusters)
    kept = beginning(text, most)
    assert text.startswith(kept)
    assert len(kept) == max(end for end in ends if end <= most)


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_the_first_letter_is_a_whole_one(cluster: str) -> None:
    assert first_cluster(f"{cluster}x") == cluster


def test_nothing_of_a_cluster_that_is_too_long_is_kept_and_of_no_text_nothing() -> None:
    assert beginning("a" + "\u0301" * 500, 240) == ""
    assert beginning("", 0) == first_cluster("") == ""
