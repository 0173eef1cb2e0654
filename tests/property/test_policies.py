"""A policy is what was said last, in members of this version and of later ones; a state's hash is of just these."""

import json
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from protocol.records.parts import GroupPolicy, parse_policy, policy_of
from protocol.state import dump_rest, state_hash
from tests.support.community import a_community, kept

STATE: Final = a_community("policies", 3).now
# The states of groups that exist keep their hashes.
HASH_OF_BEFORE: Final = "688dea502bc3adde092fd2fc03f48f85b359a9e826ef527a14ec89313942c754"
CHANGES: Final = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text("abå", min_size=1),
        "description": st.text("abå"),
        "default_score": st.integers(-9, 9),
        "others_weight": st.integers(-9, 0),
        "handover_after": st.integers(0, 9),
        "permissions": st.dictionaries(st.sampled_from(["vote", "note", "pin"]), st.integers(-9, 9)),
        "areas": st.lists(
            st.fixed_dictionaries({"area": st.just("a"), "name": st.just("b"), "later": st.integers(-9, 9)})
        ),
        "voting": st.dictionaries(st.text("ab"), st.integers(-9, 9)),
        "unknown": st.integers(-9, 9),
        "tomorrow": st.lists(st.integers(-9, 9)),
    },
)


def test_the_hash_of_a_state_is_what_it_was() -> None:
    assert state_hash(STATE) == HASH_OF_BEFORE


@given(changes=st.lists(CHANGES, max_size=6))
def test_a_policy_holds_what_was_said_last(changes: list[dict[str, Any]]) -> None:
    said: dict[str, Any] = STATE.policy.members()
    policy: GroupPolicy = STATE.policy
    for change in changes:
        said = {**said, **change, **parse_policy(change)}
        policy = policy.changed({**change, **parse_policy(change)})
    state = replace(STATE, policy=policy)
    assert policy.members() == said
    assert policy_of(json.loads(json.dumps(said))) == policy
    assert json.loads(dump_rest(state))["policy"] == said
    assert kept(state) == state
