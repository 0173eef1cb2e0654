"""Why operations of an item are void, as it is written beside the item: their places, the rules and their facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from pod.rules.groups import GroupRule
from protocol.errors import Fact, Refused, Rule
from protocol.rules.operations import OperationRule


def dump_void(void: Iterable[tuple[int, Refused]]) -> str:
    """What is void in an item, for its row."""
    return msgspec.json.encode([(place, refused.rule.key, refused.facts) for place, refused in void]).decode()


def parse_void(text: str) -> Mapping[int, Refused]:
    """By its place in the item, why an operation is void."""
    found = msgspec.json.decode(text, type=list[tuple[int, str, dict[str, Fact]]])
    return {place: _named(rule).refused(**facts) for place, rule, facts in found}


def _named(key: str) -> Rule:
    # No protocol's rule, but the pods': nobody new comes into a closed group.
    return GroupRule.CLOSED if key == GroupRule.CLOSED.key else OperationRule.named(key)
