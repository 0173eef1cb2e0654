"""How the demo goes: pods made and started, people signed up, the group founded, written in and voted on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from federation.safe_http import SafeHttp
from migrations import upgrade
from models.engines import open_database
from pod.actions.founding import SignedUp, sign_up
from pod.clock import random_bytes
from pod.config import Config
from pod.demo.stage import LOOPBACK, Actor, DemoPod, eventually, free_ports
from pod.demo.village import BALLOTS, CHANGES, DESCRIPTION, NAME, PEOPLE, TEXTS, Change, Villager
from pod.keyring import create_key_file
from pod.parts import USER_AGENT, open_parts
from protocol.keys import PrivateKey

FOR_EVER = 2**50
Say = Callable[[str], None]


class Person(msgspec.Struct, frozen=True):
    """One of the people with the home that they got."""

    villager: Villager
    account: SignedUp
    actor: Actor


class Told(msgspec.Struct, frozen=True):
    """What came of it: where to look, and who may write."""

    group: str
    pages: tuple[str, ...]
    people: tuple[Person, ...]


async def play(folder: Path, first_port: int, say: Say, *, stay: bool) -> Told:
    """Play the demo in a new folder; with `stay` the pods serve until this is cancelled."""
    pods = [DemoPod(folder / f"pod{place}", port) for place, port in enumerate(free_ports(first_port, 2), 1)]
    async with SafeHttp(USER_AGENT, allow_networks=[LOOPBACK]) as http:
        try:
            people = await _settle(pods, http, say)
            told = await _live(pods, people, http, say)
            for line in summary(told):
                say(line)
            if stay:
                await asyncio.Event().wait()
        finally:
            for pod in pods:
                await pod.stop()
    return told


def summary(told: Told) -> list[str]:
    """What a person is shown at the end."""
    who = [f"  {person.villager.name:4} {person.actor.pod}  {person.account.token}" for person in told.people]
    return ["", "Pages:", *(f"  {page}" for page in told.pages), "", "Tokens (Authorization: Bearer …):", *who, ""]


async def _settle(pods: list[DemoPod], http: SafeHttp, say: Say) -> list[Person]:
    people = []
    for place, pod in enumerate(pods):
        say(f"Making the pod {pod.url}")
        config = pod.write_config()
        create_key_file(config.key_file)
        for villager in (person for person in PEOPLE if person.pod == place):
            account = await _sign_up(config, villager.name)
            people.append(Person(villager, account, Actor(http, pod.url, account.token)))
        await pod.start(http)
    return people


async def _sign_up(config: Config, name: str) -> SignedUp:
    database = await open_database(config.database_url)
    try:
        await upgrade(database)
    finally:
        await database.close()
    async with open_parts(config) as deps:
        return await sign_up(deps, name)


async def _live(pods: list[DemoPod], people: list[Person], http: SafeHttp, say: Say) -> Told:
    by_name = {person.villager.name: person for person in people}
    founder, *others = people
    say(f"{founder.villager.nickname} founds {NAME}; the others join")
    wishes = {"name": NAME, "description": DESCRIPTION, "weight": founder.villager.weight}
    group = str((await founder.actor.post("/api/v1/groups", wishes))["group"])
    for number, person in enumerate(others, 2):
        await _join(founder, person, number, group, http)
    for person in people:
        profile = {"type": "Profile", "nickname": person.villager.nickname, "text": person.villager.about}
        await person.actor.post(f"/api/v1/groups/{group}/records", profile)
    say("They write, patch and vote")
    posts = await _write(by_name, group, http)
    patches = await _patch(by_name, group, posts, http)
    await _vote(by_name, group, posts, patches)
    say("Waiting until both pods have settled the same")
    await eventually(lambda: _agree(pods, group, http), "both pods agree")
    pages = tuple(f"{pod.url}/g/{group}" for pod in pods)
    return Told(group, (*pages, f"{pods[-1].url}/g/{group}/posts/{posts[0]}"), tuple(people))


async def _join(founder: Person, person: Person, number: int, group: str, http: SafeHttp) -> None:
    seed = random_bytes(32)
    link = {"weight": person.villager.weight, "to": PrivateKey.from_seed(seed).did, "expires": FOR_EVER}
    invitation = await founder.actor.post(f"/api/v1/groups/{group}/invitations", link)
    await person.actor.post("/api/v1/joins", {**invitation, "secret": seed.hex()})

    async def is_member() -> bool:
        seen = await _group(person.actor.pod, group, http)
        return seen is not None and number in {member["number"] for member in seen["members"]}

    await eventually(is_member, f"{person.villager.nickname} is a member")


async def _write(people: dict[str, Person], group: str, http: SafeHttp) -> list[str]:
    posts = []
    for text in TEXTS:
        body = {"kind": text.kind, "title": text.title, "language": "en", "paragraphs": text.blocks}
        wish = msgspec.to_builtins(body)
        if not text.title:
            del wish["title"]
        author = people[text.author].actor
        posts.append(str((await author.post(f"/api/v1/groups/{group}/posts", wish))["record"]))
    await _everywhere(people, group, posts, http)
    return posts


async def _patch(people: dict[str, Person], group: str, posts: list[str], http: SafeHttp) -> list[str]:
    patches = []
    for change in CHANGES:
        author = people[change.author].actor
        body = _patch_body(change, posts[change.text])
        patches.append(str((await author.post(f"/api/v1/groups/{group}/patches", body))["record"]))
    await _everywhere(people, group, patches, http)
    return patches


def _patch_body(change: Change, post: str) -> dict[str, Any]:
    place = {"record": post, "index": change.at}
    add = {"after": place, "style": change.block.style, "text": change.block.text}
    marks = [{"paragraph": place, "replaced_by": {"index": 0}}] if change.instead else []
    return {"post": post, "adds": [add], "marks": marks}


async def _vote(people: dict[str, Person], group: str, posts: list[str], patches: list[str]) -> None:
    for ballot in BALLOTS:
        target: dict[str, Any] = {"post": posts[ballot.text]} if ballot.text is not None else {}
        if ballot.change is not None:
            target = {"paragraph": {"record": patches[ballot.change], "index": 0}}
        vote = {"target": target, "value": ballot.value, **({"reason": ballot.reason} if ballot.reason else {})}
        await people[ballot.voter].actor.post(f"/api/v1/groups/{group}/votes", vote)


async def _everywhere(people: dict[str, Person], group: str, records: list[str], http: SafeHttp) -> None:
    pods = {person.actor.pod for person in people.values()}

    async def are_there() -> bool:
        for pod in pods:
            entries = (await http.get_json(f"{pod}/api/v1/groups/{group}/log?limit=500"))["entries"]
            if not set(records) <= {entry["id"] for entry in entries}:
                return False
        return True

    await eventually(are_there, "every pod has what was written")


async def _agree(pods: list[DemoPod], group: str, http: SafeHttp) -> bool:
    seen = [await _group(pod.url, group, http) for pod in pods]
    waits = [(await http.get_json(f"{pod.url}/groups/{group}/pending?from=0"))["records"] for pod in pods]
    if None in seen or any(waits):
        return False
    sights = {(s["head"], s["state_hash"], s["log"]["held"], s["settled_height"]) for s in seen if s}
    return len(sights) == 1 and all(s["log"]["held"] == s["log"]["size"] for s in seen if s)


async def _group(pod: str, group: str, http: SafeHttp) -> dict[str, Any] | None:
    listed = await http.get_json(f"{pod}/api/v1/groups")
    if group not in {line["group"] for line in listed["groups"]}:
        return None
    seen: dict[str, Any] = await http.get_json(f"{pod}/api/v1/groups/{group}")
    return seen
