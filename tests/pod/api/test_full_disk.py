"""A pod on a disk that fills up while it serves: told as that, nothing typed lost, all well once there is room."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.support.browsing import Browser, Seen
from tests.support.require import do_without
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually, worker_number

MEBIBYTES = 6
MOST_POSTS = 100
WITHIN_SECONDS = 5.0
# A disk of its own, which only this process sees: no rights are needed that a user of Linux hasn't.
ON_A_SMALL_DISK = 'mount -t tmpfs -o size={size}m none "$1" && cp -a "$2/." "$1" && exec "$3" -m pod serve --data "$1"'


class SmallDisk:
    """A pod whose folder lies on a disk of some MiB."""

    def __init__(self, folder: Path) -> None:
        self.pod = ServedPod(folder / "pod", worker_number(), 27)
        self.pod.create(clock=False)
        self.ada: Person = self.pod.sign_up("ada")
        self.browser = Browser(self.pod).sign_in("ada")
        self._made = (folder / "made").absolute()
        (folder / "pod").rename(self._made)
        (folder / "pod").mkdir()

    def start(self) -> None:
        """Serve; skips where a user may not mount."""
        probe = subprocess.run(
            ["unshare", "-rm", "mount", "-t", "tmpfs", "none", str(self.pod.folder)], capture_output=True, check=False
        )
        if probe.returncode:
            do_without("tmpfs", "No small disk: `unshare -rm mount -t tmpfs none …` isn't allowed here.")
        script = ON_A_SMALL_DISK.format(size=MEBIBYTES)
        folders = [str(self.pod.folder), str(self._made), sys.executable]
        with self.pod.folder.with_suffix(".log").open("ab") as log:
            command = ["unshare", "-rm", "sh", "-c", script, "sh", *folders]
            self.pod.process = subprocess.Popen(command, stdout=log, stderr=log)
        eventually(self._answers)

    def fill(self) -> None:
        """Leave no byte."""
        with (self._inside() / "heap").open("wb", buffering=0) as heap:
            for size in (65_536, 4096, 1):
                self._pour(heap.fileno(), b"x" * size)

    def make_room(self) -> None:
        """Take the heap away."""
        (self._inside() / "heap").unlink()

    def refused_by(self, group: str, text: str) -> Seen:
        """Write until the disk has no room left for a post; what is answered then."""
        page = self.browser.get(f"/g/{group}/write")
        for number in range(MOST_POSTS):
            answer = self.browser.submit(page, "/write", press="Publish", text=f"{number} {text}")
            if answer.status == HTTPStatus.INSUFFICIENT_STORAGE:
                return answer
        raise AssertionError(answer.status)

    def log(self) -> str:
        """What the pod wrote to its log."""
        return self.pod.folder.with_suffix(".log").read_text()

    def hindrances(self) -> list[object]:
        """Why the pod says that it isn't ready; empty while it is."""
        try:
            call("GET", f"{self.pod.url}/readyz")
        except RefusedByHttpError as refused:
            return list(refused.problem["reasons"])
        return []

    def _inside(self) -> Path:
        return Path(f"/proc/{self.pod.process_id()}/root{self.pod.folder}")

    @staticmethod
    def _pour(file: int, some: bytes) -> None:
        try:
            while os.write(file, some):
                pass
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise

    def _answers(self) -> bool:
        try:
            return bool(call("GET", f"{self.pod.url}/healthz"))
        except OSError:
            assert self.pod.process is not None
            assert self.pod.process.poll() is None, self.log()
            return False


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path)
    disk.start()
    yield disk
    disk.pod.stop()


def test_n6_a_disk_that_fills_up_loses_no_words_and_is_told(small: SmallDisk) -> None:
    group = small.ada.post("/api/v1/groups", {"name": "Here"})["group"]
    eventually(lambda: not small.hindrances())
    small.fill()
    text = "Words that took an hour. " * 400
    refused = small.refused_by(group, text)
    assert "disk" in refused.text
    assert text.strip() in refused.text
    note = {"kind": "note", "paragraphs": [{"style": "text", "text": text * 4}]}
    with pytest.raises(RefusedByHttpError) as told:
        small.ada.post(f"/api/v1/groups/{group}/posts", note)
    assert (told.value.status, told.value.problem["code"]) == (507, "disk_full")
    full = {"check": "database", "says": "The disk is full."}
    eventually(lambda: full in small.hindrances(), seconds=WITHIN_SECONDS)
    assert small.browser.get(f"/g/{group}").status == 200

    small.make_room()
    eventually(lambda: not small.hindrances(), seconds=WITHIN_SECONDS)
    sent = small.browser.submit(refused, "/write")
    assert sent.path.endswith("?said=written")
    assert "Traceback" not in small.log()
