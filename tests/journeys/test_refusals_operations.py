"""Every operation that the rules forbid, sent to a real pod: the rule is named, and nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import pytest

from protocol.proofs import sign
from protocol.rules.operations import OperationRule as Rule
from tests.support.assembly import Assembly, W, a_key
from tests.support.peer import Peer, serving
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually
from tests.support.scene import Body, a_scene, check_problem

PODS = 1
NOWHERE: Final = "bagaaiera" + "a" * 51 + "q"


class Illegal(NamedTuple):
    """An operation that the rules refuse, by this rule; and the same, or one by the same, that they allow."""

    name: str
    rule: Rule
    make: Callable[[Assembly], tuple[Body, Body]]


@pytest.fixture(scope="module")
def group(pods: list[ServedPod]) -> Iterator[Assembly]:
    (pod,) = pods
    worker = pod.host.split(".")[2]
    with serving(Peer(f"127.77.{worker}.9", f"{pod.url}/inbox")) as peer:
        yield Assembly(a_scene(pod, peer))


def weigh(member: int, weight: int) -> Body:
    return {"member": member, "weight": weight}


def a_home(group: Assembly) -> Body:
    return {"pod": group.scene.peer.url, "key": a_key().did}


def wishes(name: str, rule: Rule, by: str, bad: Callable[[Assembly], Any], good: Callable[[Assembly], Any]) -> Illegal:
    """Both by the same member; each is (do, with)."""

    def make(group: Assembly) -> tuple[Body, Body]:
        voice = getattr(group, by)
        return group.wish(voice, *bad(group)), group.wish(voice, *good(group))

    return Illegal(name, rule, make)


def on_newcomer(weight: int) -> Callable[[Assembly], Any]:
    return lambda group: ("set-weight", weigh(group.newcomer().number, weight))


def an_event(_: Assembly) -> Any:
    return "event", {"name": "open-poll"}


def join(name: str, rule: Rule, spoil: Callable[[Assembly, dict[str, Any]], None]) -> Illegal:
    """A join by cy's invitation; `spoil` changes what it is made of."""

    def make(group: Assembly) -> tuple[Body, Body]:
        return build(group, spoil), build(group, lambda _, __: None)

    return Illegal(name, rule, make)


def build(group: Assembly, spoil: Callable[[Assembly, dict[str, Any]], None]) -> Body:
    voice = group.cy.__class__(0, a_key(), a_key())
    parts: dict[str, Any] = {"inviter": group.cy, "by": (), "offer": {}, "join": {}, "voice": voice}
    link = a_key()
    parts["signers"] = (voice.signing, link)
    spoil(group, parts)
    offer = None if parts["offer"] is None else group.offer(parts["inviter"], link, *parts["by"], **parts["offer"])
    return group.join(voice, offer, *parts["signers"], **parts["join"])


def put(**parts: Any) -> Callable[[Assembly, dict[str, Any]], None]:
    return lambda _, made: made.update(parts)


def used_up(group: Assembly, parts: dict[str, Any]) -> None:
    """The invitation was taken by somebody else."""
    link = a_key()
    offer = group.offer(group.cy, link)
    group.joined(offer, link)
    parts["offer"] = None
    parts["join"] = {"with_": {"invitation": offer}}
    parts["signers"] = (parts["voice"].signing, link)


