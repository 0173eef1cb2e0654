"""What members are told that an operation needs is what the rules ask for, not one signature less or more."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from protocol.errors import VoidOperationError
from protocol.needed_signatures import LACKING, needed_signatures, signed_by
from protocol.operations import applied
from protocol.records.envelope import open_record
from protocol.records.operation import Operation
from protocol.state import GroupState
from tests.support.community import OWNER, Community, a_community, operation

GROUP = a_community("elsewhere", 1).now.group


def of_owners(count: int) -> Community:
    return a_community(f"council{count}", count, weight=OWNER - 1)


def made_owners(state: GroupState, *numbers: int) -> GroupState:
    """The same with these as owners, however they came to it."""
    members = state.members
    for number in numbers:
        members = members.set(number, replace(members[number], weight=OWNER))
    return replace(state, members=members, owners=1 + len(numbers))


@pytest.mark.parametrize("owners", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    ("do", "wish"),
    [
        ("publish", {"subject": "parish"}),
        ("succeed", {"group": GROUP}),
        ("set-weight", {"member": 2, "weight": 1}),
        ("set-weight", {"member": 6, "weight": OWNER}),
        ("set-weight", {"member": 6, "weight": OWNER - 2}),
    ],
    ids=["publish", "succeed", "demote", "name", "weigh"],
)
def test_x4_an_operation_holds_with_the_signatures_that_it_is_said_to_need(
    owners: int, do: str, wish: dict[str, Any]
) -> None:
    group = of_owners(6)
    state = made_owners(group.now, *range(2, owners + 1))
    alone = open_record(operation(state.group, group.people[0], do, wish)).content
    assert isinstance(alone, Operation)
    needed = needed_signatures(state, alone)
    several = 1 if needed is None else needed.count
    for signing in range(1, len(needed.of) + 1 if needed else 2):
        people = group.people[:signing]
        operation_ = open_record(
            operation(state.group, group.people[0], do, wish, signers=[one.signing() for one in people])
        ).content
        assert isinstance(operation_, Operation)
        if needed:
            assert signed_by(state, needed, operation_.signers) == tuple(range(1, signing + 1))
        refused = _refused(state, operation_)
        assert (refused in LACKING) == (signing < several), (signing, several, refused)


def _refused(state: GroupState, wish: Operation) -> Any:
    try:
        applied(state, wish, height=state.height + 1, at=state.at, log_size=state.log.size, recovery=False)
    except VoidOperationError as refusal:
        return refusal.refused.rule
    return None


def test_x3_publish_makes_a_private_group_public_and_joins_need_no_invitation() -> None:
    group = a_community("attic", 2, visibility="private")
    state = group.now
    wish = open_record(
        operation(
            state.group,
            group.people[0],
            "publish",
            {"subject": "parish attic"},
            signers=[one.signing() for one in group.people],
        )
    ).content
    assert isinstance(wish, Operation)

    after = applied(state, wish, height=state.height + 1, at=state.at, log_size=state.log.size, recovery=False)

    assert (state.visibility, after.visibility, after.published) == ("private", "public", "parish attic")
