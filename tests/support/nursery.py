"""Pods of tests begin as forks of one process that has imported all of `pod`: so a start costs no imports.

Importing costs two seconds of processor time, which a hundred test modules would each pay. Forks are what `pod serve
--processes` makes, too. Tests marked `started`, and what measures, start pods as operators do (`pytest_runtest_setup`
of tests/conftest.py): several processes and the first hour, so pods are seen to begin with imports of their own.

One nursery a worker, begun with the first pod. A wish to it is one message: what to run, where, in which environment;
with it come stdout, stderr, and a pipe on which the nursery answers the process's id, and later its exit code.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, Final, NoReturn

from tests.support.folders import ROOT

LONGEST_WISH: Final = 200_000
ID_WIDTH: Final = 10
MOST_DESCRIPTORS: Final = 4096  # open in a nursery
used = False  # whether pods are to begin here
_LOCK = Lock()
_nursery: list[tuple[subprocess.Popen[bytes], socket.socket]] = []


class Forked:
    """A process of the nursery, with as much of `subprocess.Popen` as tests use."""

    def __init__(self, pid: int, answers: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._answers = answers

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it ended; raises subprocess.TimeoutExpired."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("pod", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to it, unless it ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _look(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._answers], [], [], seconds)[0]:
            told = os.read(self._answers, 32)
            os.close(self._answers)
            assert told, "The nursery ended before the pod."
            self.returncode = int(told)
        return self.returncode


def begin(arguments: Sequence[str], stdout: int, stderr: int) -> Forked:
    """Run `pod` with these arguments, in this folder and environment; output goes to these descriptors."""
    wish = {"arguments": list(arguments), "folder": str(Path.cwd()), "environment": dict(os.environ)}
    answers, answer = os.pipe()
    with _LOCK:
        socket.send_fds(_door(), [json.dumps(wish).encode()], [stdout, stderr, answer])
    os.close(answer)
    told = os.read(answers, ID_WIDTH)
    assert told, "The nursery couldn't begin a pod."
    return Forked(int(told), answers)


def _door() -> socket.socket:
    """Where the nursery takes wishes."""
    if not _nursery:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * LONGEST_WISH)
        command = [sys.executable, "-m", __name__, str(theirs.fileno())]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()], cwd=ROOT
        )
        theirs.close()
        _nursery.append((process, ours))
        atexit.register(_end)
    return _nursery[0][1]


def _end() -> None:
    process, door = _nursery.pop()
    door.close()
    process.wait()


def main(descriptor: int) -> list[str] | None:
    """Fork for each wish. Returns in each fork with what `pod` is to run, and in the nursery once nobody wishes."""
    _import_all()
    door = socket.socket(fileno=descriptor)
    woken, wakes = os.pipe()
    for end in (woken, wakes):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes)
    running: dict[int, int] = {}
    while True:
        ready = select.select([door.fileno(), woken], [], [])[0]
        if woken in ready:
            os.read(woken, 4096)
            _bury(running)
        if door.fileno() in ready:
            message, descriptors, _, _ = socket.recv_fds(door, LONGEST_WISH, 3)
            if not message:
                return None
            if not (started := os.fork()):
                door.detach()
                return _born(json.loads(message), descriptors)
            for one in descriptors[:2]:
                os.close(one)
            _answer(descriptors[2], f"{started:{ID_WIDTH}}")
            running[started] = descriptors[2]


def _import_all() -> None:
    """Import every command and compile every template: what a fork has, it needn't make."""
    cli, kit = import_module("pod.cli"), import_module("pod.web.kit.templates")
    for area in {*cli.AREAS.values(), *(name for names in cli.ALSO.values() for name in names)}:
        import_module(f"pod.cli.{area}")
    for name in kit.templates().list_templates(extensions=("html", "xml")):
        kit.templates().get_template(name)
    gc.collect()
    gc.freeze()


def _bury(running: dict[int, int]) -> None:
    for process in list(running):
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            descriptor = running.pop(process)
            _answer(descriptor, str(os.waitstatus_to_exitcode(status)))
            os.close(descriptor)


def _answer(descriptor: int, said: str) -> None:
    with suppress(BrokenPipeError):  # whoever wished for it doesn't listen any more
        os.write(descriptor, said.encode())


def _born(wish: dict[str, Any], descriptors: list[int]) -> list[str]:
    """Become what `python -m pod` is when it begins."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(descriptors[0], 1)
    os.dup2(descriptors[1], 2)
    os.closerange(3, MOST_DESCRIPTORS)
    os.environ.clear()
    os.environ.update(wish["environment"])
    os.chdir(wish["folder"])
    return list(wish["arguments"])


def _end_at_once(command: Callable[[], object]) -> NoReturn:
    """Run the command and end as Python does, but for taking apart all that was imported: that costs half a second."""
    code: object = 1
    try:
        command()
        code = 0
    except SystemExit as ended:
        code = ended.code or 0
    except Exception:  # noqa: BLE001  whatever ends it is told as Python tells it
        traceback.print_exc()
    if isinstance(code, str):
        print(code, file=sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    arguments = main(int(sys.argv[1]))
    if arguments is not None:
        from pod.cli import main as pod

        sys.argv = ["pod", *arguments]
        _end_at_once(lambda: pod(arguments, prog_name="pod"))
