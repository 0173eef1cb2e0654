"""A place to look at: two pods, people on both, a community and its critics, texts with versions, votes and secrets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.rig import Person, ServedPod, eventually

EVIL = "<script>alert('x')</script><img src=https://evil.example/x onerror=alert(1)>"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@dataclass(frozen=True)
class Place:
    """What stories look at; `post` has versions, `hidden` is a paragraph that the critics hide."""

    alpha: ServedPod
    beta: ServedPod
    ada: Person
    bo: Person
    cy: Person
    village: str
    critics: str
    private: str
    post: str
    note: str
    reply: str
    patch: str
    item: str
    poll: str
    early: str
    foretold: str
    prediction: str
    draft: str

    @property
    def hosts(self) -> set[str]:
        return {self.alpha.url, self.beta.url}


def settle(alpha: ServedPod, beta: ServedPod) -> Place:
    """Found, write, vote, and wait until both pods have it."""
    ada, bo = alpha.sign_up("ada"), alpha.sign_up("bo")
    cy = beta.sign_up("cy")
    alpha.run("user", "promote", "ada")
    alpha.start()
    beta.start()
    village = _found(ada, "Lower Wells", "What the village writes together.", weight=3000)
    joined(ada, village, bo, 2000)
    joined(ada, village, cy, 1000)
    critics = _found(bo, f"Critics {EVIL}", f"They hide. {EVIL}", default_score=1, weight=1000)
    joined(bo, critics, cy, 500)
    private = _found(ada, "The cellar", "Only for us.", visibility="private")
    for person, name in ((ada, "Ada"), (bo, f"Bo {EVIL}"), (cy, LONG)):
        person.post(f"/api/v1/groups/{village}/records", {"type": "Profile", "nickname": name, "text": f"I am {name}."})
    post, note, reply, patch = _write(ada, bo, cy, village)
    _vote((ada, bo, cy), village, critics, post, patch)
    _subjects(ada, bo, village, critics)
    for person in (bo, cy):
        eventually(partial(_has, person, village, patch))
    poll = _ask(ada, village, post)
    _delegate(ada, bo, village)
    item = ada.get(f"/api/v1/groups/{village}")["head"]
    return Place(
        alpha,
        beta,
        ada,
        bo,
        cy,
        village,
        critics,
        private,
        post,
        note,
        reply,
        patch,
        item,
        poll,
        _ask_early(ada, village),
        *_foretell(ada, village),
        _begin(alpha, village),
    )


def _delegate(ada: Person, bo: Person, village: str) -> None:
    """Bo offers to be followed, follows ada, who follows bo; and both say so in words that are hard to show."""
    for person in (ada, bo):
        said = {"declared": True, "statement": f"I read all of it. {EVIL} {LONG}"}
        person.put(f"/api/v1/groups/{village}/delegate", said)
    for person, delegates in ((ada, [2, 3, 1]), (bo, [1])):
        person.put(f"/api/v1/groups/{village}/delegations", {"delegates": delegates, "named": True})


def _found(person: Person, name: str, description: str, **wishes: Any) -> str:
    body = {"name": name, "description": description, **wishes}
    return str(person.post("/api/v1/groups", body)["group"])


def _write(ada: Person, bo: Person, cy: Person, village: str) -> tuple[str, str, str, str]:
    texts = [
        ("heading-1", "What we know"),
        ("text", f"The well gave a bucket a day since August. {EVIL}"),
        ("text", f"The mill pond stands low; {LONG}."),
        ("quote", "Whoever drinks should know how deep it is."),
        ("list-item", "Dig deeper."),
        (
            "code",
            "depth = 11.4  # m, and a line that is much longer than any telephone is wide, so that it has to scroll",
        ),
    ]
    body = {"kind": "article", "title": f"The well on the green {EVIL}", "language": "en"}
    paragraphs = [{"style": style, "text": text} for style, text in texts]
    post = ada.post(f"/api/v1/groups/{village}/posts", {**body, "paragraphs": paragraphs})["record"]
    note_body = {"kind": "note", "language": "sv", "paragraphs": [{"style": "text", "text": "Går bussen på söndag?"}]}
    note = bo.post(f"/api/v1/groups/{village}/posts", note_body)["record"]
    answer = {
        "kind": "note",
        "reply_to": {"record": post, "index": 1},
        "paragraphs": [{"style": "text", "text": "Forty buckets, ten years ago."}],
    }
    eventually(lambda: _has(cy, village, post))
    reply = cy.post(f"/api/v1/groups/{village}/posts", answer)["record"]
    place = {"record": post, "index": 4}
    change = {
        "post": post,
        "adds": [{"after": place, "style": "list-item", "text": "Dig deeper, but only after the harvest."}],
        "marks": [{"paragraph": place, "replaced_by": {"index": 0}}],
    }
    patch = bo.post(f"/api/v1/groups/{village}/patches", change)["record"]
    return post, note, reply, patch


def _vote(people: tuple[Person, Person, Person], village: str, critics: str, post: str, patch: str) -> None:
    ada, bo, cy = people
    reason = {"reason": f"Off topic. {EVIL}"}
    for person, target, value, group in (
        (bo, {"post": post}, 1000, village),
        (cy, {"post": post}, -250, village),
        (ada, {"paragraph": {"record": patch, "index": 0}}, 1000, village),
        (cy, {"paragraph": {"record": post, "index": 2}}, -1000, village),
        (bo, {"paragraph": {"record": post, "index": 3}}, -1000, critics),
        (bo, {"post": post}, 1000, critics),
    ):
        eventually(partial(_has, person, village, patch))
        person.post(f"/api/v1/groups/{group}/votes", {"target": target, "value": value, **reason})


def _subjects(ada: Person, bo: Person, village: str, critics: str) -> None:
    for person, group, text in ((ada, village, "Deep, and dry."), (bo, critics, "A hole with a roof.")):
        body = {"kind": "note", "reply_to": {"subject": "Wells"}, "paragraphs": [{"style": "text", "text": text}]}
        person.post(f"/api/v1/groups/{group}/posts", body)


def _ask(person: Person, village: str, post: str) -> str:
    """A poll in which one may vote."""
    options = [{"title": f"Dig deeper {EVIL}", "text": LONG}, {"title": LONG}, {"title": "Buy a pump"}]
    wish = {"kind": "score", "title": f"What about the well? {EVIL}", "options": options, "about": post}
    text = [{"style": "text", "text": f"Three ways. {EVIL}"}, {"style": "list-item", "text": LONG}]
    more = {"paragraphs": text, "lengths": {"voting": 86_400_000}, "quorum": {"percent": 20}, "areas": ["water"]}
    poll = str(person.post(f"/api/v1/groups/{village}/polls", wish | more)["record"])
    eventually(lambda: person.get(f"/api/v1/groups/{village}/polls/{poll}")["poll"]["phase"] == "voting")
    return poll


def _ask_early(ada: Person, village: str) -> str:
    """A poll whose proposals are being made; one is withdrawn."""
    lengths = {"proposals": 86_400_000, "predictions": 86_400_000, "bets": 86_400_000, "voting": 2 * 86_400_000}
    wish = {"kind": "score", "title": f"What else? {EVIL}", "lengths": lengths}
    poll = str(ada.post(f"/api/v1/groups/{village}/polls", wish)["record"])
    path = f"/api/v1/groups/{village}/polls/{poll}"
    eventually(lambda: ada.get(path)["poll"]["phase"] == "proposals")
    texts = [{"style": "text", "text": f"{LONG} {EVIL}"}]
    proposed = ada.post(f"{path}/proposals", {"title": f"Ask the miller {EVIL}", "paragraphs": texts})["record"]
    ada.post(f"{path}/proposals/{proposed}/withdrawal", {})
    ada.post(f"{path}/proposals", {"title": LONG})
    return poll


def _foretell(ada: Person, village: str) -> tuple[str, str]:
    """A poll in which people predict, and what one of them predicted."""
    day = 86_400_000
    lengths = {"proposals": day, "predictions": day, "bets": day, "voting": 2 * day}
    wish = {"kind": "score", "title": f"And then? {EVIL}", "lengths": lengths}
    poll = str(ada.post(f"/api/v1/groups/{village}/polls", wish)["record"])
    path = f"/api/v1/groups/{village}/polls/{poll}"
    eventually(lambda: ada.get(path)["poll"]["phase"] == "proposals")
    options = [ada.post(f"{path}/proposals", {"title": title})["record"] for title in (LONG, f"Wait {EVIL}")]
    eventually(lambda: not any(one["waits"] for one in ada.get(path)["poll"]["options"]))
    ada.post(f"{path}/fast-forward", {})
    eventually(lambda: ada.get(path)["poll"]["phase"] == "predictions")
    terms = [{"proposal": option, "implemented": option == options[0]} for option in options]
    due = ada.get(path)["poll"]["times"]["contest_end"] + day
    said = {"statement": f"{LONG} {EVIL}", "due_at": due, "condition": {"every": True, "terms": terms}}
    return poll, str(ada.post(f"{path}/predictions", said)["record"])


def _begin(alpha: ServedPod, village: str) -> str:
    """A draft of a poll with a kind and options; all its steps can be looked at."""
    ada, path = Browser(alpha).sign_in("ada"), f"/g/{village}/polls/new"
    kind = ada.submit(ada.get(path), "/new", press="Next", title=f"Where to dig? {EVIL}", text=LONG)
    options = ada.submit(kind, "/kind", press="Next", kind="score")
    typed = {"option": [LONG, f"On the green {EVIL}"], "more": ["", LONG]}
    areas = ada.submit(options, "/kind", press="Next", kind="score", proposing="true", **typed)
    preview = ada.get(areas.path.replace("/areas", "/preview"))
    ada.submit(preview, "/templates", press="Keep as a template", name=LONG)
    return areas.path.split("/")[-2]


def _has(person: Person, group: str, record: str) -> bool:
    entries = person.get(f"/api/v1/groups/{group}/log?limit=500")["entries"]
    return record in {entry["id"] for entry in entries}
