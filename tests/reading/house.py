"""A pod with open, unlisted, private and floor groups, into which every canary is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from tests.reading.canaries import BANNED_HOME, CANARIES, FORMER_HOME
from tests.reading.neighbours import Neighbours
from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

NAMES: Final = ("ada", "bo", "cy", "dee", "eve", "mod", "zed", "mu", "root")


@dataclass
class House:
    """`ids` are the groups and records by the names that canaries' addresses use."""

    pod: ServedPod
    people: Mapping[str, Person]
    neighbours: Neighbours
    ids: dict[str, str]
    refused: list[int]

    def at(self, path: str) -> str:
        """An address or pattern with the ids filled in."""
        for name, found in self.ids.items():
            path = path.replace("{" + name + "}", found)
        return path


def word(name: str) -> str:
    return CANARIES[name].word


def build(pod: ServedPod, neighbours: Neighbours) -> House:
    """Sign everybody up, found the groups, write, hide, edit, erase, leave, ban and mute."""
    people = {name: pod.sign_up(name) for name in NAMES}
    for admin in ("ada", "root"):
        pod.run("user", "promote", admin)
    pod.start()
    house = House(pod, people, neighbours, {}, [])
    _found(house)
    _set_floor(house)
    _write_inside(house)
    _write_openly(house)
    _write_below_the_floor(house)
    _leave_and_ban(house)
    _vote_across(house)
    _answer_elsewhere(house)
    _mute(house)
    _moderate(house)
    _propose(house)
    _draft(house)
    for group in ("open", "unlisted", "private"):
        eventually(partial(_quiet, house, house.ids[group]))
    return house


def _found(house: House) -> None:
    ada, mod = house.people["ada"], house.people["mod"]
    for name, wishes in {
        "open": {"name": "The green", "visibility": "public", "weight": 3000},
        "unlisted": {"name": f"Cellar {word('unlisted name')}", "visibility": "unlisted", "weight": 3000},
        "private": {
            "name": f"Attic {word('private name')}",
            "description": f"About {word('private description')}.",
            "visibility": "private",
            "weight": 3000,
        },
    }.items():
        house.ids[name] = ada.post("/api/v1/groups", wishes)["group"]
    house.ids["floor"] = mod.post("/api/v1/groups", {"name": "What we won't host", "default_score": 1})["group"]
    for group, guests in {"open": "bo zed dee eve", "unlisted": "bo", "private": "bo dee eve"}.items():
        for guest in guests.split():
            joined(ada, house.ids[group], house.people[guest], 1000)
    house.neighbours.join(ada, house.ids["private"])
    house.neighbours.follow(house.pod, house.ids["open"])


def _set_floor(house: House) -> None:
    wish = {"name": f"Backroom {word('private floor')}", "visibility": "private", "default_score": 1}
    secret = house.people["mod"].post("/api/v1/groups", wish)["group"]
    house.pod.kill()
    with (house.pod.folder / "pod.toml").open("a") as config:
        config.write(f'\n[moderation]\nfloor = ["{house.ids["floor"]}", "{secret}"]\n')
    house.pod.start()


def _write_inside(house: House) -> None:
    ada, bo, private = house.people["ada"], house.people["bo"], house.ids["private"]
    house.ids["secret"] = secret = _post(ada, private, "private words", title="private title")
    _post(bo, private, "private reply", reply_to={"record": secret})
    _post(bo, private, "private words", reply_to={"subject": word("private subject")})
    _record(ada, private, type="Profile", nickname=word("private nickname"), text="Here.")
    house.ids["private statement"] = _offer(bo, private, "private statement")
    _vote(bo, private, {"post": secret}, 500, reason=f"Because {word('private reason')}.")
    house.ids["quiet"] = _post(ada, house.ids["unlisted"], "unlisted words")


