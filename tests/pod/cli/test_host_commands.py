"""What an operator sees of deliveries, and `host retry`."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from models.fediverse.deliveries import Closing, claim_lanes, close_lanes, enqueue
from pod.cli import main
from pod.cli.base import run_action
from pod.cli.options import configuration
from pod.deps import Deps

SICK: Final = "sick.example:8080"


def run(folder: Path, *command: str) -> str:
    done = CliRunner().invoke(main, [*command, "--data", str(folder)])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pod's folder: one delivery waits for a host that failed, two for one that is new, none for one that is well."""
    folder = tmp_path / "pod"
    run(folder, "init")
    run(folder, "migrate")

    async def act(deps: Deps) -> None:
        now = deps.clock()
        for name in ("well.example", SICK, "new.example", "new.example"):
            queued = partial(
                enqueue, actor="http://a/b", group=None, body=b"{}", inboxes=[f"http://{name}/inbox"], now=now
            )
            await deps.store.write(queued)
        hosts = ["well.example", SICK]
        lanes = await deps.store.write(lambda session: claim_lanes(session, "w", hosts, now=now))
        well, sick = sorted(lanes, key=lambda lane: lane.host.host != hosts[0])
        failed = replace(sick.host, attempts=3, first_failed_at=now, next_at=now + 3_600_000, last_error="It is away.")
        closings = [Closing(replace(well.host, last_succeeded_at=now), well.deliveries), Closing(failed)]
        await deps.store.write(lambda session: close_lanes(session, "w", closings))

    run_action(configuration(folder), act)
    return folder


def shown(folder: Path, *command: str) -> Any:
    return json.loads(run(folder, *command, "--json"))


def test_the_list_tells_of_each_host_how_it_answers_and_what_waits(folder: Path) -> None:
    told = {one["host"]: (one["state"], one["waiting"]) for one in shown(folder, "host", "list")}

    assert told == {"well.example": ("well", 0), SICK: ("failing", 1), "new.example": ("new", 2)}
    assert "It is away." in run(folder, "host", "list")


def test_the_queue_is_counted_by_state_and_host(folder: Path) -> None:
    told = shown(folder, "queue")

    assert (told["deliveries"], told["activities"]) == (3, 3)
    assert told["by_state"] == {"well": 0, "new": 2, "failing": 1}
    assert told["by_host"] == {SICK: 1, "new.example": 2}
    assert told["oldest"]
    assert "3 deliveries of 3 activities wait." in run(folder, "queue")


def test_a_retry_is_due_at_once(folder: Path) -> None:
    before = shown(folder, "host", "show", SICK)

    run(folder, "host", "retry", SICK)

    after = shown(folder, "host", "show", SICK)
    assert after["next_at"] < before["next_at"]
    assert {**after, "next_at": 0} == {**before, "next_at": 0}
    assert "It is away." in run(folder, "host", "show", SICK)


@pytest.mark.parametrize("command", ["show", "retry"])
def test_a_host_that_was_never_delivered_to_is_named_as_such(folder: Path, command: str) -> None:
    done = CliRunner().invoke(main, ["host", command, "nobody.example", "--data", str(folder)])

    assert done.exit_code == 1
    assert "Nothing was ever queued for nobody.example." in done.output
