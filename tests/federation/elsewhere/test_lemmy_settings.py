"""Lemmy's settings file."""

import io
import json

import pytest

from federation.elsewhere.lemmy_settings import LemmyEntry, read_lemmy
from federation.errors import ForeignFileError
from tests.support.foreign_files import LEMMY


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_mg_12_lemmys_settings_are_read_and_each_bad_entry_is_named(mark: bytes) -> None:
    found = read_lemmy(io.BytesIO(mark + json.dumps(LEMMY).encode()), "settings.json")

    assert found.display_name == "Anna"
    assert [paragraph.text for paragraph in found.bio] == ["Ducks.", "And geese."]
    assert found.entries == (
        LemmyEntry("follows", "https://lemmy.example/c/ducks"),
        LemmyEntry("saved", "https://lemmy.example/post/1"),
        LemmyEntry("saved", "https://lemmy.example/comment/2"),
        LemmyEntry("blocked_people", "https://lemmy.example/u/troll"),
        LemmyEntry("blocked_groups", "https://lemmy.example/c/cats"),
        LemmyEntry("blocked_servers", "spam.example"),
    )
    assert [(one.cells, one.row, one.refused.rule.key) for one in found.refused] == [
        (("followed_communities", "not a link"), 2, "row_no_link"),
        (("followed_communities", ""), 3, "row_odd"),
        (("blocked_instances", "no server"), 2, "row_no_server"),
    ]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "file_empty"),
        (b'{"followed_communities": [', "file_damaged"),
        (b'{"display_name": "Anna"}', "file_unknown"),
        (b"[" * 5000, "file_damaged"),
    ],
)
def test_mg_12_what_isnt_lemmys_is_refused_with_the_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(ForeignFileError) as refused:
        read_lemmy(io.BytesIO(raw), "settings.json")

    assert refused.value.refused.rule.key == reason


def test_mg_12_a_list_that_is_none_is_named_and_the_others_are_read() -> None:
    found = read_lemmy(io.BytesIO(b'{"followed_communities": 7, "blocked_instances": ["spam.example"]}'), "s.json")

    assert found.entries == (LemmyEntry("blocked_servers", "spam.example"),)
    assert [(one.cells, one.refused.rule.key) for one in found.refused] == [(("followed_communities",), "row_odd")]