def _write_openly(house: House) -> None:
    ada, bo, zed, group = (*(house.people[name] for name in ("ada", "bo", "zed")), house.ids["open"])
    house.ids["plain"] = plain = _post(bo, group, "shown")
    _post(zed, group, "muted")
    _post(zed, group, "muted", title="muted title")
    _post(zed, group, "muted", reply_to={"record": plain})
    house.ids["hidden"] = hidden = _post(ada, group, "hidden words", title="hidden title")
    texts = ["It stands.", *(word(name) for name in ("hidden paragraph", "deleted paragraph", "replaced paragraph"))]
    house.ids["edited"] = edited = _write(ada, group, texts)
    _vote(ada, group, {"post": hidden}, 0)
    _vote(bo, group, {"post": hidden}, -1000)
    _vote(bo, group, {"paragraph": {"record": edited, "index": 1}}, -1000)
    _vote(ada, group, {"paragraph": {"record": edited, "index": 1}}, 0)
    places = [{"record": edited, "index": index} for index in range(4)]
    marks = [{"paragraph": places[2], "deleted": True}, {"paragraph": places[3], "replaced_by": {"index": 0}}]
    adds = [{"after": places[3], "style": "text", "text": "It is better now."}]
    patch = ada.post(f"/api/v1/groups/{group}/patches", {"post": edited, "adds": adds, "marks": marks})["record"]
    for person in (ada, bo):
        _vote(person, group, {"paragraph": {"record": patch, "index": 0}}, 1000)
    _vote(ada, group, {"post": _post(ada, group, "withdrawn")}, 0)
    house.ids["erased"] = erased = _post(ada, group, "erased")
    _record(ada, group, type="Erase", records=[erased])
    _add_a_paragraph(zed, [ada, bo], group, _write(ada, group, ["It begins."]), "muted paragraph")
    for name, text in {"was": word("old profile"), "is": "As I am now."}.items():
        house.ids[name] = _record(bo, group, type="Profile", nickname="Bo", text=text)


def _ask(house: House, group: str, name: str, *, about: str) -> str:
    """A poll whose title, text, options and goal hold the canary, and in which its author has voted."""
    person = house.people["ada"]
    said = {"title": word(name), "paragraphs": [{"style": "text", "text": word(name)}], "goal": {"text": word(name)}}
    options = [{"title": word(name), "text": word(name)}]
    wish = {"kind": "approval", "lengths": {"voting": 3_600_000}, "options": options, "about": about, **said}
    poll = str(person.post(f"/api/v1/groups/{group}/polls", wish)["record"])
    path = f"/api/v1/groups/{group}/polls/{poll}"
    eventually(lambda: person.get(path)["poll"]["phase"] == "voting")
    house.ids[name.replace("poll", "ballot")] = person.post(f"{path}/ballots", {"approvals": ["00"]})["record"]
    return poll


def _offer(person: Person, group: str, name: str) -> str:
    """A declaration as delegate whose statement is the canary; the record's id."""
    return _record(person, group, type="Delegate", declared=True, statement=word(name))


def _predict(house: House, group: str, name: str) -> None:
    """A poll that has come to its predictions: a proposal and what follows from it hold the canaries of this name."""
    ada, lengths = house.people["ada"], dict.fromkeys(("proposals", "predictions", "bets", "voting"), 3_600_000)
    wish = {"kind": "score", "title": "What next?", "lengths": lengths}
    poll = str(ada.post(f"/api/v1/groups/{group}/polls", wish)["record"])
    path = f"/api/v1/groups/{group}/polls/{poll}"
    house.ids[f"{name} early"] = poll

    def said(part: str, body: dict[str, Any]) -> str:
        try:
            return str(ada.post(f"{path}/{part}", body)["record"])
        except RefusedByHttpError as refusal:
            if refusal.problem["rule"] not in ("not_open_yet", "not_sealed_yet", "not_now"):
                raise
            return ""

    texts = [{"style": "text", "text": word(f"{name} proposal")}]
    wished = {"title": word(f"{name} proposal"), "paragraphs": texts}
    house.ids[f"{name} proposal"] = proposal = str(eventually(partial(said, "proposals", wished)))
    eventually(lambda: not any(one["waits"] for one in ada.get(path)["poll"]["options"]))
    ada.post(f"{path}/fast-forward", {})
    terms = {"every": True, "terms": [{"proposal": proposal, "implemented": True}]}
    words = {"statement": word(f"{name} prediction"), "text": word(f"{name} prediction")}
    foretold = str(eventually(partial(said, "predictions", {**words, "due_at": 2**50, "condition": terms})))
    house.ids[f"{name} prediction"] = foretold


def _add_a_paragraph(writer: Person, voters: Sequence[Person], group: str, post: str, name: str) -> None:
    adds = [{"after": {"record": post, "index": 0}, "style": "text", "text": word(name)}]
    edit = writer.post(f"/api/v1/groups/{group}/patches", {"post": post, "adds": adds, "marks": []})["record"]
    for voter in voters:
        _vote(voter, group, {"paragraph": {"record": edit, "index": 0}}, 1000)


