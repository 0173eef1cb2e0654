"""The operator's commands on a real data folder: what they print, what they find, how they end."""

from __future__ import annotations

import json
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pod.cli import main
from pod.config import SECTIONS
from tests.support.copies import copied
from tests.support.rig import Person, ServedPod, eventually


def run(folder: Path, *command: str) -> tuple[int, str]:
    """A command's exit code and all that it says."""
    done = CliRunner().invoke(main, [*command, "--data", str(folder)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def told(folder: Path, *command: str) -> Any:
    code, text = run(folder, *command, "--json")
    return code, json.loads(text)


@pytest.fixture(scope="module")
def village(pod: ServedPod) -> tuple[ServedPod, Person, str]:
    """Ada's group with posts and votes, settled; the pod serves."""
    ada = pod.sign_up("ada")
    pod.sign_up("bo")
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council"})["group"]
    for number in range(5):
        body = {"kind": "note", "paragraphs": [{"style": "text", "text": f"Note {number}"}]}
        ada.post(f"/api/v1/groups/{group}/posts", body)

    def settled() -> bool:
        seen = ada.get(f"/api/v1/groups/{group}")
        return bool(seen["log"]["size"] == 10 and seen["settled_height"] == seen["height"])

    eventually(settled)
    return pod, ada, group


@pytest.fixture
def copy(village: tuple[ServedPod, Person, str], tmp_path: Path) -> Path:
    """A copy of the data folder, to be spoiled."""
    return copied(village[0], tmp_path / "pod")


def test_everybody_and_every_group_is_listed(village: tuple[ServedPod, Person, str]) -> None:
    pod, _, group = village
    code, people = told(pod.folder, "user", "list")
    assert (code, [person["name"] for person in people]) == (0, ["ada", "bo"])
    code, groups = told(pod.folder, "group", "list")
    assert (code, [(line["group"], line["name"]) for line in groups]) == (0, [(group, "Parish council")])
    assert len(told(pod.folder, "group", "list", "--people")[1]) == 3
    assert "ada" in run(pod.folder, "user", "list")[1]
    assert group in run(pod.folder, "group", "list")[1]


def test_a_group_is_shown_as_the_api_shows_it(village: tuple[ServedPod, Person, str]) -> None:
    pod, ada, group = village
    code, seen = told(pod.folder, "group", "show", group)
    assert code == 0
    assert seen == ada.get(f"/api/v1/groups/{group}")
    assert seen["state_hash"] in run(pod.folder, "group", "show", group)[1]


def test_a_sound_group_is_verified_from_its_bytes(village: tuple[ServedPod, Person, str]) -> None:
    pod, ada, group = village
    code, verified = told(pod.folder, "group", "verify", group)
    seen = ada.get(f"/api/v1/groups/{group}")
    assert (code, verified["faults"]) == (0, [])
    assert verified["entries"] == 10
    assert verified["items"] == seen["height"] + 1
    for name in ("head", "height", "settled_height", "state_hash"):
        assert verified[name] == seen[name]
    assert "All of it holds." in run(pod.folder, "group", "verify", group)[1]


SPOILS = {
    "a record's bytes": ("UPDATE records SET wire = replace(wire, 'Note 2', 'Note 9')", "doesn't open"),
    "a record's place": ("UPDATE records SET log_index = 99 WHERE log_index = 9", "has no entry 9"),
    "a record lost": ("DELETE FROM records WHERE log_index = 9", "frontier"),
    "an item's bytes": ("UPDATE items SET wire = replace(wire, '\"term\":0', '\"term\":1')", "doesn't open"),
    "an item lost": ("DELETE FROM items WHERE height = 1", "The head is remembered"),
    "acks lost": ("DELETE FROM acks", "acks settle"),
    "a frontier": ("UPDATE groups SET log_peaks = zeroblob(length(log_peaks))", "frontier"),
}


@pytest.mark.parametrize(("statement", "said"), SPOILS.values(), ids=SPOILS)
def test_what_was_changed_behind_the_pods_back_is_found(
    copy: Path, village: tuple[ServedPod, Person, str], statement: str, said: str
) -> None:
    with closing(sqlite3.connect(copy / "pod.sqlite")) as database:
        assert database.execute(
            statement.replace("replace(wire,", "CAST(replace(CAST(wire AS TEXT),").replace("')", "') AS BLOB)")
            if "replace(wire" in statement
            else statement
        ).rowcount
        database.commit()
    code, verified = told(copy, "group", "verify", village[2])
    assert code == 1
    assert any(said in fault for fault in verified["faults"]), verified["faults"]


def test_an_id_that_is_none_and_a_group_that_is_not_here_are_refused(village: tuple[ServedPod, Person, str]) -> None:
    pod, _, group = village
    assert run(pod.folder, "group", "show", "parish")[0] == 2
    code, text = run(pod.folder, "group", "verify", group[:-2] + ("aa" if group[-2:] != "aa" else "ba"))
    assert (code, "doesn't hold that group" in text) == (1, True)


def test_the_job_is_not_taken_beside_a_serving_pod_but_by_one_that_rests(
    copy: Path, village: tuple[ServedPod, Person, str]
) -> None:
    pod, _, group = village
    code, text = run(pod.folder, "group", "handover", group)
    assert (code, "The pod is serving" in text) == (1, True)
    before = told(copy, "group", "show", group)[1]
    code, text = run(copy, "group", "handover", group)
    assert code == 0, text
    after = told(copy, "group", "show", group)[1]
    assert (after["height"], after["term"]) == (before["height"] + 1, before["term"] + 1)
    assert told(copy, "group", "verify", group)[1]["faults"] == []


def test_the_configuration_is_shown_whole_and_as_toml(copy: Path) -> None:
    code, text = run(copy, "config", "show")
    assert code == 0
    shown = tomllib.loads(text)
    assert {(section, key) for section, members in shown.items() for key in members} == {
        (section, key) for section, kind in SECTIONS.items() for key in kind.__struct_fields__
    }
    assert shown["storage"]["key_file"] == str(copy / "keys" / "pod.key")
    values = {
        section: {key: told["value"] for key, told in members.items()}
        for section, members in told(copy, "config", "show")[1].items()
    }
    assert values == shown
    assert run(copy, "config", "check")[0] == 0


def test_a_wrong_configuration_is_told_with_the_nearest_key(copy: Path) -> None:
    with (copy / "pod.toml").open("a") as config:
        config.write('\n[log]\nlevle = "info"\n')
    code, text = run(copy, "config", "check")
    assert code == 1
    assert "`levle` is not known; did you mean `level`?" in text
