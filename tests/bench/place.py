"""Where a bench runs: a pod of its own, a core for each side, and what a process weighs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.rig import ServedPod, worker_number

SECONDS = 5


@contextmanager
def a_pod(name: str, number: int = 1, *, database: str = "", clock: bool = False) -> Iterator[ServedPod]:
    """A pod with configuration, keys and database (a URL, by default SQLite), not yet serving; gone at the end.

    `clock`: its clock can be set.
    """
    with tempfile.TemporaryDirectory(prefix=f"althing-bench-{name}-") as folder:
        pod = ServedPod(Path(folder) / "pod", worker_number(), number)
        pod.create(clock=clock, database=database)
        try:
            yield pod
        finally:
            pod.kill()


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Run this process, and what it starts, on one core for a while."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(*processes: int) -> float:
    """The processor's time that processes have used, so that neighbours don't count."""
    stats = (Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split() for process in processes)
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / os.sysconf("SC_CLK_TCK")


def pss_mib(process: int | str) -> float:
    """The memory that is a process's own, with its share of what it has together with others (Pss)."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise LookupError("The kernel doesn't tell a process's Pss.")


def has_wrk() -> bool:
    """Whether the load generator is here; says how to get it if not."""
    if shutil.which("wrk"):
        return True
    print("This bench needs wrk. On Debian and Ubuntu: apt-get install wrk")
    return False


def rate(name: str, url: str, process: int, *headers: str, connections: int = 16) -> list[tuple[str, float, str]]:
    """Answers a second, by the clock and by the server's CPU time; the generator has the other core."""
    fields = [word for header in headers for word in ("-H", header)]
    used = cpu_seconds(process)
    with on_core(1):
        command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", *fields, url]
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    used = cpu_seconds(process) - used
    assert "Non-2xx" not in told, told
    count, by_clock = re.search(r"(\d+) requests in", told), re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert count is not None, told
    assert by_clock is not None, told
    return [
        (name, float(by_clock[1]), "1/s"),
        (f"{name.split(' (', maxsplit=1)[0]}, by CPU time", int(count[1]) / used, "1/s"),
    ]
