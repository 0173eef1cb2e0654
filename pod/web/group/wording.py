"""What pages call groups, members and their numbers. This file decides nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from pod.actions.reading.group.page_header import HeaderSight, PodHealth
from pod.foreign_text import is_seen, isolated
from pod.rules.groups import GroupRule
from pod.translations import Translator
from protocol.ids import RecordId

SHORT: Final = 12
_WEIGHT: Final = re.compile(r"(-?)([0-9]{1,6})(?:\.([0-9]{1,3}))?")
Names = Mapping[int, str]


class GroupKind(msgspec.Struct, frozen=True):
    """What decides how a group works. Weight in thousandths, score in micro units."""

    visibility: str
    others_weight: int
    default_score: int


def kind_sentence(say: Translator, kind: GroupKind) -> str:
    """What kind of group it is, in one sentence: its name, who reads, who decides, what nobody voted on."""
    return say(
        "%(kind)s: %(reads)s; %(decides)s; %(unvoted)s.",
        kind=_kind(say, kind),
        reads=_reads(say, kind),
        decides=_decides(say, kind),
        unvoted=_unvoted(say, kind),
    )


def _kind(say: Translator, kind: GroupKind) -> str:
    if kind.visibility == "private":
        return say("A private group")
    if kind.others_weight > 0:
        return say("An open group")
    if kind.others_weight < 0:
        return say("A closed group")
    return say("A moderated group") if kind.default_score > 0 else say("A read-only group")


def _reads(say: Translator, kind: GroupKind) -> str:
    if kind.visibility == "private":
        return say("its members alone read it, and join by invitation")
    if kind.visibility == "unlisted":
        return say("everybody who has its address can read it, and no list shows it")
    return say("everybody reads it")


def _decides(say: Translator, kind: GroupKind) -> str:
    if kind.visibility == "private":
        return say("votes count by the weight that an invitation gives")
    if kind.others_weight > 0:
        return say("everybody who joins votes with weight %(weight)s", weight=say.weight(kind.others_weight))
    if kind.others_weight < 0:
        return say("those who join without invitation may not write")
    if kind.default_score > 0:
        return say("everybody who joins may write, and the members with weight decide what is hidden")
    return say("the members with weight decide what is shown")


def _unvoted(say: Translator, kind: GroupKind) -> str:
    if kind.default_score > 0:
        return say("what nobody voted on is shown")
    if kind.default_score < 0:
        return say("what is shown needs votes of more than %(score)s", score=say.quantity(-kind.default_score, 6))
    return say("what nobody voted on stays hidden")


def kind_of(seen: HeaderSight) -> GroupKind:
    """The kind of a group that is here."""
    return GroupKind(seen.state.visibility, seen.state.others_weight, seen.state.default_score)


def host_of(pod: str) -> str:
    """A pod as people call it: its host, with the port where there is one."""
    return pod.partition("://")[2].rstrip("/") or pod


def short(identifier: RecordId | str) -> str:
    """The last letters of an id: the first are the same for all."""
    return f"…{identifier[-SHORT:]}"


def member_name(say: Translator, number: int, nickname: str) -> str:
    """How to call a member: the nickname with the number, which alone is unique; 0 is a guest."""
    if is_seen(nickname):
        return f"{isolated(nickname)} · {number}"
    return say("member %(number)s", number=number) if number else say("a guest")


def pods_sentence(say: Translator, pods: Iterable[PodHealth], more: int) -> str:
    """How many pods the group lives on, and how many don't answer this one."""
    told = list(pods)
    silent = sum(pod.silent for pod in told)
    count = say.many("%(count)s pod", "%(count)s pods", len(told) + more)
    return say("%(pods)s, %(silent)s silent", pods=count, silent=silent) if silent else count


def weight_words(say: Translator, weight: int, *, left: bool = False) -> tuple[str, str]:
    """(mark, word) of a member's standing beside the number: black, grey or left; both empty for all others."""
    if left:
        return "–", say("has left")
    if weight < 0:
        return "■", say("black-listed")
    return ("□", say("grey-listed")) if weight == 0 else ("", "")


def weight_in(typed: str) -> int:
    """A weight as people write it (1, 0.5, −2,5), in thousandths; raises MalformedError."""
    plain = typed.strip().replace(",", ".").replace("−", "-")
    matched = _WEIGHT.fullmatch(plain)
    if matched is None:
        raise GroupRule.WEIGHT_FORM.error()
    sign, whole, part = matched.groups()
    thousandths = int(whole) * 1000 + int(((part or "") + "000")[:3])
    return -thousandths if sign else thousandths
