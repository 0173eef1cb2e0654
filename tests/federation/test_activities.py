from typing import Any

import pytest

from federation.activities import (
    Follow,
    Gone,
    Ignored,
    RecordActivity,
    Unfollow,
    accept,
    announce,
    id_of,
    read_activity,
    reject,
    wrap,
)
from federation.errors import MalformedDocumentError
from protocol.records.envelope import Record
from tests.models import builders
from tests.support.folders import read_vectors
from tests.support.jsonld import undefined_terms

GROUP = "https://pod.example/groups/bagaaiera"
ASKER = "https://lemmy.example/u/ada"
FOLLOW = Follow(f"{ASKER}#1", ASKER, GROUP)
ACTIVITIES = {"Accept", "Add", "Announce", "Block", "Create", "Delete", "Dislike", "Flag", "Follow", "Like", "Lock",
              "Move", "Reject", "Remove", "Undo", "Update"}  # fmt: skip


def captured() -> list[Any]:
    files = ("captured-lemmy-assets.json", "captured-other.json", "fedify-fixtures.json")
    items = [item["object"] for name in files for item in read_vectors(name)["items"]]
    return [item for item in items if isinstance(item, dict) and str(item.get("type")) in ACTIVITIES]


def a_record(kind: str) -> Record:
    post = builders.a_post()
    match kind:
        case "Create":
            return post
        case "Update":
            return builders.a_patch(post.id)
        case "Add":
            return builders.an_erasure(1, 5, post.id)
        case _:
            return builders.a_vote(post.id, 1, 2, {"Like": 5, "Dislike": -5, "Undo": 0}[kind])


def test_every_activity_that_real_servers_send_is_read_as_its_actors() -> None:
    read = {type(read_activity(document)) for document in captured() if document.get("id") and document.get("actor")}

    assert len(captured()) > 60
    assert {Follow, Unfollow, Gone, Ignored} <= read


@pytest.mark.parametrize("document", captured(), ids=lambda document: document["type"])
def test_a_captured_activity_keeps_its_id_and_actor(document: dict[str, Any]) -> None:
    if not document.get("id") or not document.get("actor"):
        with pytest.raises(MalformedDocumentError):
            read_activity(document)
        return

    activity = read_activity(document)

    assert (activity.id, activity.actor) == (document["id"], id_of(document["actor"]))
    if document["type"] == "Follow":
        assert isinstance(activity, Follow)
        assert activity.object == document["object"]


def undo(inner: object) -> object:
    return read_activity({"id": f"{ASKER}#2", "type": "Undo", "actor": ASKER, "object": inner})


@pytest.mark.parametrize(
    ("inner", "follow", "named"),
    [
        ({"type": "Follow", "id": f"{ASKER}#1", "actor": ASKER, "object": GROUP}, f"{ASKER}#1", GROUP),
        ({"type": "Follow", "actor": {"id": ASKER}, "object": {"id": GROUP}}, "", GROUP),
        (f"{ASKER}#1", f"{ASKER}#1", ""),
    ],
    ids=["embedded", "as objects", "by id"],
)
def test_the_undoing_of_a_follow_is_read_in_each_form(inner: object, follow: str, named: str) -> None:
    assert undo(inner) == Unfollow(f"{ASKER}#2", ASKER, follow, named)


@pytest.mark.parametrize(
    "inner",
    [
        {"type": "Follow", "id": "x", "actor": "https://evil.example/u/eve", "object": GROUP},
        {"type": "Like", "id": "x", "actor": ASKER, "object": GROUP},
        None,
    ],
    ids=["another's", "of a like", "of nothing"],
)
def test_fed_7_only_an_own_follow_is_undone(inner: object) -> None:
    assert isinstance(undo(inner), Ignored)


def test_fed_7_an_actor_deletes_nobody_but_itself() -> None:
    gone = {"id": f"{ASKER}#3", "type": "Delete", "actor": ASKER, "object": ASKER}

    assert isinstance(read_activity(gone), Gone)
    assert isinstance(read_activity({**gone, "object": GROUP}), Ignored)


@pytest.mark.parametrize("kind", ["Create", "Update", "Like", "Dislike", "Undo", "Add"])
def test_what_we_build_we_read_and_every_term_of_it_is_defined(kind: str) -> None:
    record = a_record(kind)
    activity = wrap(record, actor=GROUP)

    assert activity["type"] == kind
    assert read_activity(activity) == RecordActivity(f"https://pod.example/activities/{record.id}", GROUP, record.body)
    for said in (activity, announce(activity, group=GROUP), accept(FOLLOW), reject(FOLLOW)):
        assert undefined_terms(said) == frozenset()


def test_a_vote_names_the_post_that_it_judges() -> None:
    post = f"https://pod.example/records/{builders.a_post().id}"

    assert wrap(a_record("Like"), actor=GROUP)["object"] == post
    assert wrap(a_record("Undo"), actor=GROUP)["object"] == {"type": "Like", "actor": GROUP, "object": post}


def test_an_accept_embeds_the_follow_and_the_same_question_gets_the_same_answer() -> None:
    answer = accept(FOLLOW)

    assert read_activity(answer["object"]) == FOLLOW
    assert answer == accept(FOLLOW)
    assert answer["id"] != accept(Follow(f"{ASKER}#9", ASKER, GROUP))["id"]


def test_an_announcement_passes_the_activity_on_as_it_is() -> None:
    activity = wrap(a_record("Create"), actor=GROUP)

    announced = announce(activity, group=GROUP)

    assert {"@context": activity["@context"], **announced["object"]} == activity
    assert announced["cc"] == [f"{GROUP}/followers"]


FORMS = [
    pytest.param({"type": ["Follow"]}, id="type-in-a-list"),
    pytest.param({"type": ["Follow", "https://other.example/ns#Subscription"]}, id="with-a-type-of-others"),
    pytest.param({"object": [GROUP]}, id="object-in-a-list"),
    pytest.param({"object": [{"id": GROUP, "type": "Group"}]}, id="object-as-an-object-in-a-list"),
    pytest.param({"actor": [ASKER]}, id="actor-in-a-list"),
    pytest.param({"actor": [{"id": ASKER, "type": "Person"}]}, id="actor-as-an-object-in-a-list"),
]


@pytest.mark.parametrize("form", FORMS)
def test_public_28_a_list_of_one_says_what_its_entry_says(form: dict[str, Any]) -> None:
    follow = {"id": f"{ASKER}#1", "type": "Follow", "actor": ASKER, "object": GROUP}
    assert read_activity({**follow, **form}) == FOLLOW
    assert undo([{**follow, **form}]) == Unfollow(f"{ASKER}#2", ASKER, f"{ASKER}#1", GROUP)


def test_public_28_a_list_of_several_names_nobody() -> None:
    follow = {"id": f"{ASKER}#1", "type": "Follow", "actor": ASKER, "object": GROUP}
    for several in ([ASKER, GROUP], [[ASKER]], []):
        with pytest.raises(MalformedDocumentError):
            read_activity({**follow, "actor": several})
    assert isinstance(read_activity({**follow, "object": [GROUP, ASKER]}), Ignored)
    assert isinstance(read_activity({**follow, "type": ["Follow", "Undo"]}), Ignored)