JOINS = [
    join("signing key of another", Rule.KEYS_USED, lambda g, p: p.update(
        join={"with_": {"signing": g.bo.signing.did}}, signers=(g.bo.signing, *p["signers"]))),
    join("recovery key of another", Rule.KEYS_USED, lambda g, p: p.update(
        join={"with_": {"recovery": g.cy.recovery.did}})),
    join("join that the new key leaves unsigned", Rule.JOIN_NOT_SIGNED, lambda _, p: p.update(
        signers=p["signers"][1:])),
    join("join as somebody", Rule.JOIN_NAMES_NOBODY, put(join={"author": 2})),
    join("join with a second counter", Rule.JOIN_NAMES_NOBODY, put(join={"counter": 2})),
    join("invitation not co-signed", Rule.INVITATION_NOT_COSIGNED, lambda _, p: p.update(signers=p["signers"][:1])),
    join("expired invitation", Rule.INVITATION_EXPIRED, put(offer={"expires": 1})),
    join("used invitation", Rule.INVITATION_USED_UP, used_up),
    join("invitation over own weight", Rule.INVITATION_TOO_HEAVY, lambda g, p: p.update(
        inviter=g.bo, offer={"weight": 2001})),
    join("invitation over the founder's weight", Rule.INVITATION_TOO_HEAVY, put(offer={"weight": W + 1})),
    join("invitation to own without the owners", Rule.TOO_FEW_OWNERS, put(offer={"weight": W})),
    join("invitation by nobody", Rule.INVITER_NOT_A_MEMBER, put(offer={"author": 999})),
    join("invitation by a key to come", Rule.INVITER_NOT_A_MEMBER, put(offer={"key": 1})),
    join("invitation that another signed", Rule.INVITATION_NOT_SIGNED, lambda g, p: p.update(by=(g.bo.signing,))),
    join("invitation to another group", Rule.INVITATION_ELSEWHERE, put(offer={"group": NOWHERE})),
]  # fmt: skip
WEIGHTS = [
    wishes("set-weight on an equal", Rule.NOT_HEAVIER, "bo",
           lambda g: ("set-weight", weigh(g.newcomer(2000).number, 1)), on_newcomer(50)),
    wishes("set-weight on a heavier", Rule.NOT_HEAVIER, "bo",
           lambda g: ("set-weight", weigh(g.newcomer(2500).number, 1)), on_newcomer(51)),
    wishes("more than own weight", Rule.WEIGHT_TOO_HIGH, "bo", on_newcomer(2001), on_newcomer(1999)),
    wishes("more than the founder's weight", Rule.WEIGHT_TOO_HIGH, "cy", on_newcomer(W + 1), on_newcomer(52)),
    wishes("own weight upwards", Rule.OWN_WEIGHT_UPWARDS, "cy",
           lambda g: ("set-weight", weigh(g.cy.number, W)), on_newcomer(53)),
    wishes("weight of nobody", Rule.NO_SUCH_MEMBER, "bo", lambda _: ("set-weight", weigh(999, 1)), on_newcomer(54)),
]  # fmt: skip
POLICIES = [
    wishes("set-policy by a non-owner", Rule.POLICY_OF_OWNERS, "bo",
           lambda _: ("set-policy", {"description": "mine"}), on_newcomer(56)),
    wishes("others_weight of an owner", Rule.JOINERS_TOO_HEAVY, "cy",
           lambda _: ("set-policy", {"others_weight": W}), lambda _: ("set-policy", {"others_weight": 0})),
    wishes("publish by no owner", Rule.NAME_NOT_SIGNED_BY_ALL, "bo",
           lambda _: ("publish", {"subject": "parish"}), on_newcomer(58)),
    wishes("succeed by no owner", Rule.TOO_FEW_OWNERS, "bo",
           lambda _: ("succeed", {"group": NOWHERE}), on_newcomer(59)),
    wishes("event without permission", Rule.PERMISSION, "bo", an_event, on_newcomer(57)),
    wishes("unknown wish", Rule.UNKNOWN_WISH, "cy", lambda _: ("fly", {}), an_event),
]  # fmt: skip


def of_another(name: str, do: str, document: Callable[[Assembly], Body]) -> Illegal:
    """Bo signs in the name of a newcomer, who then does it himself."""

    def make(group: Assembly) -> tuple[Body, Body]:
        other = group.newcomer()
        return group.wish(other, do, document(group), group.bo.signing), group.wish(other, do, document(group))

    return Illegal(name, Rule.NOT_SIGNED_BY_AUTHOR, make)


def of_newcomer(name: str, rule: Rule, make: Callable[[Assembly, Any], tuple[Body, Body]]) -> Illegal:
    return Illegal(name, rule, lambda group: make(group, group.newcomer()))


def left_before(group: Assembly, who: Any) -> tuple[Body, Body]:
    group.settle(group.wish(who, "leave"))
    return group.wish(who, "leave"), group.wish(group.newcomer(), "leave")


def weight_of_one_who_left(group: Assembly, who: Any) -> tuple[Body, Body]:
    group.settle(group.wish(who, "leave"))
    other = group.newcomer()
    return (
        group.wish(group.cy, "set-weight", weigh(who.number, 1)),
        group.wish(group.cy, "set-weight", weigh(other.number, 1)),
    )


