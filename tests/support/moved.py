"""What holds however an account moved: before the switch nothing of it is public; after it all of it is there."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote
from zipfile import ZipFile

import pytest

from federation.errors import RemoteError
from models.moving.kept_copies import list_manifests
from models.people.accounts import load_account_named
from pod.actions.accounts.language import choose_language
from pod.actions.moving.copy_classes import class_pages
from pod.actions.moving.taken_copies import kept_page
from pod.actions.sync.pull import pull
from pod.deps import Deps
from protocol.copies import CLASSES, PERSONAL, ClassTotal, CopyLine, CopyTally, claimed_manifest
from protocol.ids import RecordId
from tests.support.crawling import Answer, Crawl, readable_routes
from tests.support.rig import Person, ServedPod

RECOVERED: Final = "recovery_index"
# What a membership says of itself wherever the account is; its pods, keys and seats move.
LASTS: Final = ("group", "kind", "key", "number", "visibility", RECOVERED)
MEMBERSHIPS: Final = "memberships"
FOLLOWS: Final = "follows"
ACTOR: Final = "actor"
MOVING: Final = "moving"
# These answer with what was asked for, whether it is there or not.
_ECHOES: Final = ("/search", "/s/", "/api/v1/polls")


@dataclass(frozen=True)
class Traces:
    """What of somebody nobody may find at a pod: their groups, the posts in each, their names, and words of theirs."""

    posts: dict[str, list[str]]
    names: list[str]
    words: list[str]

    @property
    def all(self) -> list[str]:
        ids = [*self.posts, *(post for posts in self.posts.values() for post in posts)]
        return [*ids, *self.words, *(f"@{name}" for name in self.names), *(f"/u/{name}" for name in self.names)]


def public_at(pod: ServedPod, traces: Traces, reader: Person | None = None, *, links: bool = True) -> list[str]:
    """What a stranger, or somebody at home there, finds of them in pages, documents, lists, searches and feeds.

    `links`: also behind all links; else at each route, with each thing of theirs.
    """
    name, token = (reader.account["name"], reader.account["token"]) if reader else ("", "")
    crawl = Crawl(pod, _addresses(pod, traces), name, token)
    try:
        return sorted({fault for answer in crawl.answers(links=links) for fault in _told(answer, traces)})
    finally:
        crawl.close()


def check_unseen(new: ServedPod, person: Person, *private: str) -> None:
    """Before the switch, nobody at the new pod finds the person, their own group, or these groups in which they are."""
    own = person.account["personal_group"]
    posts = {group: [one["post"] for one in posts_of(person, group)] for group in (own, *private)}
    found = public_at(new, Traces(posts, [person.account["name"]], []), links=False)
    assert found == []


def posts_of(person: Person, group: str) -> list[dict[str, Any]]:
    """The posts of a group as its API lists them."""
    listed: list[dict[str, Any]] = person.get(f"/api/v1/groups/{group}/posts")["posts"]
    return listed


def _told(answer: Answer, traces: Traces) -> Iterator[str]:
    asked = [trace for trace in traces.all if trace in answer.path]
    if answer.status >= 500 or (answer.status == 200 and asked and not answer.path.startswith(_ECHOES)):
        yield f"{answer.status} {answer.path}"
    yield from (f"{trace}: {answer.path}" for trace in traces.all if trace in answer.text and trace not in asked)


def _addresses(pod: ServedPod, traces: Traces) -> Iterator[str]:
    """Each route that can be read, with each thing of the person that fits."""
    for pattern in readable_routes():
        yield from _filled(pattern, traces)
    yield from (f"/search?q={quote(word[:-1])}" for word in (*traces.words, *traces.names))
    yield from (f"/api/v1/polls?q={quote(word[:-1])}" for word in traces.words)
    for name in traces.names:
        yield f"/.well-known/webfinger?resource=acct:{name}@{pod.host}"
        yield f"/.well-known/webfinger?resource={quote(pod.url)}/u/{name}"


def _filled(pattern: str, traces: Traces) -> Iterator[str]:
    given = dict.fromkeys(re.findall(r"{(\w+)}", pattern), "1")
    if "group" in given:
        for group, posts in traces.posts.items():
            for post in posts if given.keys() & {"post", "record", "poll"} else posts[:1]:
                yield pattern.format(**given | {"group": group} | dict.fromkeys(("post", "record", "poll"), post))
    elif "record" in given:
        yield from (pattern.format(record=post) for posts in traces.posts.values() for post in posts)
    elif "name" in given:
        yield from (pattern.format(**given | {"name": name}) for name in traces.names)
    else:
        yield pattern.format(**given)


class Said(NamedTuple):
    """What an old pod, or a file of it, says that an account is: counts and roots, and three classes in full."""

    totals: dict[str, ClassTotal]
    memberships: list[bytes]
    follows: list[bytes]
    actor: bytes


def said_in_copy(pod: ServedPod, copy: int) -> Said:
    """By the last manifest that the old pod signed, which the new one keeps with the copy."""

    async def look(deps: Deps) -> Said:
        async with deps.store.database.read() as session:
            pages = [await kept_page(session, copy, name) for name in (MEMBERSHIPS, FOLLOWS, ACTOR)]
            manifest = (await list_manifests(session, copy))[0]
        memberships, follows, (actor,) = ([line.text for line in page.lines] for page in pages)
        return Said(claimed_manifest(json.loads(manifest)).classes, memberships, follows, actor)

    return pod.act(look)


def said_in_file(file: Path) -> Said:
    """By the manifest of a file that somebody took along."""
    with ZipFile(file) as opened:
        manifest = claimed_manifest(json.loads(opened.read("manifest.json")))
        read = (opened.read(f"classes/{name}.jsonl").splitlines() for name in (MEMBERSHIPS, FOLLOWS, ACTOR))
        memberships, follows, (actor,) = read
        return Said(manifest.classes, memberships, follows, actor)


def said_by(pod: ServedPod, name: str) -> Said:
    """By the pod where the account is now."""
    lines = _lines(pod, name)
    memberships, follows, (actor,) = ([line.text for line in lines[one]] for one in (MEMBERSHIPS, FOLLOWS, ACTOR))
    return Said({one: _total(found) for one, found in lines.items()}, memberships, follows, actor)


def check_all_came(
    pod: ServedPod, name: str, said: Said, *, alone: bool = False, under_way: Collection[str] = ()
) -> None:
    """The account here has the counts and roots that were said, but for what a move itself changes.

    `personal` is the same as far as it went; the move stands behind it. `memberships` name pods and keys, which move:
    each is there and says the same of itself; `alone`: but for the recovery key, as the words used one up. No group is
    still on its way here but those of `under_way`. `follows` say when a pod told last that it reads, and when a
    follower came, which they do anew here. `actor` is one of this pod, which names all that it was before. Nothing of
    `box` is compared: only its ciphertext is known, and this pod seals its own once the words are typed.
    """
    here = _lines(pod, name)
    assert said.totals.keys() == set(CLASSES)
    for one, total in said.totals.items():
        if one not in (MEMBERSHIPS, FOLLOWS, ACTOR, "box"):
            came = here[one][: total.count] if one == PERSONAL else here[one]
            assert _total(came) == total, f"{one}: {_total(came)} isn't {total}: {came[:3]}"
    follows, were = _follows([line.text for line in here[FOLLOWS]]), _follows(said.follows)
    assert follows == were, f"{follows} aren't {were}"
    lasts = [name for name in LASTS if name != RECOVERED or not alone]
    before = {one["group"]: one for one in map(json.loads, said.memberships)}
    now = {one["group"]: one for one in (json.loads(line.text) for line in here[MEMBERSHIPS])}
    # One that is still under way says no more than which it is.
    arrived = {group for group, one in now.items() if one["state"] != MOVING}
    assert now.keys() - arrived <= set(under_way), "still under way"
    there, arrive = ({group: [at[group].get(name) for name in lasts] for group in arrived} for at in (before, now))
    assert now.keys() == before.keys()
    assert arrive == there, f"{arrive} isn't {there}"
    _check_actor(f"{pod.url}/u/{name}", *(json.loads(text) for text in (said.actor, here[ACTOR][0].text)))


def _check_actor(own: str, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Who the account was elsewhere is named by its actor here, the latest first."""
    former = [actor for actor in (before["id"], *before.get("former", ())) if actor != own]
    assert (now["id"], now.get("former")) == (own, former)


