"""How the demo goes: pods made and started, people signed up, groups founded, written in and voted on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from federation.safe_http import SafeHttp
from migrations import upgrade
from models.engine.databases import open_database
from models.people.accounts import list_accounts, load_account_named
from models.pod.settings import Settings, save_settings
from pod.actions.accounts.sign_in import make_sign_in_link
from pod.actions.admin.people import promote
from pod.actions.decisions.capabilities import TAKING_PART
from pod.actions.groups.founding import sign_up
from pod.clock import random_bytes
from pod.config import load_config
from pod.demo.assembly import BEGINS, Assembly
from pod.demo.bodies import WrittenText, change_body, text_body, vote_body
from pod.demo.doings import BALLOTS, CHANGES
from pod.demo.folder import CLOCK, TOLD, claim
from pod.demo.likeness import Logs, agree, are_members
from pod.demo.stage import LOOPBACK, NAMES, Actor, DemoClock, DemoPod, NamedPort, eventually, free_ports
from pod.demo.texts import ARTICLES, LATE_REPLIES, REPLIES
from pod.demo.village import CIRCLES, PEOPLE, PODS, VILLAGE, Circle
from pod.deps import Deps
from pod.keyring import create_key_file
from pod.parts import USER_AGENT, open_parts
from protocol.keys import PrivateKey

FOR_EVER = 2**50
Say = Callable[[str], None]


class Told(msgspec.Struct, frozen=True):
    """The result: where to look, and each person's pod and token."""

    ports: tuple[int, ...]
    pages: tuple[str, ...]
    people: dict[str, tuple[str, str]]


async def play(folder: Path, first_port: int, say: Say, *, stay: bool) -> Told:
    """Play the demo in a folder, or serve what was played there before; with `stay`, serve until cancelled."""
    kept = folder / TOLD
    before = msgspec.json.decode(kept.read_bytes(), type=Told) if kept.exists() else None
    ports = before.ports if before else free_ports(first_port, len(PODS))
    named_ports = [NamedPort(f"pod{number}", port) for number, port in enumerate(ports, 1)]
    claim(folder, named_ports)
    pods = [DemoPod(folder / number.name, name, number.port) for name, number in zip(NAMES, named_ports, strict=True)]
    async with SafeHttp(USER_AGENT, allow_networks=LOOPBACK) as http:
        try:
            told = before or await _play(pods, http, say)
            kept.write_bytes(msgspec.json.encode(told))
            if before:
                await asyncio.gather(*(pod.start(http) for pod in pods))
            for line in summary(told, await _sign_in_links(pods)):
                say(line)
            say(f"Later: pod user link NAME --data {pods[0].folder} (or {pods[1].folder.name})")
            if stay:
                await asyncio.Event().wait()
        finally:
            for pod in pods:
                await pod.stop()
    return told


def summary(told: Told, links: dict[str, str]) -> list[str]:
    """The text that the demo shows at its end."""
    tokens = [f"  {name:5} {pod}  {token}" for name, (pod, token) in told.people.items()]
    return [
        *("", "Pages:", *(f"  {page}" for page in told.pages)),
        *("", "Sign in as one of them, within ten minutes; Ada and Cy run their pods:"),
        *(f"  {name:5} {link}" for name, link in links.items()),
        *("", "Tokens for the API (Authorization: Bearer …):", *tokens, ""),
    ]


async def _sign_in_links(pods: list[DemoPod]) -> dict[str, str]:
    """A link for each person, made while the pods serve."""
    links = {}
    for pod in pods:
        async with open_parts(load_config(pod.folder / "pod.toml")) as deps:
            async with deps.store.database.read() as session:
                accounts = await list_accounts(session, len(PEOPLE))
            for account in accounts:
                links[account.name] = f"{pod.url}/sign-in/link/{await make_sign_in_link(deps, account)}"
    return links


async def _play(pods: list[DemoPod], http: SafeHttp, say: Say) -> Told:
    say(f"Making two pods: {', '.join(pod.url for pod in pods)}")
    clock = DemoClock(pods[0].folder.parent / CLOCK)
    clock.set_to(BEGINS)
    people: dict[str, Actor] = {}
    for number, pod in enumerate(pods):
        tokens = await _house(number, pod, clock)
        people |= {name: Actor(http, pod.url, token) for name, token in tokens.items()}
    await asyncio.gather(*(pod.start(http) for pod in pods))
    say(f"{len(people)} people found {' and '.join(circle.name for circle in CIRCLES)}")
    groups = await asyncio.gather(*(_gather(circle, people, http) for circle in CIRCLES))
    written = WrittenText(dict(zip((circle.key for circle in CIRCLES), groups, strict=True)), pods[0].url)
    say("They write, answer, patch and vote")
    logs = Logs(http, [pod.url for pod in pods])
    await _write(written, people, logs)
    say("They decide: nine days pass in a few seconds")
    assembly = Assembly(http, clock, logs, people, written, partial(_prove, pods, people))
    await assembly.decide()
    say("Waiting until both pods have settled the same")
    await eventually(lambda: agree(http, logs.pods, groups), "both pods agree")
    return Told(
        tuple(pod.port for pod in pods),
        (*_pages(pods, written), *_poll_pages(pods, written, assembly.polls)),
        {name: (actor.pod, actor.token) for name, actor in people.items()},
    )


