"""How the chain inspector says in words what an operation changes, and which rule allows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from pod.actions.reading.group.chain_inspector import OperationSight
from pod.translations import Translator
from pod.web.group.wording import host_of, member_name
from protocol.records.operation import (
    Event,
    Join,
    Leave,
    Publish,
    Rehome,
    Rekey,
    SetPolicy,
    SetWeight,
    Succeed,
)

Names = Mapping[int, str]
POLICY: Final = ("name", "description", "default_score", "others_weight", "handover_after")


def change_in(say: Translator, entry: OperationSight, names: Names) -> str:
    """What an operation wished to change."""
    operation = entry.operation
    if operation is None:
        return say("Something that is no operation")
    wish, author = operation.wish, member_name(say, operation.author, names.get(operation.author, ""))
    if isinstance(wish, SetWeight):
        return _weight(say, author, wish, entry.was, member_name(say, wish.member, names.get(wish.member, "")))
    if isinstance(wish, Join):
        return _join(say, wish)
    return _plain(say, author, wish)


def _weight(say: Translator, author: str, wish: SetWeight, was: int | None, member: str) -> str:
    if was is None:
        return say(
            "%(member)s's weight → %(weight)s, by %(author)s",
            member=member,
            weight=say.weight(wish.weight),
            author=author,
        )
    return say(
        "%(member)s's weight %(was)s → %(weight)s, by %(author)s",
        member=member,
        was=say.weight(was),
        weight=say.weight(wish.weight),
        author=author,
    )


def _join(say: Translator, wish: Join) -> str:
    host = host_of(wish.home.pod)
    if wish.invitation is None:
        return say("Somebody on %(pod)s joined", pod=host)
    return say(
        "Somebody on %(pod)s joined with weight %(weight)s, invited by member %(number)s",
        pod=host,
        weight=say.weight(wish.invitation.content.weight),
        number=wish.invitation.content.author,
    )


def _plain(say: Translator, author: str, wish: Any) -> str:
    match wish:
        case Leave():
            return say("%(author)s left", author=author)
        case Rehome():
            return say("%(author)s moved to %(pod)s", author=author, pod=host_of(wish.home.pod))
        case Rekey():
            return say("%(author)s has a new key", author=author)
        case SetPolicy():
            return say("%(author)s changed: %(what)s", author=author, what=_policy(say, wish.policy))
        case Publish():
            return say("The group took the public name “%(name)s”", name=wish.subject)
        case Succeed():
            # Not where: only those who were invited there are told (the header leads them).
            return say("The group continues elsewhere")
        case Event():
            return say("%(author)s noted “%(name)s”", author=author, name=wish.name)
        case _:
            return say("%(author)s asked for something that this version doesn't know", author=author)


def _policy(say: Translator, policy: Mapping[str, Any]) -> str:
    told = {
        "name": lambda value: say("name “%(name)s”", name=value),
        "description": lambda _: say("the description"),
        "default_score": lambda value: say("default score %(score)s", score=say.score(int(value))),
        "others_weight": lambda value: say("weight of newcomers %(weight)s", weight=say.weight(int(value))),
        "handover_after": lambda value: say("handover after %(hours)s h", hours=int(value) // 3_600_000),
    }
    known: Mapping[str, Callable[[Any], str]] = told
    return ", ".join(known[name](value) if name in known else str(name) for name, value in policy.items())


def rule_of(say: Translator, entry: OperationSight) -> str:
    """The rule that allows such an operation."""
    wish = entry.operation.wish if entry.operation else None
    if isinstance(wish, Join):
        if wish.invitation is None:
            return say("Everybody may join, with the weight that the group gives to newcomers.")
        return say("A member with weight may invite, with at most their own.")
    rules: dict[type, str] = {
        SetWeight: say("A member changes the weight of members who have less, up to the member's own."),
        SetPolicy: say("Owners set the policy."),
        Publish: say("All members with weight sign a public name."),
        Succeed: say("More than half of the owners decide where the group continues."),
        Event: say("The group's permissions say what weight this needs."),
        **dict.fromkeys((Leave, Rekey, Rehome), say("Everybody does this for themselves.")),
    }
    return rules.get(type(wish), "")