def _follows(lines: Sequence[bytes]) -> list[dict[str, object]]:
    told = list(map(json.loads, lines))
    return [{name: one[name] for name in one if name != "at" or one["kind"] == "following"} for one in told]


def _total(lines: Sequence[CopyLine]) -> ClassTotal:
    return CopyTally().add(lines).total()


def _lines(pod: ServedPod, name: str) -> dict[str, list[CopyLine]]:
    """All of an account that is at home there, as the pod would write it out."""

    async def read(deps: Deps) -> dict[str, list[CopyLine]]:
        async with deps.store.database.read() as session:
            account = await load_account_named(session, name)
            assert account is not None
            read = {one: class_pages(session, deps, account, one, private=True) for one in CLASSES}
            return {one: [line async for page in pages for line in page.lines] for one, pages in read.items()}

    return pod.act(read)


def chooses_language(pod: ServedPod, name: str, language: str) -> None:
    """Have somebody read in this language wherever they go: else the page on which they come decides it anew."""

    async def choose(deps: Deps) -> None:
        async with deps.store.database.read() as session:
            account = await load_account_named(session, name)
        assert account is not None
        await choose_language(deps, account, language)

    pod.act(choose)


def check_refused(old: ServedPod, private: dict[str, ServedPod]) -> None:
    """A pod gets nothing more of private groups which the person left it with; each is asked of a pod that has it."""
    for group, pod in private.items():
        with pytest.raises(RemoteError) as refused:
            old.act(partial(pull, pod=pod.url, group=RecordId(group)))
        assert refused.value.status == 404, group