def _pages(pods: list[DemoPod], written: WrittenText) -> Iterable[str]:
    village = written.groups[VILLAGE]
    for pod in pods:
        yield f"{pod.url}/"
        yield from (f"{pod.url}/g/{group}" for group in written.groups.values())
    yield f"{pods[-1].url}/g/{village}/posts/{written.texts['well']}"


def _poll_pages(pods: list[DemoPod], written: WrittenText, polls: dict[str, str]) -> Iterable[str]:
    board = f"{pods[0].url}/g/{written.groups[VILLAGE]}/polls"
    yield board
    yield from (f"{board}/{poll}" for poll in polls.values())


async def _prove(pods: list[DemoPod], people: dict[str, Actor]) -> None:
    """Everybody proves who they are, by what an operator gives to people without mail and authenticator."""
    links = await _sign_in_links(pods)
    await asyncio.gather(*(people[name].post("/api/v1/me/proof", {"link": link}) for name, link in links.items()))


async def _house(number: int, pod: DemoPod, clock: DemoClock) -> dict[str, str]:
    """Make a pod with its people; returns each person's token."""
    config = pod.write_config(clock)
    create_key_file(config.key_file)
    database = await open_database(config.database_url)
    try:
        await upgrade(database)
    finally:
        await database.close()
    name, description = PODS[number]
    async with open_parts(config) as deps:
        await _name(deps, Settings(name=name, description=description, registration="open"))
        names = [villager.name for villager in PEOPLE if villager.pod == number]
        tokens = {name: (await sign_up(deps, name, decides=True)).token for name in names}
        async with deps.store.database.read() as session:
            first = await load_account_named(session, names[0])
        assert first is not None
        await promote(deps, first)
        return tokens


async def _name(deps: Deps, settings: Settings) -> None:
    await deps.store.write(lambda session: save_settings(session, settings, now=deps.clock()))


async def _gather(circle: Circle, people: dict[str, Actor], http: SafeHttp) -> str:
    """Found the group, let everybody join it and write a profile; returns the group's id."""
    founder = people[circle.founder]
    wishes: dict[str, Any] = {
        "name": circle.name,
        "description": circle.description,
        "weight": circle.weights[circle.founder],
    }
    permissions = dict.fromkeys(TAKING_PART, 1)  # as the page gives them that founds groups
    wishes |= {"default_score": circle.default_score, "permissions": permissions, "areas": list(circle.areas)}
    founding = await founder.post("/api/v1/groups", wishes)
    group = str(founding["group"])
    others = [name for name in circle.weights if name != circle.founder]
    # One after another, so that members get the numbers of the list; a join needn't be sealed before the next.
    for name in others:
        await _join(founder, people[name], circle.weights[name], group)
    pods = {people[name].pod for name in circle.weights}
    await eventually(lambda: are_members(http, pods, group, len(circle.weights)), "everybody is a member")
    await asyncio.gather(
        *(
            people[villager.name].post(
                f"/api/v1/groups/{group}/records",
                {"type": "Profile", "nickname": villager.nickname, "text": villager.about},
            )
            for villager in PEOPLE
            if villager.name in circle.weights
        )
    )
    return group


async def _join(founder: Actor, person: Actor, weight: int, group: str) -> None:
    seed = random_bytes(32)
    link = {"weight": weight, "to": PrivateKey.from_seed(seed).did, "expires": FOR_EVER}
    invitation = await founder.post(f"/api/v1/groups/{group}/invitations", link)
    await person.post("/api/v1/joins", {**invitation, "secret": seed.hex()})


async def _write(written: WrittenText, people: dict[str, Actor], logs: Logs) -> None:
    for texts in (ARTICLES, REPLIES, LATE_REPLIES):
        for text in texts:
            path = f"/api/v1/groups/{written.groups[text.circle]}/posts"
            made = await people[text.author].post(path, text_body(text, written))
            written.texts[text.key] = str(made["record"])
        await logs.everywhere(written.groups.values(), written.texts.values())
    # Their order doesn't matter, so they are sent at the same time and need only a few seals.
    patches = f"/api/v1/groups/{written.groups[VILLAGE]}/patches"
    made_patches = await asyncio.gather(
        *(people[change.author].post(patches, change_body(change, written)) for change in CHANGES)
    )
    written.changes.update(
        (change.key, str(made["record"])) for change, made in zip(CHANGES, made_patches, strict=True)
    )
    await logs.everywhere([written.groups[VILLAGE]], written.changes.values())
    votes = {circle: f"/api/v1/groups/{group}/votes" for circle, group in written.groups.items()}
    await asyncio.gather(
        *(people[ballot.voter].post(votes[ballot.circle], vote_body(ballot, written)) for ballot in BALLOTS)
    )
