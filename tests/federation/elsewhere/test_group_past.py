"""What a community wrote elsewhere: threads are kept, authors are names, and votes and secrets stay where they were."""

import io
import json

import pytest

from federation.elsewhere.foreign_posts import ForeignPost
from federation.elsewhere.group_past import read_past
from federation.elsewhere.rows import RefusedRow
from federation.errors import ForeignFileError
from tests.support import foreign_files as files

Told = tuple[str, str, str, str, str]
TOPIC = json.dumps(files.TOPIC).encode()
BO: Told = ("5/1", "", "Bo Ek", "The ducks", "Who feeds the ducks?")
PAST: list[tuple[str, bytes, list[Told], list[tuple[int, str]]]] = [
    (
        "5.json",
        TOPIC,
        [BO, ("5/2", "5/1", "cilla", "", "I do."), ("5/3", "5/2", "Bo Ek", "", "Thanks!")],
        [(4, "row_not_read")],
    ),
    (
        "topics.json",
        b"[" + TOPIC + b', 7, {"post_stream": {"posts": [{"post_number": "x"}, 3]}}]',
        [BO, ("5/2", "5/1", "cilla", "", "I do."), ("5/3", "5/2", "Bo Ek", "", "Thanks!")],
        [(4, "row_not_read"), (5, "row_odd"), (6, "row_odd"), (7, "row_odd")],
    ),
    (
        "user_archive.csv",
        b"\xef\xbb\xbf" + files.DISCOURSE_TABLE.replace("\n", "\r\n").encode(),
        [("https://forum.example/t/x/5/2", "", "", "The ducks", "I do.|Daily.")],
        [(3, "row_not_read")],
    ),
    (
        "ducks.ndjson",
        files.lines(*files.REDDIT) + b"{broken\n",
        [("t3_aa1", "", "bo", "Who feeds the ducks?", "Somebody?"), ("t1_bb2", "t3_aa1", "cilla", "", "I do.")],
        [(3, "row_no_text"), (4, "row_odd")],
    ),
    (
        "comments.csv",
        files.REDDIT_TABLE.encode(),
        [("t1_bb2", "t3_aa1", "", "", "I do.|Daily.")],
        [(3, "row_odd")],
    ),
    (
        "group.json",
        files.lines(*files.LOOMIO),
        [("discussions/8", "", "Bo Ek", "Ducks", "Who feeds them?"), ("comments/9", "discussions/8", "", "", "I do.")],
        [(6, "row_not_read")],
    ),
]


@pytest.mark.parametrize(("name", "raw", "told", "refused"), PAST)
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_groups_past_is_read_with_its_threads_and_authors_as_names(
    name: str, raw: bytes, told: list[Told], refused: list[tuple[int, str]], is_packed: bool
) -> None:
    file = files.zipped({"README": b"hello", f"export/{name}": raw}) if is_packed else raw
    found = list(read_past(io.BytesIO(file), name))

    assert [
        (one.id, one.reply_to, one.author, one.title, "|".join(part.text for part in one.paragraphs))
        for one in found
        if isinstance(one, ForeignPost)
    ] == told
    assert [(one.row, one.refused.rule.key) for one in found if isinstance(one, RefusedRow)] == refused
    assert all(one.at > 1_556_600_000_000 for one in found if isinstance(one, ForeignPost))
    assert "pond.example" not in repr(found)


@pytest.mark.parametrize("raw", [b"hello", b"{}", b'{"outbox": []}', files.zipped({"a.png": files.PICTURE})])
def test_a_past_of_no_known_software_is_refused(raw: bytes) -> None:
    with pytest.raises(ForeignFileError) as refused:
        list(read_past(io.BytesIO(raw), "past.json"))

    assert refused.value.refused.rule.key == "file_unknown"