def _write_below_the_floor(house: House) -> None:
    ada, mod, group, floor = house.people["ada"], house.people["mod"], house.ids["open"], house.ids["floor"]
    unshown = {"subject": word("subject of nothing shown")}
    house.ids["floored"] = post = _post(ada, group, "floored words", title="floored title", reply_to=unshown)
    house.ids["partly"] = partly = _write(ada, group, ["It may stand.", word("floored paragraph")])
    reply = _post(ada, group, "floored reply", reply_to={"record": house.ids["plain"]})
    _post(ada, group, "shown", reply_to={"subject": word("floored subject")})
    eve = house.people["eve"]
    house.ids["disliked"] = profile = _record(
        eve, group, type="Profile", nickname=word("floored nickname"), text=word("floored profile")
    )
    _vote(eve, group, {"post": house.ids["plain"]}, 500)
    house.ids["floored poll"] = poll = _ask(house, group, "floored poll", about=house.ids["plain"])
    house.ids["floored statement"] = offer = _offer(ada, group, "floored statement")
    _predict(house, group, "floored")
    for target in (
        *({"post": house.ids["floored proposal"]}, {"post": house.ids["floored prediction"]}),
        *({"post": poll}, {"post": post}, {"paragraph": {"record": partly, "index": 1}}, {"post": reply}),
        *({"profile": profile}, {"subject": word("floored subject")}, {"post": offer}),
    ):
        _vote(mod, floor, target, -1000)


def _leave_and_ban(house: House) -> None:
    ada, dee, private = house.people["ada"], house.people["dee"], house.ids["private"]
    members = ada.get(f"/api/v1/groups/{private}")["members"]
    numbers = {name: house.people[name].get("/api/v1/me")["memberships"] for name in ("dee", "eve")}
    number = {name: next(m["number"] for m in held if m["group"] == private) for name, held in numbers.items()}
    assert len(members) == 7
    number[BANNED_HOME] = house.neighbours.numbers[BANNED_HOME]
    house.neighbours.leave(house.pod)
    dee.post(f"/api/v1/groups/{private}/operations", {"do": "leave", "with": {}})
    for name in ("eve", BANNED_HOME):
        ban = {"do": "set-weight", "with": {"member": number[name], "weight": -1000}}
        ada.post(f"/api/v1/groups/{private}/operations", ban)

    def gone() -> bool:
        seen = {m["number"]: m for m in ada.get(f"/api/v1/groups/{private}")["members"]}
        banned = all(seen[number[name]]["weight"] < 0 for name in ("eve", BANNED_HOME))
        return banned and all(seen[one].get("left") for one in (number["dee"], house.neighbours.numbers[FORMER_HOME]))

    eventually(gone)
    _post(ada, private, "after leaving", title="after leaving")


def _vote_across(house: House) -> None:
    """Members of the open group, in the private one and not, name its post in a vote where anybody reads."""
    target, group = {"post": house.ids["secret"]}, house.ids["open"]
    there = {"group": house.ids["private"], "pod": house.pod.url}
    for name in ("zed", "bo"):
        for path, body in (("votes", {}), ("records", {"type": "Vote"})):
            for wish in ({"target": target, "value": 1000}, {"target": target, "value": 1000, "from": there}):
                try:
                    house.people[name].post(f"/api/v1/groups/{group}/{path}", {**wish, **body})
                    house.refused.append(201)
                except RefusedByHttpError as refusal:
                    house.refused.append(refusal.status)
    # What stands in an unlisted group may be voted on, and a private one may repost: neither is named outside.
    _vote(house.people["bo"], group, {"post": house.ids["quiet"]}, 1000)
    _vote(house.people["ada"], house.ids["private"], {"post": house.ids["plain"]}, 1000)