def by_a_former_key(group: Assembly, who: Any) -> tuple[Body, Body]:
    new = a_key()
    group.settle(group.wish(who, "rekey", {"signing": new.did}))
    former = group.wish(who, "leave")
    who.signing, who.key, who.counter = new, 1, 0
    return former, group.wish(who, "leave")


def new_recovery(group: Assembly, who: Any) -> tuple[Body, Body]:
    wish = {"signing": a_key().did}
    return group.by_recovery(who, "rekey", {**wish, "recovery": a_key().did}), group.by_recovery(who, "rekey", wish)


KEYS = [
    of_another("rekey of another", "rekey", lambda _: {"signing": a_key().did}),
    of_another("rehome of another", "rehome", lambda g: {"home": a_home(g), "signing": a_key().did}),
    of_another("leave of another", "leave", lambda _: {}),
    of_newcomer("rekey to a used key", Rule.KEYS_USED, lambda g, who: (
        g.wish(who, "rekey", {"signing": g.bo.signing.did}), g.wish(who, "rekey", {"signing": a_key().did}))),
    of_newcomer("rehome with a used key", Rule.KEYS_USED, lambda g, who: (
        g.wish(who, "rehome", {"home": a_home(g), "signing": g.bo.signing.did}),
        g.wish(who, "rehome", {"home": a_home(g), "signing": a_key().did}))),
    of_newcomer("new recovery key outside a recovery", Rule.RECOVERY_KEY_KEPT, new_recovery),
    of_newcomer("recovery key that sets weights", Rule.RECOVERY_KEY_ONLY_MOVES, lambda g, who: (
        g.by_recovery(who, "set-weight", weigh(who.number, 1)), g.wish(who, "set-weight", weigh(who.number, 1)))),
    of_newcomer("recovery key to come", Rule.RECOVERY_KEY_REPLACED, lambda g, who: (
        g.by_recovery(who, "rekey", {"signing": a_key().did}, recovery=1),
        g.by_recovery(who, "rekey", {"signing": a_key().did}))),
    of_newcomer("recovery key of another", Rule.NOT_SIGNED_BY_RECOVERY_KEY, lambda g, who: (
        g.by_recovery(who, "rekey", {"signing": a_key().did}, g.cy.recovery),
        g.by_recovery(who, "rekey", {"signing": a_key().did}))),
    of_newcomer("signing key in the recovery key's stead", Rule.NOT_SIGNED_BY_RECOVERY_KEY, lambda g, who: (
        g.by_recovery(who, "rekey", {"signing": a_key().did}, who.signing),
        g.by_recovery(who, "rekey", {"signing": a_key().did}))),
    of_newcomer("key to come", Rule.KEY_REPLACED, lambda g, who: (
        g.wish(who, "leave", {}, key=1), g.wish(who, "leave"))),
    of_newcomer("former key", Rule.KEY_REPLACED, by_a_former_key),
    of_newcomer("leaving twice", Rule.AUTHOR_LEFT, left_before),
    of_newcomer("weight of one who left", Rule.NO_SUCH_MEMBER, weight_of_one_who_left),
    of_newcomer("operation of nobody", Rule.NOT_A_MEMBER, lambda g, who: (
        g.wish(who, "leave", {}, author=999), g.wish(who, "leave"))),
]  # fmt: skip
TABLE = [*JOINS, *WEIGHTS, *POLICIES, *KEYS]
# An owner's, refused for nothing but lacking signatures: they wait for these, and are sealed no more than the others.
LACKING = [
    wishes("weight W without the owners", Rule.TOO_FEW_OWNERS, "cy", on_newcomer(W), on_newcomer(W - 1)),
    wishes("lowering an owner alone", Rule.TOO_FEW_OWNERS, "cy",
           lambda g: ("set-weight", weigh(g.dag.number, 10)), on_newcomer(55)),
    wishes("publish without all", Rule.NAME_NOT_SIGNED_BY_ALL, "cy",
           lambda _: ("publish", {"subject": "parish"}), lambda _: ("set-policy", {"description": "ours"})),
    wishes("succeed without the owners", Rule.TOO_FEW_OWNERS, "cy",
           lambda _: ("succeed", {"group": NOWHERE}),
           lambda g: ("succeed", {"group": NOWHERE}, g.cy.signing, g.dag.signing)),
]  # fmt: skip


