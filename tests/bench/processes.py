"""What an inbox on PostgreSQL takes a second with one process and with two: the load of `inbox`, signed as cavage.

Pod, PostgreSQL and generator share the machine's cores, since on two cores none is left to keep for one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.inbox import Crowd, prepare, send_round
from tests.bench.place import a_pod
from tests.support.peer import serving
from tests.support.postgres import PostgresServer, postgres_server


def measure() -> Iterator[tuple[str, float, str]]:
    """Accepted and stored a second by the clock, and in a second of the processors' time that the pod used."""
    with postgres_server(durable=True) as server:
        for count in (1, 2):
            by_clock, by_cpu = _accepted(server, count)
            name = f"accepted and stored, PostgreSQL, processes: {count}"
            yield name, by_clock, "1/s"
            yield f"{name}, by CPU time", by_cpu, "1/s"


def _accepted(server: PostgresServer, count: int) -> tuple[float, float]:
    with a_pod("processes", database=server.create_database()) as pod:
        network, votes = prepare(pod)
        pod.processes = count
        pod.start()
        crowd = Crowd(f"127.77.{pod.host.split('.')[2]}.9", f"{pod.url}/inbox")
        with serving(crowd):
            return send_round(pod, crowd, network, votes, "cavage")
