"""Why operations of an item are void, as it is written beside the item: their places, the rules and their facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from pod.rules.groups import GroupRule
from protocol.errors import Fact, Refused, Rule
from protocol.rules.operations import OperationRule


def dump_void(void: Iterable[tuple[int, Refused]]) -> str:
    """The void operations of an item, as its row stores them."""
    return msgspec.json.encode([(place, refused.rule.key, refused.facts) for place, refused in void]).decode()


def parse_void(text: str) -> Mapping[int, Refused]:
    """For each void operation, by its place in the item, the reason."""
    found = msgspec.json.decode(text, type=list[tuple[int, str, dict[str, Fact]]])
    return {place: _named(rule).refused(**facts) for place, rule, facts in found}


def _named(key: str) -> Rule:
    # A rule of pods, not of the protocol: nobody joins a closed group.
    return GroupRule.CLOSED if key == GroupRule.CLOSED.key else OperationRule.named(key)
