"""The protocol read once more, briefly: what a group's text, scores, weights and log root must be.

It shares no code with protocol/: plain JSON in, plain values out, slow and simple on purpose.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b32encode
from typing import Any

Body = dict[str, Any]
Place = tuple[str, int]


def id_of(record: Body) -> str:
    """The id of a record in its JSON form, by plain sorted JSON: no record of these tests holds floats."""
    plain = {name: value for name, value in record.items() if name != "proof"}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).digest()
    return "b" + b32encode(bytes([1, 0x80, 4, 0x12, 0x20]) + digest).decode().lower().rstrip("=")


def root_of(ids: list[str]) -> str:
    """RFC 9162 §2.1.1, by its recursive definition."""

    def tree(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return leaves[0]
        split = 1
        while split * 2 < len(leaves):
            split *= 2
        return hashlib.sha256(b"\x01" + tree(leaves[:split]) + tree(leaves[split:])).digest()

    return tree([hashlib.sha256(b"\x00" + one.encode()).digest() for one in ids]).hex()


def weights_of(chain: list[Body]) -> dict[int, int]:
    """Who weighs what after the items of a chain, where every join and set-weight was allowed."""
    weights = {1: chain[0]["member"]["weight"]}
    for item in chain[1:]:
        for operation in item["operations"]:
            wish = operation["with"]
            if operation["do"] == "join":
                weights[len(weights) + 1] = wish["invitation"]["weight"]
            elif operation["do"] == "set-weight":
                weights[wish["member"]] = wish["weight"]
    return weights


def scores_of(log: list[Body], weights: dict[int, int]) -> dict[str, int]:
    """The sum of vote × weight for each target, by the target's own JSON."""
    registers: dict[tuple[int, str], tuple[tuple[int, int, str], int]] = {}
    for vote in (record for record in log if record["type"] == "Vote"):
        register = (vote["author"], key_of(vote["target"]))
        rank = (vote["key"], vote["counter"], id_of(vote))
        if register not in registers or registers[register][0] < rank:
            registers[register] = (rank, vote["value"])
    sums: dict[str, int] = {}
    for (member, target), (_, value) in registers.items():
        sums[target] = sums.get(target, 0) + value * max(0, weights[member])
    return sums


def key_of(target: Body) -> str:
    return json.dumps(target, sort_keys=True)


def text_of(post: str, log: list[Body], scores: dict[str, int]) -> list[tuple[str, int, str, int, bool]]:
    """(record, index, text, score, shown) of each paragraph of a post, in reading order."""
    sheets = {id_of(record): record for record in log}
    sheets = {own: r for own, r in sheets.items() if own == post or (r["type"] == "Patch" and r["post"] == post)}
    texts: dict[Place, str] = {}
    hangs: dict[Place, Place | None] = {}
    for own, record in sheets.items():
        for index, entry in enumerate(record["paragraphs"] if own == post else record["adds"]):
            after: Any = entry.get("after") if own != post else ({"index": index - 1} if index else None)
            texts[own, index] = entry["text"]
            hangs[own, index] = place_of(own, after)
    order = reading_order(post, hangs)
    score = {place: scores.get(key_of({"paragraph": {"record": place[0], "index": place[1]}}), 0) for place in order}
    shown = shown_of(post, sheets, order, score)
    return [(*place, texts[place], score[place], place in shown) for place in order]


def place_of(own: str, address: Body | None) -> Place | None:
    """An address within the record `own`, which needn't name itself."""
    return (str(address.get("record", own)), int(address["index"])) if address else None


def reading_order(post: str, hangs: dict[Place, Place | None]) -> list[Place]:
    """Below each paragraph first what other records hang there, by id, then its own record's next; depth first."""
    order: list[Place] = []
    waiting: list[Place | None] = [None]
    while waiting:
        place = waiting.pop()
        if place is not None:
            order.append(place)
        home = place[0] if place else post
        below = [child for child, after in hangs.items() if after == place]
        waiting += [child for _, child in sorted(((child[0] == home, child) for child in below), reverse=True)]
    return order


def shown_of(post: str, sheets: dict[str, Body], order: list[Place], score: dict[Place, int]) -> set[Place]:
    """Positive is shown, negative hidden, zero if the post's author wrote it and left it; one of each slot."""
    author = sheets[post]["author"]
    writer = {place: sheets[place[0]]["author"] for place in order}
    marks: dict[tuple[int, Place], tuple[tuple[int, int, str, int], Place | None]] = {}
    for own, record in sheets.items():
        for position, mark in enumerate(record.get("marks", ())):
            target, replaced = mark["paragraph"], mark.get("replaced_by")
            register = (record["author"], (target.get("record", own), target["index"]))
            standing = (
                (record["key"], record["counter"], own, position),
                (replaced.get("record", own), replaced["index"]) if replaced else None,
            )
            marks[register] = max(marks.get(register, standing), standing)
    away = {place for by, place in marks if by == author}
    visible = {
        place
        for place in order
        if score[place] > 0 or (score[place] == 0 and writer[place] == author and place not in away)
    }
    own_marks = {place: to for (by, place), (_, to) in marks.items() if by == author and to}
    ends = set(own_marks.values()) - set(own_marks)
    for slot in slots_of(author, writer, marks):
        rivals = sorted(slot & visible, key=lambda p: (-score[p], p not in ends, p))
        visible -= set(rivals[1:])
    return visible


def slots_of(author: int, writer: dict[Place, int], marks: dict[Any, Any]) -> list[set[Place]]:
    """What `replaced_by` joins: the author's own by his marks, a replacement to what its writer names last."""
    joins: list[set[Place]] = []
    claims: dict[Place, Any] = {}
    for (by, place), (rank, to) in marks.items():
        if to is None:
            continue
        if by == author == writer[place]:
            joins.append({place, to})
        elif by == writer[to]:
            claims[to] = max(claims.get(to, (rank, place)), (rank, place))
    slots: list[set[Place]] = []
    for pair in [*joins, *({place, to} for to, (_, place) in claims.items())]:
        touched = [slot for slot in slots if slot & pair]
        slots = [slot for slot in slots if not slot & pair]
        slots.append(set().union(pair, *touched))
    return slots
