"""An account as a file from the command line, beside a pod that serves; and whether a file is what was written."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from pod.archive.contents import NAMES
from pod.cli import main
from tests.support.archives import Archive
from tests.support.rig import ServedPod
from tests.support.shell import settle


def run(*command: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(command))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_mg_16_an_account_is_exported_while_the_pod_serves_and_checked_without_it(
    pod: ServedPod, tmp_path: Path
) -> None:
    ada = settle(pod, "ada")
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council", "visibility": "private"})["group"]
    ada.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": [{"style": "text", "text": "Hush."}]})
    out, data = tmp_path / "ada.zip", ("--data", str(pod.folder))

    code, said = run("user", "export", "ada", "--out", str(out), "--private", *data)

    assert (code, "README.html: 1 of 1\n" in said) == (0, True)
    made = Archive(out.read_bytes(), [], 0)
    assert (made.names, "Hush." in made.text("README.html")) == (list(NAMES), True)
    assert out.stat().st_mode & 0o777 == 0o600
    assert run("user", "export", "ada", "--out", str(out), *data)[0] == 1  # it is there already
    assert run("user", "export", "nobody", "--out", str(tmp_path / "no.zip"), *data)[0] == 1
    code, said = run("verify-archive", str(out), "--json")
    assert (code, json.loads(said.splitlines()[-1])["classes"]["actor"]) == (0, 1)
    out.write_bytes(out.read_bytes()[:-1])
    assert run("verify-archive", str(out))[0] == 1
    assert run("verify-archive", str(tmp_path / "no.zip"))[0] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["ada.zip"]
