"""A malformed record of each type, sent to a real pod: refused in words, and the sound one of its type is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import pytest

from protocol.errors import RefusedError
from protocol.keys import PrivateKey
from protocol.proofs import sign
from tests.support.peer import Peer, send, serving
from tests.support.rig import ServedPod, eventually
from tests.support.scene import BO, Body, Scene, a_scene, check_problem

PODS = 1
NOWHERE: Final = "bagaaiera" + "a" * 51 + "q"
KEY: Final = PrivateKey.from_seed(b"key".ljust(32))
TEXT: Final = {"style": "text", "text": "x"}
HOME: Final = {"pod": "https://pod.example", "key": KEY.did}
LOG: Final = {"size": 0, "root": "0" * 64}


class Malformed(NamedTuple):
    """A type, what is wrong in its members (None: left out), and the members of a sound one; empty: a vote instead."""

    type: str
    name: str
    wrong: Body
    sound: Callable[[Scene], Body]
    code: str = "malformed_record"


@pytest.fixture(scope="module")
def scene(pods: list[ServedPod]) -> Iterator[Scene]:
    (pod,) = pods
    worker = pod.host.split(".")[2]
    with serving(Peer(f"127.77.{worker}.9", f"{pod.url}/inbox")) as peer:
        yield a_scene(pod, peer)


def each(type_: str, sound: Callable[[Scene], Body], **wrongs: Body) -> list[Malformed]:
    return [Malformed(type_, name.replace("_", " "), wrong, sound) for name, wrong in wrongs.items()]


def a_post(_: Scene) -> Body:
    return {"kind": "note", "paragraphs": [TEXT]}


def a_patch(scene: Scene) -> Body:
    return {"post": scene.post, "adds": [{**TEXT, "after": {"record": scene.post, "index": 0}}], "marks": []}


def a_vote(scene: Scene) -> Body:
    return {"target": {"post": scene.post}, "value": 1}


def an_operation(do: str, **document: Any) -> Body:
    return {"do": do, "with": document}


AUTHORED: Final = each(
    "Vote",
    a_vote,
    no_author={"author": None},
    author_zero={"author": 0},
    author_of_no_number={"author": "2"},
    author_true={"author": True},
    negative_key={"key": -1},
    no_counter={"counter": None},
    counter_zero={"counter": 0},
    no_time={"at": None},
    negative_time={"at": -1},
    rules_of_no_number={"rules": "1"},
    rules_true={"rules": True},
    an_id={"id": NOWHERE},
    a_context={"@context": []},
    null={"more": None},
    a_float={"more": 1.5},
    a_name_beyond_ascii={"é": 1},
    no_type={"type": ""},
)
CONTENT: Final = [
    *each("Profile", lambda _: {"nickname": "Bo"}, no_nickname={"nickname": None}, nickname_of_no_text={"nickname": 1},
          avatar_of_no_form={"avatar": "x"}),
    *each("Post", a_post, no_kind={"kind": None}, other_kind={"kind": "page"}, no_paragraphs={"paragraphs": None},
          paragraphs_of_no_list={"paragraphs": {}}, unknown_style={"paragraphs": [{**TEXT, "style": "h7"}]},
          paragraph_without_text={"paragraphs": [{"style": "text"}]}, reply_to_nothing={"reply_to": {}},
          reply_to_two={"reply_to": {"record": NOWHERE, "subject": "x"}},
          reply_to_a_word={"reply_to": {"record": "x"}},
          subject_in_another_form={"reply_to": {"subject": "e\u0301"}},
          attachment_of_no_form={"attachments": [{"sha256": "x"}]}),
    *each("Patch", a_patch, no_post={"post": None}, post_of_no_id={"post": "x"}, adds_of_no_list={"adds": 1},
          add_after_itself={"adds": [{**TEXT, "after": {"index": 0}}]},
          mark_of_both={"marks": [{"paragraph": {"record": NOWHERE, "index": 0}, "deleted": True,
                                   "replaced_by": {"record": NOWHERE, "index": 1}}]},
          mark_by_itself={"marks": [{"paragraph": {"record": NOWHERE, "index": 0},
                                     "replaced_by": {"record": NOWHERE, "index": 0}}]},
          mark_not_deleted={"marks": [{"paragraph": {"record": NOWHERE, "index": 0}, "deleted": False}]},
          mark_of_nothing_added={"marks": [{"paragraph": {"index": 7}, "deleted": True}]}),
    *each("Vote", a_vote, no_target={"target": None}, two_targets={"target": {"post": NOWHERE, "subject": "x"}},
          unknown_target={"target": {"moon": 1}}, value_beyond={"value": 1001}, value_below={"value": -1001},
          half_a_reaction={"target": {"reaction": {"post": NOWHERE, "emoji": "x"}}, "value": 500},
          from_nowhere={"from": {"group": "x"}}),
    *each("Erase", lambda _: {"records": [NOWHERE]}, no_records={"records": None}, records_of_no_ids={"records": ["x"]},
          records_of_no_list={"records": NOWHERE}),
    *each("Claim", lambda _: {"claims": {"group": NOWHERE, "member": 1}}, claims_nothing={"claims": None},
          claims_a_word={"claims": "x"}, member_zero={"claims": {"group": NOWHERE, "member": 0}}),
    *each("GuestRecord", a_vote, a_guest_of_no_host={"host": None}, a_guest_of_no_kind={"kind": "x"}),
]  # fmt: skip
CHAIN: Final = [
    *each("Operation", a_vote, no_wish={"do": None}, no_document={"do": "event", "with": None},
          both_keys={"recovery": 0, **an_operation("leave")}, neither_key={"key": None, **an_operation("leave")},
          negative_author={"author": -1, **an_operation("leave")}, counter_zero={"counter": 0, **an_operation("leave")},
          join_without_home=an_operation("join", signing=KEY.did, recovery=BO.did),
          join_with_one_key=an_operation("join", home=HOME, signing=KEY.did, recovery=KEY.did),
          join_to_no_url=an_operation("join", home={**HOME, "pod": "pod"}, signing=KEY.did, recovery=BO.did),
          join_with_empty_invitation=an_operation("join", home=HOME, signing=KEY.did, recovery=BO.did, invitation={}),
          weight_beyond=an_operation("set-weight", member=2, weight=10**9 + 1),
          weight_of_member_zero=an_operation("set-weight", member=0, weight=1),
          weight_of_a_fraction=an_operation("set-weight", member=2, weight=0.5),
          rekey_to_no_key=an_operation("rekey", signing="did:key:x"),
          rehome_without_home=an_operation("rehome", signing=KEY.did),
          policy_without_name=an_operation("set-policy", name=""),
          policy_of_weights_in_words=an_operation("set-policy", permissions={"vote": "all"}),
          publish_nothing=an_operation("publish", subject=""), succeed_by_a_word=an_operation("succeed", group="x"),
          event_without_name=an_operation("event")),
    *each("GroupRoot", a_vote, a_root_in_a_group={}),
    *each("Seal", a_vote, no_parent={}, operations_of_no_list={"parent": NOWHERE, "operations": {}},
          operations_without_end={"parent": NOWHERE, "operations": [{}] * 65},
          height_zero={"parent": NOWHERE, "operations": [], "height": 0, "term": 0, "log": LOG},
          log_of_no_root={"parent": NOWHERE, "operations": [], "height": 1, "term": 0, "log": {"size": 0}}),
    *each("Handover", a_vote, no_keepers={"parent": NOWHERE, "operations": [], "height": 1, "term": 1, "log": LOG,
                                          "steward": HOME, "keepers": []},
          no_steward={"parent": NOWHERE, "operations": [], "height": 1, "term": 1, "log": LOG,
                      "keepers": [{"member": 1, "key": KEY.did}]}),
    *each("Ack", a_vote, no_item={"keeper": 1, "term": 0, "height": 1},
          no_keeper={"item": NOWHERE, "term": 0, "height": 1}),
    *each("Receipt", a_vote, no_record={"steward": BO.did, "term": 0, "by": 1},
          receipt_of_another={"record": NOWHERE, "steward": KEY.did, "term": 0, "by": 1}),
    *each("Invitation", a_vote, weight_zero={"weight": 0, "to": KEY.did, "expires": 1},
          to_nobody={"weight": 1, "to": "x", "expires": 1},
          no_uses={"weight": 1, "to": KEY.did, "expires": 1, "uses": 0},
          too_many_uses={"weight": 1, "to": KEY.did, "expires": 1, "uses": 10_001}),
]  # fmt: skip
LIMITS: Final = [
    Malformed("Vote", "a huge number", {"counter": 2**53}, a_vote, "malformed_document"),
    Malformed("Post", "501 paragraphs", {"paragraphs": [TEXT] * 501}, a_post, "too_large"),
    Malformed("Patch", "501 adds", {"adds": [TEXT] * 501}, a_patch, "too_large"),
    Malformed("Post", "17 attachments", {"attachments": [{}] * 17}, a_post, "too_large"),
    Malformed("Operation", "9 KiB", an_operation("event", name="x", more="x" * 9 * 1024), a_vote, "too_large"),
    Malformed("Tomorrow", "depth of 9", {"more": [[[[[[[[1]]]]]]]]}, a_vote, "too_large"),
]
TABLE: Final = [*AUTHORED, *CONTENT, *CHAIN, *LIMITS]


@pytest.mark.parametrize("case", TABLE, ids=[f"{case.type}-{case.name.replace(' ', '-')}" for case in TABLE])
def test_a_malformed_record_is_refused_and_a_sound_one_taken(scene: Scene, case: Malformed) -> None:
    before = scene.quiet()
    sound = case.sound(scene)
    kept = {**scene.body(case.type), **(sound if case.sound is not a_vote or case.type == "Vote" else {}), **case.wrong}
    wrong = {name: value for name, value in kept.items() if value is not None or case.name == "null"}

    check_problem(deliver(scene, raw_sign(wrong)), 413 if case.code == "too_large" else 400, case.code)

    assert scene.sight() == before
    good_type = "Vote" if case.sound is a_vote else case.type
    good = sign({**scene.body(good_type), **sound}, BO)
    assert deliver(scene, good) == (202, "")
    eventually(lambda: scene.sight().log_size == before.log_size + 1)
    scene.quiet()
    assert scene.entries(before.log_size) == [good]


def raw_sign(body: Body) -> Body:
    """Signed by bo if what it holds can be signed at all; else with the proof of something else."""
    try:
        return sign(body, BO)
    except (ValueError, RefusedError):
        return {**body, "proof": sign({"type": "x"}, BO)["proof"]}


def deliver(scene: Scene, body: Body) -> tuple[int, Any]:
    peer = scene.peer
    return send(peer.signed(peer.unsigned(peer.activity(body))))
