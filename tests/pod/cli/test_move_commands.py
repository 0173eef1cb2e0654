"""Those who run a pod see the moves to it and from it, and have a stopped one go on; they see nothing of what moves."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.departures import set_departure
from models.moving.grants import Grant, insert_grant
from models.moving.moves import Move, insert_move, load_move
from models.people.accounts import load_account_named, set_admin
from pod.actions.moving.switch_freeze import agree
from pod.cli import main
from pod.deps import Deps
from protocol.keys import PrivateKey
from protocol.records.parts import Home
from tests.support.browsing import Browser
from tests.support.rig import ServedPod
from tests.support.shell import settle
from tests.support.writing import an_id

ID = b"\x07" * 32
ELSEWHERE = Home("https://new.example", PrivateKey.from_seed(bytes(32)).did)
SECRETS = ("canary", str(an_id("private")), "personal records")


async def plant(deps: Deps) -> None:
    """A stopped move to here, of a copy that says more than an operator may see; ada moved away; a grant."""

    async def action(session: AsyncSession) -> None:
        now = deps.clock()
        told = Move(
            ID, "bo", "https://old.example", an_id("private"), "full", "canary", "canary", b"canary", "", now, now, None
        )
        stopped = msgspec.structs.replace(
            told,
            stage="stopped",
            stopped_in="copying",
            why="not_reached",
            said=b"canary",
            name="bo",
            address="canary@x.example",
        )
        await insert_move(session, stopped, instead_of=b"", now=now)
        ada = await load_account_named(session, "ada")
        assert ada is not None
        await agree(session, deps, ada, ELSEWHERE)
        await set_departure(session, ada.id, item=an_id("private"), moved_at=now)
        root = await load_account_named(session, "root")
        assert root is not None
        await set_admin(session, root.id, admin=True)
        grant = Grant(
            ID, ada.id, "https://new.example", "k", "a", b"canary", "personal records", True, now, None, None, None
        )
        await insert_grant(session, grant, now=now)

    await deps.store.write(action)


async def stage(deps: Deps) -> tuple[str, bool]:
    async with deps.store.database.read() as session:
        move = await load_move(session, ID, now=deps.clock())
    assert move is not None
    return move.stage, move.due_at == move.stage_at


def run(pod: ServedPod, *command: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["user", *command, "--data", str(pod.folder)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def planted(pod: ServedPod) -> ServedPod:
    settle(pod, "ada")
    settle(pod, "root")
    pod.act(plant)
    return pod


def test_mg_26_the_operator_sees_who_moves_and_how_far_and_nothing_of_what_moves(planted: ServedPod) -> None:
    code, said = run(planted, "move-status")
    assert code == 0
    assert "bo from https://old.example: stopped (not_reached), 0 lines, 0 bytes" in said
    assert "ada to https://new.example: moved" in said
    told = json.loads(run(planted, "move-status", "--json")[1])
    assert [len(told[name]) for name in ("to_here", "from_here")] == [1, 1]

    planted.start()
    page = Browser(planted).sign_in("root").get("/admin/moves")
    assert all(words in page.text for words in ("old.example", "new.example", "stopped", "not_reached"))
    for text in (said, page.text, json.dumps(told)):
        assert not [secret for secret in SECRETS if secret in text]
    assert Browser(planted).sign_in("ada").get("/admin/moves").status == 403


def test_mg_26_a_stopped_move_goes_on_and_one_that_goes_on_isnt_rerun(planted: ServedPod) -> None:
    planted.kill()
    wrong: list[Any] = [run(planted, "move-status", "--rerun", one)[0] for one in ("00" * 8, "07", "x")]
    assert wrong == [1, 1, 1]

    assert run(planted, "move-status", "--rerun", "07" * 8)[0] == 0

    assert planted.act(stage) == ("copying", True)
    assert run(planted, "move-status", "--rerun", "07" * 8)[0] == 1


def test_mg_26_the_operator_lists_the_grants_of_an_account_and_ends_one(planted: ServedPod) -> None:
    assert "0707070707070707 https://new.example: ends when it is revoked" in run(planted, "grants", "ada")[1]

    assert run(planted, "grants", "ada", "--revoke", "08" * 8)[0] == 1
    assert run(planted, "grants", "ada", "--revoke", "07" * 8) == (0, "No pod may.\n")
    assert run(planted, "grants", "nobody")[0] == 1


def test_mg_25_the_operator_blocks_a_host_lists_it_and_lets_it_in_again(planted: ServedPod) -> None:
    def peers(*command: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["peers", *command, "--data", str(planted.folder)])
        return done.exit_code, " ".join(done.output.split())

    assert peers("list") == (0, "No host is blocked.")
    assert peers("block", "bad.example", "--allow-moves", "--why", "spam") == (0, "")
    assert peers("list") == (0, "bad.example moves pass spam")
    assert json.loads(peers("list", "--json")[1])[0]["host"] == "bad.example"
    assert peers("unblock", "bad.example") == (0, "")
    assert peers("unblock", "bad.example")[0] == 1
