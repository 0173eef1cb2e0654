"""`pod import` writes the posts of a file beside a pod that serves, and its pages show what they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pod.cli import main
from tests.support import foreign_files as files
from tests.support.browsing import Browser
from tests.support.foreign_files import boost, note, outbox, zipped
from tests.support.rig import Person, ServedPod


@pytest.fixture(scope="module")
def ada(pod: ServedPod) -> Person:
    ada = pod.sign_up("ada")
    pod.start()
    return ada


def run(ada: Person, file: Path, *options: str) -> tuple[int, str]:
    command = ["import", str(file), "--data", str(ada.pod.folder), "--token", ada.account["token"], *options]
    done = CliRunner().invoke(main, command)
    return done.exit_code, done.output


def test_mg_11_an_archive_becomes_posts_whose_pages_say_what_they_are(ada: Person, tmp_path: Path) -> None:
    file = tmp_path / "archive.zip"
    file.write_bytes(zipped({"outbox.json": outbox(note(1, "<p>Quack</p>"), note(2, summary="Naked ducks"), boost(3))}))

    code, text = run(ada, file, "--json")
    again = run(ada, file)

    assert (code, json.loads(text)) == (
        0,
        {
            "written": 2,
            "known": 0,
            "without_files": 0,
            "stopped": False,
            "refused": [{"row": 3, "file": "outbox.json", "rule": "row_not_read"}],
        },
    )
    assert again[1].endswith("0 written, 2 were here, 1 refused.\n")
    own = ada.account["personal_group"]
    posts = ada.get(f"/api/v1/groups/{own}/posts")["posts"]
    assert {post["imported"]["url"] for post in posts} == {f"https://old.example/@anna/{row}" for row in (1, 2)}
    pages = {post["title"]: Browser(ada.pod).get(f"/g/{own}/posts/{post['post']}").text for post in posts}
    assert all("Imported, not signed by its old server" in page for page in pages.values())
    assert "2021" in pages[""]
    assert 'href="https://old.example/@anna/1" rel="nofollow noopener"' in pages[""]
    assert "<details" in pages["Naked ducks"].partition("Answers")[0]


def test_a_file_without_posts_and_a_wrong_token_end_the_command(ada: Person, tmp_path: Path) -> None:
    file = tmp_path / "blocked_domains.csv"
    file.write_text(files.DOMAINS)

    assert run(ada, file)[0] == 1
    assert run(ada, file, "--token", "wrong")[0] == 1
