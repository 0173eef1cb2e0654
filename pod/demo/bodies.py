"""The demo's texts, changes and ballots as bodies of the API, with the ids that the texts before them got."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from pod.demo.village import VILLAGE, VillageChange, VillageText, VillageVote

Body = dict[str, Any]


@dataclass
class WrittenText:
    """What was written so far: group ids by circle, record ids by key; `pod` holds the village."""

    groups: dict[str, str]
    pod: str
    texts: dict[str, str] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)


def text_body(text: VillageText, written: WrittenText) -> Body:
    """A post."""
    body: Body = {"kind": text.kind, "language": text.language, "paragraphs": msgspec.to_builtins(text.blocks)}
    if text.title:
        body["title"] = text.title
    if text.answers is not None:
        body["reply_to"] = {"subject": text.answers.subject}
    if text.answers is not None and text.answers.text:
        at = {} if text.answers.at is None else {"index": text.answers.at}
        body["reply_to"] = {"record": written.texts[text.answers.text], **at}
    return body


def change_body(change: VillageChange, written: WrittenText) -> Body:
    """A patch."""
    address = {"record": written.texts[change.text], "index": change.at}
    add = {"after": address, "style": change.block.style, "text": change.block.text}
    marks = [{"paragraph": address, "replaced_by": {"index": 0}}] if change.instead else []
    return {"post": written.texts[change.text], "adds": [add], "marks": marks}


def vote_body(ballot: VillageVote, written: WrittenText) -> Body:
    """A vote; in another circle than the text's, it says where the text comes from."""
    body: Body = {"target": _target(ballot, written), "value": ballot.value}
    if ballot.reason:
        body["reason"] = ballot.reason
    if ballot.circle != VILLAGE and not ballot.subject:
        body["from"] = {"group": written.groups[VILLAGE], "pod": written.pod}
    return body


def _target(ballot: VillageVote, written: WrittenText) -> Body:
    if ballot.subject:
        return {"subject": ballot.subject}
    if ballot.change:
        return {"paragraph": {"record": written.changes[ballot.change], "index": 0}}
    post = written.texts[ballot.text]
    if ballot.emoji:
        return {"reaction": {"post": post, "emoji": ballot.emoji}}
    return {"post": post} if ballot.at is None else {"paragraph": {"record": post, "index": ballot.at}}
