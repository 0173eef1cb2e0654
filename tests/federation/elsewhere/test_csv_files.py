"""Mastodon's CSV files, as they are and as people save them: each is taken, or refused with row and reason."""

import io

import pytest

from federation.elsewhere.csv_files import CsvFile, failed_rows, read_csv
from federation.elsewhere.csv_kinds import CsvKind
from federation.elsewhere.rows import BOUNDS, FileBounds
from federation.errors import ForeignFileError
from pod.spreadsheets import spreadsheet
from tests.support import foreign_files as files

BOM = b"\xef\xbb\xbf"


def read(raw: bytes, name: str = "x.csv", chosen: CsvKind | None = None, bounds: FileBounds = BOUNDS) -> CsvFile:
    return read_csv(io.BytesIO(raw), name, chosen, bounds)


def without_header(table: str) -> bytes:
    return table.partition("\n")[2].encode()


# The file's name, its bytes; what it is, the rows that are taken, those that are refused, what people are warned of.
TABLES: list[tuple[str, bytes, CsvKind, list[int], list[tuple[int, str]], list[str]]] = [
    ("following_accounts.csv", files.FOLLOWING.encode(), "following", [2, 3], [], []),
    ("following_accounts.csv", BOM + files.FOLLOWING.replace("\n", "\r\n").encode(), "following", [2, 3], [], []),
    ("following_accounts.csv", files.FOLLOWING.encode("utf-16"), "following", [2, 3], [], ["old_letters"]),
    ("following_accounts.csv", files.FOLLOWING.encode("utf-16-be"), "following", [2, 3], [], ["old_letters"]),
    ("following_accounts.csv", without_header(files.FOLLOWING), "following", [1, 2], [], []),
    ("following_accounts.csv", b'"bo@pond.example"\n"@cilla@lake.example"\n', "following", [1, 2], [], []),
    ("following_accounts.csv", b"bo@pond.example\rcilla@lake.example", "following", [1, 2], [], []),
    ("following_accounts.csv", files.FOLLOWING.replace(",", ";").encode(), "following", [2, 3], [], []),
    ("following_accounts.csv", files.MUTED.encode(), "mutes", [2, 3], [], ["name_differs"]),
    ("muted_accounts (1).csv", files.MUTED.encode(), "mutes", [2, 3], [], []),
    ("muted_accounts.csv", without_header(files.MUTED), "mutes", [1, 2], [], []),
    ("muted_accounts.csv", files.DOMAINS.encode(), "domains", [1, 2], [], ["name_differs"]),
    ("blocked_accounts.csv", files.BLOCKED.encode(), "blocks", [1, 2], [], []),
    ("blocked_domains.csv", files.DOMAINS.encode(), "domains", [1, 2], [], []),
    ("bookmarks.csv", files.BOOKMARKS.encode(), "bookmarks", [1, 2], [], []),
    ("lists.csv", files.LISTS.encode(), "lists", [1, 2, 3], [], []),
    ("lists.csv", b"J\xe4mte,bo@pond.example\n", "lists", [1], [], ["old_letters"]),
    ("followers.csv", files.FOLLOWERS_TABLE.encode(), "followers", [2, 3], [], []),
    ("followers.csv", b"Languages,Account address\nsv,bo@pond.example\n", "following", [2], [], ["name_differs"]),
    ("domain_blocks.csv", files.SERVER_BLOCKS.encode(), "domain_blocks", [2, 4], [], []),
    ("blocked_domains.csv", files.SERVER_BLOCKS.encode(), "domain_blocks", [2, 4], [], ["name_differs"]),
    (
        "domain_blocks.csv",
        b"#domain,#severity\nspam.example,shout\nno server,noop\nads.example,noop\n",
        "domain_blocks",
        [4],
        [(2, "row_severity"), (3, "row_no_server")],
        [],
    ),
    (
        "blocked_accounts.csv",
        b'a@pond.example\n\nwhat is this\nb@pond.example\na@pond.example\n"never@x closed\n@@\nc@pond.example\n',
        "blocks",
        [1, 4, 8],
        [(3, "row_no_address"), (5, "row_twice"), (6, "row_no_address"), (7, "row_no_address")],
        [],
    ),
    (
        "bookmarks.csv",
        b"https://pond.example/1\njavascript:alert(1)\nfile:///etc/passwd\nhttps://a:b@pond.example/\n",
        "bookmarks",
        [1],
        [(2, "row_no_link"), (3, "row_no_link"), (4, "row_no_link")],
        [],
    ),
    ("lists.csv", b",bo@pond.example\nWork,bo@pond.example\n", "lists", [2], [(1, "row_no_list")], []),
    ("blocked_domains.csv", b"spam.example\n" + b"a" * 300_000 + b"\n", "domains", [1], [(2, "row_too_long")], []),
]


