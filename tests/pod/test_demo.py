"""The demo plays once, both pods agree, and nothing is left of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pod.demo.village import BALLOTS, CHANGES, PEOPLE, TEXTS
from tests.support.rig import worker_number


def test_the_village_speaks_of_people_texts_and_changes_that_are_there() -> None:
    names = {person.name for person in PEOPLE}
    assert {text.author for text in TEXTS} | {change.author for change in CHANGES} | {b.voter for b in BALLOTS} == names
    assert all(0 <= change.at < len(TEXTS[change.text].blocks) for change in CHANGES)
    assert all((ballot.text is None) != (ballot.change is None) for ballot in BALLOTS)
    assert {person.pod for person in PEOPLE} == {0, 1}


def test_the_demo_plays_once_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pod", "demo", "--check", "--port", str(20_000 + 50 * worker_number())]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False, env=environment)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "Both pods agreed." in done.stdout
    assert "/g/bagaaiera" in done.stdout
    assert list(tmp_path.iterdir()) == []