def test_an_operation_that_was_applied_is_known_and_changes_nothing(group: Assembly) -> None:
    """It may come by many ways. What its author signs under a used counter can't be told from it, and does nothing."""
    who = group.newcomer()
    done = group.wish(who, "set-weight", weigh(who.number, 99))
    group.settle(done)
    before = group.scene.quiet()
    again = group.wish(who, "leave", {}, counter=who.counter)

    for body in (done, again):
        assert group.deliver(body) == (202, "")
    forged = group.wish(who, "leave", {}, group.bo.signing, counter=1)
    check_problem(group.deliver(forged), 409, "void_operation")

    assert group.scene.quiet() == before


def test_a_join_that_was_applied_is_known(group: Assembly) -> None:
    link, voice = a_key(), group.cy.__class__(0, a_key(), a_key())
    body = group.join(voice, group.offer(group.cy, link), voice.signing, link)
    group.settle(body)
    before = group.scene.quiet()

    assert group.deliver(body) == (202, "")

    assert group.scene.quiet() == before


@pytest.mark.parametrize("illegal", TABLE, ids=[illegal.name.replace(" ", "-") for illegal in TABLE])
def test_the_inbox_refuses_an_illegal_operation_and_takes_a_legal_one(group: Assembly, illegal: Illegal) -> None:
    bad, good = illegal.make(group)
    before, rows = group.scene.quiet(), eventually(lambda: idle_rows(group))

    status, problem = group.deliver(bad)

    assert problem["rule"] == illegal.rule.key, problem
    check_problem((status, problem), 409, "void_operation")
    assert group.scene.sight() == before
    assert idle_rows(group) == rows
    group.settle(good)


@pytest.mark.parametrize("illegal", LACKING, ids=[illegal.name.replace(" ", "-") for illegal in LACKING])
def test_x4_what_lacks_signatures_waits_for_them_and_is_never_sealed(group: Assembly, illegal: Illegal) -> None:
    (lacking, good), waiting = illegal.make(group), f"/groups/{group.scene.group}/operations?from=0"
    before = group.scene.quiet()
    assert group.deliver(lacking) == (202, "")
    assert group.scene.sight() == before
    page = group.scene.ada.get(waiting)
    assert (page["operations"], [one | {"proof": lacking["proof"]} for one in page["proposed"]]) == ([], [lacking])
    group.settle(good)
    eventually(lambda: "proposed" not in group.scene.ada.get(waiting))


def idle_rows(group: Assembly) -> Any:
    """What is pending once no operation waits; None before: a head is seen a moment before its commit is."""
    rows = group.scene.ada.get(f"/groups/{group.scene.group}/pending?from=0")
    return None if rows["operations"] else rows


def test_x6_a_closed_group_takes_no_post_and_no_edit_of_another_pod_but_votes_and_erasures(group: Assembly) -> None:
    bo, scene = group.bo, group.scene
    group.settle(group.wish(group.cy, "succeed", {"group": NOWHERE}, group.cy.signing, group.dag.signing))

    def said(name: str, **members: Any) -> Body:
        bo.counter += 1
        header = scene.body(name, author=bo.number, key=0, counter=bo.counter)
        return sign({**header, **members}, bo.signing)

    text = {"kind": "note", "paragraphs": [{"style": "text", "text": "After the end."}]}
    for late in (said("Post", **text), said("Patch", post=NOWHERE, adds=[], marks=[])):
        check_problem(group.deliver(late), 403, "may_not_write")
    allowed = (said("Vote", target={"subject": "parish"}, value=1), said("Erase", records=[NOWHERE]))
    assert [group.deliver(body)[0] for body in allowed] == [202, 202]


class ApiIllegal(NamedTuple):
    """The same by the API: who asks, the wish, and one that is allowed."""

    name: str
    rule: Rule
    by: str
    wish: Body
    legal: Body


def weighed(member: int, weight: int) -> Body:
    return {"do": "set-weight", "with": {"member": member, "weight": weight}}


