"""`pod look-at` tells what a file holds, before anything of it is taken."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pod.cli import main
from tests.support import foreign_files as files
from tests.support.foreign_files import boost, note, outbox, picture, zipped

FILES: dict[str, tuple[bytes, str, dict[str, int], list[tuple[int, str]], list[str]]] = {
    "muted_accounts.csv": (files.BOOKMARKS.encode(), "bookmarks.csv", {"rows": 2}, [], ["name_differs"]),
    "settings.json": (
        json.dumps(files.LEMMY).encode(),
        "Lemmy",
        {"follows": 1, "saved": 2, "blocked_people": 1, "blocked_groups": 1, "blocked_servers": 1},
        [(2, "row_no_link"), (3, "row_odd"), (2, "row_no_server")],
        [],
    ),
    "export.json": (files.lines(*files.LOOMIO), "A group's past", {"public posts": 2}, [(6, "row_not_read")], []),
    "archive.zip": (
        zipped(
            {
                "outbox.json": outbox(
                    note(1, attachment=[picture(), picture("/gone.png")]), note(2, to=[]), boost(3), 4
                ),
                "media_attachments/files/1/original/a.png": files.PICTURE,
            }
        ),
        "Mastodon",
        {"public posts": 1, "followers posts": 1, "boosts": 1, "files": 1, "missing files": 1},
        [(4, "row_odd")],
        [],
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_mg_10_an_operator_sees_what_a_file_holds_and_each_row_that_cant_be_taken(tmp_path: Path, name: str) -> None:
    raw, software, taken, refused, warnings = FILES[name]
    (tmp_path / name).write_bytes(raw)

    told = json.loads(CliRunner().invoke(main, ["look-at", str(tmp_path / name), "--json"]).stdout)

    assert (told["is"], told["taken"], told["warnings"]) == (software, taken, warnings)
    assert [(one["row"], one["rule"]) for one in told["refused"]] == refused


def test_mg_09_three_bad_rows_of_ten_come_back_as_a_file_and_in_words(tmp_path: Path) -> None:
    good = "".join(f"bo{number}@pond.example\n" for number in range(7))
    (tmp_path / "blocked_accounts.csv").write_text(f"bad\n{good}worse\nworst\n")
    failed = tmp_path / "failed.csv"

    told = CliRunner().invoke(main, ["look-at", str(tmp_path / "blocked_accounts.csv"), "--failed", str(failed)])

    assert "blocked_accounts.csv: 7 rows" in told.stdout
    assert [line.partition(":")[0] for line in told.stdout.splitlines()[1:]] == [
        f"blocked_accounts.csv, row {row}" for row in (1, 9, 10)
    ]
    rows = failed.read_text(encoding="utf-8-sig").splitlines()
    assert rows[0] == "Account address,reason"
    assert [row.partition(",")[0] for row in rows[1:]] == ["bad", "worse", "worst"]


def test_mg_10_a_file_that_isnt_known_ends_the_command_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "holiday.png").write_bytes(files.PICTURE)

    told = CliRunner().invoke(main, ["look-at", str(tmp_path / "holiday.png")])

    assert told.exit_code == 1
    assert "holiday.png" in told.stderr
