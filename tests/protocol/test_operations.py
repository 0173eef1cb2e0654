"""The table of operations (protocol §3): what is refused is void with its sentence; repaired, it applies."""

from collections.abc import Callable
from typing import Any

import pytest

from protocol.chain import follow
from protocol.keys import PrivateKey
from protocol.records.envelope import open_record
from protocol.state import state_hash
from tests.support.community import (
    OWNER,
    START,
    Community,
    Person,
    a_community,
    invitation,
    invited,
    join,
    operation,
    seal,
    seed_of,
)

Make = Callable[[Community], Any]
GROUP = a_community("elsewhere", 1).now.group
TO = PrivateKey.from_seed(seed_of("to"))
NEW = [Person(f"new {number}", "new-pod") for number in range(3)]


def op(who: int, do: str, document: dict[str, Any], *also: int, **members: Any) -> Make:
    """An operation by the member at place `who`, co-signed by those at `also`."""

    def make(group: Community) -> Any:
        author = group.people[who]
        signers = [group.people[place].signing() for place in (who, *also)]
        return operation(group.now.group, author, do, document, signers=signers, **members)

    return make


def forged(who: int, by: int, do: str, document: dict[str, Any]) -> Make:
    return lambda group: operation(
        group.now.group, group.people[who], do, document, signers=[group.people[by].signing()]
    )


def offered(by: int = 0, *also: int, cosigned: bool = True, **members: Any) -> Make:
    """A join by an invitation of the member at place `by`."""

    def make(group: Community) -> Any:
        signers = [group.people[place].signing() for place in (by, *also)]
        offer = invitation(group.now.group, group.people[by], TO, signers=signers, **members)
        return join(group.now.group, NEW[0], offer, TO if cosigned else None)

    return make


def joined(**members: Any) -> Make:
    return lambda group: join(group.now.group, NEW[0], **members)


def rekeyed(who: int, index: int = 1, *, by_recovery: bool = False, **document: Any) -> Make:
    def make(group: Community) -> Any:
        person = group.people[who]
        key = {"signing": person.signing(index).did, **document}
        return operation(group.now.group, person, "rekey", key, by_recovery=by_recovery)

    return make


def stranger(group: Community) -> Any:
    return operation(group.now.group, Person("nobody", "nowhere", 9), "leave", {})


# Founder: an owner; second: 9999; third: 9999. (sentence, refused, repaired)
CASES: list[tuple[str, Make, Make]] = [
    ("not a member", stranger, op(1, "leave", {})),
    ("not the current one", op(1, "leave", {}, key=1), op(1, "leave", {})),
    ("not signed by its author", forged(1, 2, "leave", {}), op(1, "leave", {})),
    ("was applied before", op(1, "leave", {}, counter=1), op(1, "leave", {}, counter=2)),
    ("author 0, key 0", joined(author=1), joined()),
    ("signed by the new member's", joined(signers=[NEW[1].signing()]), joined()),
    (
        "used in this group before",
        lambda g: join(g.now.group, NEW[0], document={"recovery": g.people[1].signing().did}),
        joined(),
    ),
    ("co-signed by the invitation", offered(cosigned=False), offered()),
    ("has expired", offered(expires=START - 1), offered(expires=START)),
    ("more weight than their own", offered(1, weight=OWNER), offered(1, weight=OWNER - 1)),
    ("more weight than their own", offered(0, weight=OWNER + 1), offered(0, weight=OWNER)),
    (
        "no such member",
        op(0, "set-weight", {"member": 9, "weight": 1}),
        op(0, "set-weight", {"member": 2, "weight": 1}),
    ),
    (
        "more weight than their own",
        op(1, "set-weight", {"member": 3, "weight": OWNER}),
        op(0, "set-weight", {"member": 3, "weight": OWNER}),
    ),
    (
        "with more weight changes",
        op(1, "set-weight", {"member": 3, "weight": 1}),
        op(0, "set-weight", {"member": 3, "weight": 1}),
    ),
    (
        "only downwards",
        op(1, "set-weight", {"member": 2, "weight": OWNER - 1}),
        op(1, "set-weight", {"member": 2, "weight": 5}),
    ),
    (
        "more than half",
        op(1, "set-weight", {"member": 1, "weight": 1}),
        op(1, "set-weight", {"member": 2, "weight": 1}),
    ),
    ("owner must remain", op(0, "leave", {}), op(1, "leave", {})),
    ("used in this group before", rekeyed(1, 0), rekeyed(1, 1)),
    (
        "only inside a recovery",
        rekeyed(1, recovery=NEW[2].recovery().did, by_recovery=True),
        rekeyed(1, by_recovery=True),
    ),
    (
        "signs only rekey",
        lambda g: operation(g.now.group, g.people[1], "leave", {}, by_recovery=True),
        op(1, "leave", {}),
    ),
    ("Only owners", op(1, "set-policy", {"name": "x"}), op(0, "set-policy", {"name": "x"})),
    ("must stay below", op(0, "set-policy", {"others_weight": OWNER}), op(0, "set-policy", {"others_weight": 5})),
    ("all members with weight", op(0, "publish", {"subject": "x"}), op(0, "publish", {"subject": "x"}, 1, 2)),
    ("more than half", op(1, "succeed", {"group": GROUP}), op(0, "succeed", {"group": GROUP})),
    ("needs weight", op(1, "event", {"name": "audit"}), op(0, "event", {"name": "audit"})),
    ("doesn't know", op(1, "dance", {}), op(1, "leave", {})),
]


def sealed(group: Community, wish: dict[str, Any]) -> Any:
    open_record(wish)
    return follow(group.now, seal(group.now, group.people[0].pod, [wish]))


@pytest.mark.parametrize(("sentence", "refused", "repaired"), CASES, ids=[f"{i} {c[0]}" for i, c in enumerate(CASES)])
def test_a_refused_operation_is_void_and_its_repaired_form_applies(
    sentence: str, refused: Make, repaired: Make
) -> None:
    group = a_community("table", 3)
    empty = follow(group.now, seal(group.now, group.people[0].pod)).state
    bad = sealed(group, resolved(refused, group))
    good = sealed(group, resolved(repaired, group))

    assert [reason for _, reason in bad.void if sentence in reason], bad.void
    assert (bad.state.members, bad.state.keys, bad.state.policy) == (empty.members, empty.keys, empty.policy)
    assert (bad.state.owners, bad.state.invitations) == (empty.owners, empty.invitations)
    assert good.void == ()
    assert state_hash(good.state) != state_hash(empty)


def resolved(make: Make, group: Community) -> dict[str, Any]:
    return dict(make(group))


def test_an_invitation_is_used_up() -> None:
    group = a_community("table", 3)
    offer = invitation(group.now.group, group.people[0], TO)
    group.add(seal(group.now, group.people[0].pod, [join(group.now.group, NEW[0], offer, TO)]))

    assert "used up" in sealed(group, join(group.now.group, NEW[1], offer, TO)).void[0][1]


def test_a_private_group_is_joined_by_invitation() -> None:
    group = a_community("private", 1, visibility="private")

    assert "by invitation" in sealed(group, join(group.now.group, NEW[0])).void[0][1]
    assert sealed(group, invited(group.now.group, group.people[0], NEW[0])).void == ()


def test_a_persons_group_has_one_member() -> None:
    group = a_community("person", 1, kind="person")

    assert "one member" in sealed(group, join(group.now.group, NEW[0])).void[0][1]