def _answer_elsewhere(house: House) -> None:
    """The open group's post is reposted and answered where only some may read, and made a question there."""
    bo, plain = house.people["bo"], house.ids["plain"]
    for name in ("unlisted", "private"):
        group = house.ids[name]
        house.ids[f"{name} poll"] = poll = _ask(house, group, f"{name} poll", about=plain)
        house.ids[f"{name} comment"] = _post(bo, group, f"{name} comment", reply_to={"record": poll})
        _predict(house, group, name)
        _vote(bo, group, {"post": plain}, 1000)
        house.ids[f"{name} answer"] = _post(bo, group, f"{name} answer", reply_to={"record": plain})
        adds = [{"style": "text", "text": f"Better: {word(f'{name} edit')}.", "after": {"record": plain, "index": 0}}]
        edit = bo.post(f"/api/v1/groups/{group}/patches", {"post": plain, "adds": adds})["record"]
        house.ids[f"{name} edit"] = edit


def _mute(house: House) -> None:
    browser, group = Browser(house.pod).sign_in("mu"), house.ids["open"]
    answer = house.people["ada"].get(f"/api/v1/groups/{group}/posts?showing=everything")["posts"]
    numbers = {line["number"]: line for line in house.people["ada"].get(f"/api/v1/groups/{group}/members")["members"]}
    zed = next(number for number, line in numbers.items() if line["number"] == 3)
    post = next(line["post"] for line in answer if line["author"] == zed)
    page = browser.get(f"/g/{group}/posts/{post}")
    acts = next(form for form in page.forms if form.action.endswith("/acts"))
    done = browser.post(acts.action, [*acts.fields, ("act", f"mute:{post}")])
    assert done.status == 200, done.text[:300]


def _propose(house: House) -> None:
    """The founder wishes to publish the private group; the other members with weight haven't signed it."""
    wish = {"do": "publish", "with": {"subject": word("proposed name")}}
    asked = house.people["ada"].post(f"/api/v1/groups/{house.ids['private']}/proposals", wish)
    assert asked["open"], "one signature is enough: nothing waits for others"


def _draft(house: House) -> None:
    """The founder writes a poll of the open group, whose other members may start polls, too."""
    group, ada = house.ids["open"], house.people["ada"]
    wish = {"do": "set-policy", "with": {"permissions": {"open-poll": 1000}}}
    ada.post(f"/api/v1/groups/{group}/operations", wish)
    path, bo = f"/g/{group}/polls/new", Browser(house.pod).sign_in("bo")
    eventually(lambda: bo.get(path).status == 200)
    browser = Browser(house.pod).sign_in("ada")
    step = browser.submit(browser.get(path), "/new", press="Next", title=f"On {word('draft')}", text=word("draft"))
    house.ids["draft"] = step.path.split("/")[-2]


def _moderate(house: House) -> None:
    """Bo has a group of mod's judge what is shown at home."""
    mod, group = house.people["mod"], house.ids["open"]
    judges = mod.post("/api/v1/groups", {"name": "Moderators", "default_score": 1})["group"]
    browser = Browser(house.pod).sign_in("bo")
    assert browser.submit(browser.get("/follows"), "/follows", group=judges).status == 200
    fields = [(name, value) for name, value in browser.get("/follows").forms[-1].fields if name == "form_token"]
    assert browser.post("/follows", [*fields, ("group", judges), ("wish", "lens")]).status == 200
    post = _post(house.people["ada"], group, "moderated")
    part = _write(house.people["ada"], group, ["It may stay.", word("moderated paragraph")])
    for target in ({"post": post}, {"paragraph": {"record": part, "index": 1}}):
        _vote(mod, judges, target, -1000)


def _quiet(house: House, group: str) -> bool:
    ada = house.people["ada"]
    log = ada.get(f"/api/v1/groups/{group}")["log"]
    return log["held"] == log["size"] and not ada.get(f"/groups/{group}/pending?from=0")["records"]


def _post(person: Person, group: str, name: str, *, title: str = "", **members: Any) -> str:
    heading = {"title": f"On {word(title)}"} if title else {}
    return _write(person, group, [f"This is {word(name)}."], **heading, **members)


def _write(person: Person, group: str, texts: list[str], **members: Any) -> str:
    paragraphs = [{"style": "text", "text": text} for text in texts]
    body = {"kind": "article" if "title" in members else "note", "paragraphs": paragraphs, **members}
    return str(person.post(f"/api/v1/groups/{group}/posts", body)["record"])


def _record(person: Person, group: str, **members: Any) -> str:
    return str(person.post(f"/api/v1/groups/{group}/records", members)["record"])


def _vote(person: Person, group: str, target: dict[str, Any], value: int, **members: Any) -> None:
    person.post(f"/api/v1/groups/{group}/votes", {"target": target, "value": value, **members})