EVENT: Final = {"do": "event", "with": {"name": "open-poll"}}
SUCCEED: Final = {"do": "succeed", "with": {"group": NOWHERE}}
RENAME: Final = {"do": "set-policy", "with": {"description": "ours"}}
BY_API = [
    ApiIllegal("leaving no owner", Rule.OWNER_REMAINS, "ada", {"do": "leave", "with": {}}, RENAME),
    ApiIllegal("lowering the last owner", Rule.OWNER_REMAINS, "ada", weighed(1, 10), RENAME),
    ApiIllegal("own weight upwards", Rule.OWN_WEIGHT_UPWARDS, "ada", weighed(1, W), EVENT),
    ApiIllegal("more than own weight", Rule.WEIGHT_TOO_HIGH, "ada", weighed(2, W + 1), EVENT),
    ApiIllegal("weight of nobody", Rule.NO_SUCH_MEMBER, "ada", weighed(9, 1), EVENT),
    ApiIllegal(
        "others_weight of an owner",
        Rule.JOINERS_TOO_HEAVY,
        "ada",
        {**RENAME, "with": {"others_weight": W}},
        RENAME,
    ),
    ApiIllegal(
        "publish without all",
        Rule.NAME_NOT_SIGNED_BY_ALL,
        "ada",
        {"do": "publish", "with": {"subject": "x"}},
        RENAME,
    ),
    ApiIllegal("set-weight on a heavier", Rule.NOT_HEAVIER, "eve", weighed(2, 1), {}),
    ApiIllegal("set-policy by a non-owner", Rule.POLICY_OF_OWNERS, "eve", RENAME, {}),
    ApiIllegal(
        "succeed without the owners",
        Rule.TOO_FEW_OWNERS,
        "eve",
        {"do": "succeed", "with": {"group": NOWHERE}},
        {},
    ),
    ApiIllegal("event without permission", Rule.PERMISSION, "eve", EVENT, {}),
]


@pytest.fixture(scope="module")
def lone(group: Assembly) -> tuple[str, Person, Person]:
    """A group whose only owner is ada (1); eve is member 3 of weight 100, behind somebody of 2000."""
    from tests.support.people import joined  # noqa: PLC0415  (its helper joins through the API)

    scene = group.scene
    own_id = scene.ada.post("/api/v1/groups", {"name": "Choir", "weight": W})["group"]
    gro = scene.ada.pod.sign_up("gro")
    assert joined(scene.ada, own_id, gro, 2000) == 2
    assert joined(scene.ada, own_id, scene.eve, 100) == 3
    return own_id, scene.ada, scene.eve


@pytest.mark.parametrize("illegal", BY_API, ids=[illegal.name.replace(" ", "-") for illegal in BY_API])
def test_the_api_refuses_an_illegal_operation(lone: tuple[str, Person, Person], illegal: ApiIllegal) -> None:
    own_id, ada, eve = lone
    person = ada if illegal.by == "ada" else eve
    path, seen = f"/api/v1/groups/{own_id}/records", f"/api/v1/groups/{own_id}"
    before = eventually(lambda: at_rest(ada.get(seen)))
    wish = {"type": "Operation", **illegal.wish}

    with pytest.raises(RefusedByHttpError, match="void_operation") as refused:
        person.post(path, wish)

    assert refused.value.status == 409
    assert refused.value.problem["rule"] == illegal.rule.key
    assert ada.get(seen) == before
    legal = illegal.legal or {"do": "set-weight", "with": {"member": 3, "weight": lighter(ada, seen)}}
    person.post(path, {"type": "Operation", **legal})
    eventually(lambda: ada.get(seen)["head"] != before["head"])


def at_rest(sight: Any) -> Any:
    """What a group shows, once all that was done is settled; None before."""
    return sight if sight["settled_height"] == sight["height"] else None


def lighter(person: Person, path: str) -> int:
    """A weight for eve below the present one."""
    return int(next(entry["weight"] for entry in person.get(path)["members"] if entry["number"] == 3)) - 1


def test_a_personal_group_keeps_its_one_member(group: Assembly) -> None:
    ada = group.scene.ada
    personal = ada.account["personal_group"]
    before = ada.get(f"/api/v1/groups/{personal}")
    with pytest.raises(RefusedByHttpError, match="void_operation") as refused:
        group.scene.eve.post("/api/v1/joins", {"group": personal, "pod": ada.pod.url})
    assert refused.value.problem["rule"] == Rule.PERSON_ALONE.key
    assert ada.get(f"/api/v1/groups/{personal}") == before
