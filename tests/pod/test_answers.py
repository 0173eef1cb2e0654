"""What is the same for everybody is made once between two commits, and whatever is written shows at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from models.engine.databases import open_database
from pod import actor_keys
from pod.actions.fediverse import actors
from pod.answers import LONGEST_KEY, MOST_OF_ONE, OVERHEAD_BYTES, Answers
from pod.clock import Clock
from pod.errors import NotFoundError
from pod.rules.groups import GroupRule
from tests.support.rig import ServedPod, call
from tests.support.sinks import some_parts
from tests.support.tables import copy_tables


class Kitchen:
    """Makes answers that count how often they were made; `number` is the version of the database."""

    def __init__(self) -> None:
        self.number = 1
        self.made = 0
        self.answers = Answers(self.version)

    async def version(self) -> int:
        return self.number

    async def ask(self, body: bytes = b"{}", status: int = 200, path: str = "/u/ada") -> web.Response:
        async def make() -> web.Response:
            self.made += 1
            return web.Response(body=body, status=status, headers={"X-Made": str(self.made)})

        return await self.answers.get((path, "document"), make)


async def test_an_answer_is_made_once_between_two_commits() -> None:
    kitchen = Kitchen()
    first, second = [await kitchen.ask() for _ in range(2)]
    assert (first.body, first.headers["X-Made"]) == (second.body, second.headers["X-Made"])
    kitchen.number = 2
    assert (await kitchen.ask()).headers["X-Made"] == "2"


async def test_w13_addresses_that_nobody_asks_for_again_take_no_memory() -> None:
    kitchen = Kitchen()
    for number in range(2000):
        await kitchen.ask(path=f"/u/ada?{number}")
        await kitchen.ask(path=f"/u/{number:0500}")
        await kitchen.ask(path=f"/u/{'x' * 8000}{number}")
    assert kitchen.answers._bytes == sum(
        len(answer.body) + sum(map(len, key)) + OVERHEAD_BYTES for key, answer in kitchen.answers._held.items()
    )
    assert not [key for key in kitchen.answers._held if "?" in key[0] or len(key[0]) > LONGEST_KEY]


async def test_an_address_with_a_query_is_held_from_the_second_time_on() -> None:
    kitchen = Kitchen()
    made = [(await kitchen.ask(path="/u/ada?page=2")).headers["X-Made"] for _ in range(4)]
    assert made == ["1", "2", "2", "2"]


async def test_what_was_written_while_an_answer_was_made_makes_it_old() -> None:
    kitchen = Kitchen()

    async def make() -> web.Response:
        kitchen.number = 2
        return web.Response(body=b"as it was")

    await kitchen.answers.get(("/u/ada", "document"), make)
    assert (await kitchen.ask(b"as it is")).body == b"as it is"


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"x" * (MOST_OF_ONE + 1), 200), (b"{}", 303)],
    ids=["too long", "a redirection"],
)
async def test_what_is_not_held(body: bytes, status: int) -> None:
    kitchen = Kitchen()
    for _ in range(2):
        await kitchen.ask(body, status)
    assert kitchen.made == 2


@pytest.mark.parametrize("said", ["private, no-cache", "no-store", "no-cache, private"])
async def test_what_says_that_it_is_one_visitors_is_not_held(said: str) -> None:
    kitchen = Kitchen()

    async def make() -> web.Response:
        kitchen.made += 1
        return web.Response(body=b"with a form", headers={"Cache-Control": said})

    for _ in range(2):
        await kitchen.answers.get(("/", "page en"), make)
    assert kitchen.made == 2


async def test_a_refusal_is_not_held() -> None:
    kitchen = Kitchen()

    async def refuse() -> web.Response:
        raise GroupRule.NOBODY_OF_THAT_NAME.error()

    with pytest.raises(NotFoundError):
        await kitchen.answers.get(("/u/ada", "document"), refuse)
    assert (await kitchen.ask()).status == 200


def test_what_another_process_writes_shows_at_once(pod: ServedPod) -> None:
    ada = pod.sign_up("ada")
    pod.start()
    for _ in range(2):
        assert call("GET", f"{pod.url}/u/ada")["name"] == "ada"
    ada.post(
        f"/api/v1/groups/{ada.account['personal_group']}/records", {"type": "Profile", "nickname": "Ada of the well"}
    )
    assert call("GET", f"{pod.url}/u/ada")["name"] == "Ada of the well"
    usage = f"{pod.url}/nodeinfo/2.1"
    before = call("GET", usage)["usage"]["users"]["total"]
    pod.sign_up("bo")
    assert call("GET", usage)["usage"]["users"]["total"] == before + 1


async def test_a_crowd_that_needs_an_actors_keys_waits_for_one_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def make(*arguments: object, **named: object) -> object:
        made.append(str(arguments[1]))
        return actor_keys.make_keys(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(actors, "make_keys", make)
    database = await open_database(copy_tables(tmp_path / "pod.db"))
    async with some_parts(database, tmp_path, Clock()) as deps:
        keys = await asyncio.gather(*(actors.actor_keys(deps, "u/ada") for _ in range(8)))
    await database.close()
    assert made == ["u/ada"]
    assert len({key.rsa_public for key in keys}) == 1