@pytest.mark.parametrize(("name", "raw", "kind", "taken", "refused", "warned"), TABLES)
def test_mg_10_each_csv_file_is_known_by_its_content_and_each_bad_row_by_number_and_reason(
    name: str, raw: bytes, kind: CsvKind, taken: list[int], refused: list[tuple[int, str]], warned: list[str]
) -> None:
    found = read(raw, name)

    assert found.kind == kind
    assert [row.row for row in found.rows] == taken
    assert [(one.row, one.refused.rule.key) for one in found.refused] == refused
    assert [one.rule.key for one in found.warnings] == warned


@pytest.mark.parametrize(
    ("raw", "name", "reason"),
    [
        (b"", "x.csv", "file_empty"),
        (b"\xef\xbb\xbf\n \n", "x.csv", "file_empty"),
        (files.BLOCKED.encode(), "x.csv", "file_unsure"),
        (b"hello\nworld\n", "blocked_accounts.csv", "file_unknown"),
        (files.zipped({"outbox.json": b"{}"}), "following_accounts.csv", "file_not_text"),
    ],
)
def test_mg_10_a_file_that_is_none_of_them_is_refused_with_the_reason(raw: bytes, name: str, reason: str) -> None:
    with pytest.raises(ForeignFileError) as refused:
        read(raw, name)

    assert refused.value.refused.rule.key == reason
    assert refused.value.refused.facts["file"] == name


def test_mg_10_what_people_choose_decides_only_what_the_content_leaves_open() -> None:
    assert read(files.BLOCKED.encode(), chosen="blocks").kind == "blocks"
    assert read(files.BLOCKED.encode(), "muted_accounts.csv", chosen="blocks").kind == "blocks"

    mistaken = read(files.DOMAINS.encode(), chosen="mutes")

    assert mistaken.kind == "domains"
    assert [one.rule.key for one in mistaken.warnings] == ["choice_differs"]


def test_mg_10_what_a_row_says_beside_its_address_is_read() -> None:
    following, blocks = read(files.FOLLOWING.encode()), read(files.SERVER_BLOCKS.encode())

    assert following.rows[0].flags == {"show boosts": True, "notify on new posts": False}
    assert following.rows[0].texts == {"languages": "sv, en"}
    assert blocks.rows[0].texts == {"severity": "suspend", "public comment": "spam, and\nmore spam"}
    assert read(files.LISTS.encode()).rows[2].list_name == "Work"


def test_a_file_beyond_its_bounds_is_read_up_to_them() -> None:
    found = read(files.BOOKMARKS.encode(), bounds=FileBounds(rows=1))

    assert [row.row for row in found.rows] == [1]
    assert [(one.row, one.refused.rule.key) for one in found.refused] == [(2, "file_too_long")]
    with pytest.raises(ForeignFileError) as refused:
        read(files.BOOKMARKS.encode(), bounds=FileBounds(small=10))
    assert refused.value.refused.rule.key == "file_too_large"


@pytest.mark.parametrize("table", [files.FOLLOWING, files.LISTS, files.SERVER_BLOCKS])
def test_mg_09_failed_rows_come_back_as_the_same_csv_with_a_reason_and_only_they_are_read_again(table: str) -> None:
    spoiled = f"{table}=bad,row\nworse,\nworst,,\n".encode()
    first = read(spoiled)
    assert len(first.refused) == 3

    names, rows = failed_rows(first.kind, [(one.cells, one.refused.told("sv")) for one in first.refused])
    again = read(spreadsheet(names, rows).encode(), "failed.csv")

    assert names[-1] == "reason"
    assert [row[-1] for row in rows] == [one.refused.told("sv") for one in first.refused]
    assert again.kind == first.kind
    assert not again.rows
    assert [one.refused.rule for one in again.refused] == [one.refused.rule for one in first.refused]
    mended = [["bo@pond.example", *row[1:]] for row in rows[:1]]
    assert read(spreadsheet(names, mended).encode()).kind == first.kind
