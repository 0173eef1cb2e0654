"""No reader of a pod finds words that aren't for them, at any address; and each finds those that are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

import pytest

from models.people.accounts import load_account_named
from pod.actions.accounts.feed_secrets import make_feed_secret
from pod.deps import Deps
from tests.reading.canaries import (
    ADMIN,
    BANNED,
    CANARIES,
    FORMER,
    FOUNDER,
    HOME,
    HOMES,
    INSIDE,
    INVITED,
    MEMBER,
    MUTER,
    OTHER_POD,
    PODS,
    PRIVATE_IDS,
    READER,
    STRANGER,
    Canary,
)
from tests.reading.crawler import Walk, documents
from tests.reading.house import House, build, word
from tests.reading.mails import ASKED, Letterbox, letter_makers
from tests.reading.neighbours import neighbourhood
from tests.support.browsing import Browser
from tests.support.crawling import Answer, readable_routes
from tests.support.post_office import PostOffice
from tests.support.rig import ServedPod, eventually, worker_number

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
READERS: Final = {
    STRANGER: "",
    READER: "cy",
    MEMBER: "bo",
    FOUNDER: "ada",
    FORMER: "dee",
    BANNED: "eve",
    MUTER: "mu",
    ADMIN: "root",
}
TOLD_OF_IDS: Final = INSIDE | HOMES
# What other pods tell this one, or ask it for: of a group that is private, and of one that isn't here.
TOLD: Final = (
    ("/inbox", {"type": "Follow", "object": "{pod}/groups/{group}"}),
    ("/inbox", {"type": "Follow", "object": "{pod}/groups/{group}", "reads": True}),
    ("/inbox", {"type": "Undo", "object": {"type": "Follow", "object": "{pod}/groups/{group}"}}),
    ("/inbox", {"type": "Add", "record": {"type": "Post", "rules": 1, "group": "{group}"}}),
    ("/groups/{group}/inbox", {"type": "Like", "object": "{pod}/records/{secret}"}),
    ("/groups/{group}/handovers", {"type": "Handover", "group": "{group}", "parent": "{group}"}),
    ("/groups/{group}/handovers", ["{group}"]),
    ("/groups/{group}/promises", {"type": "Handover", "group": "{group}"}),
    ("/comparisons", {"groups": [{"group": "{group}", "head": "{group}", "size": 0, "pending": 0}]}),
)
PROVEN: Final = ("/inbox", "/comparisons")  # a pod's signature is asked for


@pytest.fixture(scope="module")
def mails() -> Iterator[PostOffice]:
    with PostOffice() as office:
        yield office


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, mails: PostOffice) -> Iterator[House]:
    pod = ServedPod(tmp_path_factory.mktemp("reading") / "pod", worker_number(), 41)
    pod.create()
    mails.configure(pod)
    with neighbourhood() as neighbours:
        try:
            yield build(pod, neighbours)
        finally:
            pod.kill()


@contextmanager
def walking(house: House, reader: str) -> Iterator[Walk]:
    name = READERS[reader]
    walk = Walk(house, name, house.people[name].account["token"] if name else "")
    try:
        yield walk
    finally:
        walk.close()


def check(house: House, reader: str, answers: Iterator[Answer]) -> None:
    """No answer is a fault, and none has a word that isn't for this reader there."""
    found: dict[str, set[str]] = {}
    faults = []
    canaries = {name: placed(house, canary) for name, canary in CANARIES.items()}
    unnamed = {f"private {what}": house.ids[f"private {what}"] for what in PRIVATE_IDS if reader not in TOLD_OF_IDS}
    for answer in answers:
        if answer.status >= 500:
            faults.append(f"{answer.status} {answer.path}")
        for name, own_id in unnamed.items():
            if own_id in answer.text and own_id not in answer.path and not _is_invited(reader, answer.path):
                found.setdefault(f"the id of {name}", set()).add(answer.path)
        for name, canary in canaries.items():
            if canary.word in answer.text and not canary.may_stand(reader, answer.path):
                found.setdefault(name, set()).add(answer.path)
    assert faults == []
    assert sorted(f"{name}: {path}" for name, paths in found.items() for path in paths) == []


def _is_invited(reader: str, path: str) -> bool:
    """Who may write a join reads the chain, which says which polls were opened."""
    return reader == INVITED and path.partition("?")[0].endswith("/chain")


@pytest.mark.parametrize("reader", READERS)
def test_r1_to_r8_a_reader_finds_no_words_that_are_not_for_them(house: House, reader: str) -> None:
    with walking(house, reader) as walk:
        check(house, reader, walk.answers())
        assert walk.asked == set(readable_routes())


@pytest.mark.parametrize("reader", READERS)
def test_each_canary_is_where_its_readers_look_for_it(house: House, reader: str) -> None:
    with walking(house, reader) as walk:
        missing = [
            (name, canary.met)
            for name, canary in CANARIES.items()
            if reader in canary.by and canary.word not in walk.meet(house.at(canary.met)).text
        ]
    assert missing == []


