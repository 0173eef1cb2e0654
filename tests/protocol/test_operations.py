"""The table of operations (protocol §3): what is refused is void by its rule; repaired, it applies."""

from collections.abc import Callable
from typing import Any

import pytest

from protocol.chain import follow
from protocol.keys import PrivateKey
from protocol.records.envelope import open_record
from protocol.rules.operations import OperationRule as Rule
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


# Founder: an owner; second: 9999; third: 9999. (rule, refused, repaired)
CASES: list[tuple[Rule, Make, Make]] = [
    (Rule.NOT_A_MEMBER, stranger, op(1, "leave", {})),
    (Rule.KEY_REPLACED, op(1, "leave", {}, key=1), op(1, "leave", {})),
    (Rule.NOT_SIGNED_BY_AUTHOR, forged(1, 2, "leave", {}), op(1, "leave", {})),
    (Rule.OVERTAKEN, op(1, "leave", {}, counter=1), op(1, "leave", {}, counter=2)),
    (Rule.JOIN_NAMES_NOBODY, joined(author=1), joined()),
    (Rule.JOIN_NOT_SIGNED, joined(signers=[NEW[1].signing()]), joined()),
    (
        Rule.KEYS_USED,
        lambda g: join(g.now.group, NEW[0], document={"recovery": g.people[1].signing().did}),
        joined(),
    ),
    (Rule.INVITATION_NOT_COSIGNED, offered(cosigned=False), offered()),
    (Rule.INVITATION_EXPIRED, offered(expires=START - 1), offered(expires=START)),
    (Rule.INVITATION_TOO_HEAVY, offered(1, weight=OWNER), offered(1, weight=OWNER - 1)),
    (Rule.INVITATION_TOO_HEAVY, offered(0, weight=OWNER + 1), offered(0, weight=OWNER)),
    (
        Rule.NO_SUCH_MEMBER,
        op(0, "set-weight", {"member": 9, "weight": 1}),
        op(0, "set-weight", {"member": 2, "weight": 1}),
    ),
    (
        Rule.WEIGHT_TOO_HIGH,
        op(1, "set-weight", {"member": 3, "weight": OWNER}),
        op(0, "set-weight", {"member": 3, "weight": OWNER}),
    ),
    (
        Rule.NOT_HEAVIER,
        op(1, "set-weight", {"member": 3, "weight": 1}),
        op(0, "set-weight", {"member": 3, "weight": 1}),
    ),
    (
        Rule.OWN_WEIGHT_UPWARDS,
        op(1, "set-weight", {"member": 2, "weight": OWNER - 1}),
        op(1, "set-weight", {"member": 2, "weight": 5}),
    ),
    (
        Rule.TOO_FEW_OWNERS,
        op(1, "set-weight", {"member": 1, "weight": 1}),
        op(1, "set-weight", {"member": 2, "weight": 1}),
    ),
    (Rule.OWNER_REMAINS, op(0, "leave", {}), op(1, "leave", {})),
    (Rule.KEYS_USED, rekeyed(1, 0), rekeyed(1, 1)),
    (
        Rule.RECOVERY_KEY_KEPT,
        rekeyed(1, recovery=NEW[2].recovery().did, by_recovery=True),
        rekeyed(1, by_recovery=True),
    ),
    (
        Rule.RECOVERY_KEY_ONLY_MOVES,
        lambda g: operation(g.now.group, g.people[1], "leave", {}, by_recovery=True),
        op(1, "leave", {}),
    ),
    (
        Rule.VOID_BY_RECOVERY_KEY,
        op(1, "event", {"name": "void", "poll": "x"}),
        lambda g: operation(g.now.group, g.people[1], "event", {"name": "void", "poll": "x"}, by_recovery=True),
    ),
    (
        Rule.RECOVERY_KEY_ONLY_MOVES,
        lambda g: operation(g.now.group, g.people[0], "event", {"name": "open-poll"}, by_recovery=True),
        op(0, "event", {"name": "open-poll"}),
    ),
    (Rule.POLICY_OF_OWNERS, op(1, "set-policy", {"name": "x"}), op(0, "set-policy", {"name": "x"})),
    (
        Rule.JOINERS_TOO_HEAVY,
        op(0, "set-policy", {"others_weight": OWNER}),
        op(0, "set-policy", {"others_weight": 5}),
    ),
    (
        Rule.NAME_NOT_SIGNED_BY_ALL,
        op(0, "publish", {"subject": "x"}),
        op(0, "publish", {"subject": "x"}, 1, 2),
    ),
    (Rule.TOO_FEW_OWNERS, op(1, "succeed", {"group": GROUP}), op(0, "succeed", {"group": GROUP})),
    (Rule.PERMISSION, op(1, "event", {"name": "audit"}), op(0, "event", {"name": "audit"})),
    (Rule.UNKNOWN_WISH, op(1, "dance", {}), op(1, "leave", {})),
]


def sealed(group: Community, wish: dict[str, Any]) -> Any:
    open_record(wish)
    return follow(group.now, seal(group.now, group.people[0].pod, [wish]))


@pytest.mark.parametrize(("rule", "refused", "repaired"), CASES, ids=[f"{i} {c[0].key}" for i, c in enumerate(CASES)])
def test_a_refused_operation_is_void_and_its_repaired_form_applies(rule: Rule, refused: Make, repaired: Make) -> None:
    group = a_community("table", 3)
    empty = follow(group.now, seal(group.now, group.people[0].pod)).state
    bad = sealed(group, resolved(refused, group))
    good = sealed(group, resolved(repaired, group))

    assert [void.rule for _, void in bad.void] == [rule]
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

    assert sealed(group, join(group.now.group, NEW[1], offer, TO)).void[0][1].rule is Rule.INVITATION_USED_UP


def test_a_private_group_is_joined_by_invitation() -> None:
    group = a_community("private", 1, visibility="private")

    assert sealed(group, join(group.now.group, NEW[0])).void[0][1].rule is Rule.INVITATION_NEEDED
    assert sealed(group, invited(group.now.group, group.people[0], NEW[0])).void == ()


def test_a_persons_group_has_one_member() -> None:
    group = a_community("person", 1, kind="person")

    assert sealed(group, join(group.now.group, NEW[0])).void[0][1].rule is Rule.PERSON_ALONE