@pytest.mark.parametrize("reader", sorted({*READERS} - {STRANGER}))
def test_dc_29_ones_own_feeds_have_no_words_that_are_not_for_oneself(house: House, reader: str) -> None:
    secret = house.pod.act(partial(_feed_of, READERS[reader]))
    with walking(house, STRANGER) as walk:  # the secret alone says whose they are
        answers = [walk.get(f"/feeds/{secret}/decisions.{kind}") for kind in ("ics", "atom")]
    assert [answer.status for answer in answers] == [200, 200]
    check(house, reader, iter([answer._replace(text=answer.text.replace("\r\n ", "")) for answer in answers]))
    assert all((word("private poll") in answer.text) == (reader in INSIDE) for answer in answers)


async def _feed_of(name: str, deps: Deps) -> str:
    async with deps.store.database.read() as session:
        account = await load_account_named(session, name)
    assert account is not None
    return await make_feed_secret(deps, account)


@pytest.mark.parametrize("reader", sorted(PODS))
def test_another_pod_is_told_what_strangers_are_and_its_own_groups(house: House, reader: str) -> None:
    check(house, reader, documents(house, reader))


@pytest.mark.parametrize("reader", sorted(PODS))
def test_another_pod_pulls_what_is_for_it(house: House, reader: str) -> None:
    missing = [
        (name, canary.pulled)
        for name, canary in CANARIES.items()
        if reader in canary.pullers
        and canary.word not in house.neighbours.get(reader, house.pod, house.at(canary.pulled))[1]
    ]
    assert missing == []


@pytest.mark.parametrize("place", range(len(TOLD)))
@pytest.mark.parametrize("reader", sorted(PODS - {HOME}))
def test_whatever_another_pod_says_a_private_group_is_not_there(house: House, reader: str, place: int) -> None:
    path, body = TOLD[place]
    absent = house.ids["private"][:-6] + "aaaaaa"
    answers = {}
    for group in (house.ids["private"], absent):
        status, text = house.neighbours.say(reader, house.pod, house.at(path.replace("{group}", group)), body, group)
        assert (status == 401) == (reader not in house.neighbours.pods and path in PROVEN), text
        answers[group] = status, text.replace(group, "")
    assert answers[absent] == answers[house.ids["private"]]


def test_no_pod_is_sent_what_is_not_for_it(house: House) -> None:
    pods, canaries = house.neighbours.pods, {name: placed(house, canary) for name, canary in CANARIES.items()}
    eventually(lambda: word("after leaving") in str(pods[HOME].taken))
    eventually(lambda: word("shown") in str(pods[OTHER_POD].taken))
    later = {"after leaving", "private answer", "private edit", "proposed name", "private floor"}
    wrong = [
        f"{reader}: {name}"
        for reader, pod in pods.items()
        for name, canary in canaries.items()
        if canary.word in str(pod.taken) and not _may_be_sent(house, canary, reader, later=name in later)
    ]
    assert wrong == []


def _may_be_sent(house: House, canary: Canary, reader: str, *, later: bool) -> bool:
    """Whoever leaves was sent what was written before; an erased post stood in the open group, too."""
    belonged = HOME in canary.pullers and reader != OTHER_POD and not (later and reader != HOME)
    return belonged or canary.may_stand(reader, house.at("/groups/{open}/log")) or not canary.places


def test_no_mail_has_words_of_any_group(house: House, mails: PostOffice) -> None:
    assert letter_makers() == ASKED
    box = Letterbox(house.pod, mails)
    for name in filter(None, READERS.values()):
        box.of_somebody_here(house.people[name])
    box.of_strangers(Browser(house.pod).sign_in("ada"))
    told = box.of_a_day(house.people["bo"])
    assert house.ids["private poll"] in told
    assert house.ids["floored poll"] in told
    box.of_a_vote(house.people["bo"], house.ids["private"], house.ids["private poll"])
    ada, bo = house.people["ada"], house.people["bo"]
    box.of_leaving(bo)
    called = box.of_a_call(ada, house.ids["unlisted"], word("unlisted poll"), bo)
    assert len(box.mails) == 1 + 7 * len([name for name in READERS.values() if name]) + 19
    found = [(canary, mail) for canary in CANARIES for mail in box.mails if word(canary) in mail]
    # What happened in a group that isn't private stands by its name in what its members are told of it.
    assert {canary for canary, _ in found} == {"unlisted name", "unlisted poll"}
    assert {mail for _, mail in found} == {told, called}
    assert mails.post.got == []


def test_r1_no_vote_elsewhere_names_a_post_of_a_private_group(house: House) -> None:
    assert [status for status in house.refused if status < 400] == []


def test_the_log_of_the_pod_has_no_words_of_anybody(house: House) -> None:
    written = house.pod.folder.with_suffix(".log").read_text()
    assert house.pod.host in written
    assert [name for name in CANARIES if word(name) in written] == []


def placed(house: House, canary: Canary) -> Canary:
    """The canary with the ids of this house in its places."""
    places = {reader: house.at(pattern) for reader, pattern in canary.places.items()}
    return replace(canary, places=places, pulled=house.at(canary.pulled))
