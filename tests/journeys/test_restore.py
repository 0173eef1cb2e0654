"""A pod restored from an old backup does no harm and becomes a keeper again; a quorum lost for good is recovered."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from protocol.records.envelope import open_record
from tests.support.people import agreed, joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually

pytestmark = pytest.mark.slow

PODS = 3
STEP_MS = 121_000  # a keeper signs at most one handover a minute, and a pod pulls once a minute


class Council:
    """bo founds and his pod is the steward, ada and cy keep with him; bo has a group that he keeps alone, too."""

    def __init__(self, pods: list[ServedPod]) -> None:
        self.pods = pods
        self.steps = 0
        self.ada, self.bo, self.cy = (pod.sign_up(name) for pod, name in zip(pods, ("ada", "bo", "cy"), strict=True))
        for pod in pods:
            pod.start()
        self.council = self.bo.post("/api/v1/groups", {"name": "Council", "weight": 3000})["group"]
        self.alone = self.bo.post("/api/v1/groups", {"name": "Bo's readers", "weight": 3000})["group"]
        assert [joined(self.bo, self.council, person, 2000) for person in (self.ada, self.cy)] == [2, 3]
        assert joined(self.bo, self.alone, self.ada, 1000) == 2
        self.bo.post(f"/api/v1/groups/{self.council}/handovers", {"keepers": [1, 2, 3]})
        self.said: dict[str, set[str]] = {}

    def step(self) -> None:
        self.steps += 1
        for pod in self.pods:
            pod.set_clock(self.steps * STEP_MS)


@pytest.fixture(scope="module")
def council(pods: list[ServedPod]) -> Council:
    return Council(pods)


def write(person: Person, group: str, text: str) -> str:
    paragraphs = [{"style": "text", "text": text}]
    return str(person.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": paragraphs})["record"])


def writes(person: Person, group: str, text: str) -> str:
    """What was written; nothing while the membership moves."""
    try:
        return write(person, group, text)
    except RefusedByHttpError as error:
        if '"code": "moving"' in error.document:
            return ""
        raise


def settled(group: str, *people: Person) -> bool:
    """Nothing is pending anywhere, all hold the same, and it is final."""
    if any(person.get(f"/groups/{group}/pending?from=0")["records"] for person in people):
        return False
    seen = [person.get(f"/api/v1/groups/{group}") for person in people]
    return agreed(group, *people) and all(one["settled_height"] == one["height"] for one in seen)


def chain(person: Person, group: str) -> list[Any]:
    page = person.get(f"/groups/{group}/chain?from=0")
    return [open_record(body) for body in page["items"] + page["acks"]]


def signed_by(key: str, records: list[Any]) -> set[str]:
    return {record.id for record in records if key in record.signers}


def seat(person: Person, group: str, member: int) -> str:
    """The pod key by which a member's seat was last named."""
    named = [record.content.keepers for record in chain(person, group) if record.type == "Handover"]
    return str(next(keeper.key for keeper in named[-1] if keeper.member == member))


def restored(pod: ServedPod, backup: Path) -> None:
    shutil.rmtree(pod.folder)
    shutil.copytree(backup, pod.folder)


def test_a_steward_is_restored_from_a_backup_that_lacks_what_it_sealed(council: Council, tmp_path: Path) -> None:
    ada, bo, cy = council.ada, council.bo, council.cy
    write(bo, council.council, "Before.")
    write(bo, council.alone, "Before.")
    eventually(partial(settled, council.council, ada, bo, cy))
    eventually(partial(settled, council.alone, ada, bo))
    bo.pod.kill()
    shutil.copytree(bo.pod.folder, tmp_path / "backup")
    bo.pod.start()
    late = [write(bo, group, "After.") for group in (council.council, council.alone)]
    eventually(lambda: settled(council.council, ada, bo, cy) and settled(council.alone, ada, bo))
    key = seat(ada, council.council, 1)
    council.said = {key: signed_by(key, chain(ada, council.council))}
    bo.pod.kill()

    restored(bo.pod, tmp_path / "backup")
    bo.pod.run("renew-key")
    bo.pod.start()

    # What the lost counters were used for must not get a rival.
    with pytest.raises(RefusedByHttpError, match="moving"):
        write(bo, council.council, "Too early.")
    eventually(lambda: late[0] in posts(bo, council.council) and late[1] in posts(bo, council.alone))


def test_a_lone_keeper_goes_on_once_all_other_pods_were_heard(council: Council) -> None:
    ada, bo = council.ada, council.bo
    council.step()

    eventually(partial(settled, council.alone, ada, bo), seconds=40)
    post = eventually(partial(writes, bo, council.alone, "The new key writes."))
    assert standing(bo, council.alone) == ("member", 1)
    eventually(lambda: settled(council.alone, ada, bo) and post in posts(ada, council.alone))
    assert not ada.get(f"/api/v1/groups/{council.alone}")["disputed"]


def test_the_restored_steward_neither_seals_nor_confirms_until_it_is_named_anew(council: Council) -> None:
    ada, bo, cy = council.ada, council.bo, council.cy
    waiting = write(ada, council.council, "Who seals this?")
    (key, said) = next(iter(council.said.items()))
    assert standing(bo, council.council) == ("moving", None)

    council.step()
    ada.post(f"/api/v1/groups/{council.council}/handovers", {})

    eventually(lambda: standing(bo, council.council) == ("member", 1), seconds=40)
    eventually(lambda: settled(council.council, ada, cy) and waiting in posts(cy, council.council), seconds=40)
    eventually(partial(settled, council.council, ada, bo, cy), seconds=40)
    assert seat(cy, council.council, 1) != key
    assert signed_by(key, chain(cy, council.council)) <= said


def test_named_by_its_new_key_it_keeps_again(council: Council) -> None:
    ada, bo, cy = council.ada, council.bo, council.cy
    cy.pod.kill()
    post = write(bo, council.council, "Two of three settle this.")
    eventually(lambda: settled(council.council, ada, bo) and post in posts(ada, council.council))
    cy.pod.start()
    eventually(partial(settled, council.council, ada, bo, cy), seconds=40)


def test_two_of_three_keepers_recover_the_group_by_their_phrases(council: Council) -> None:
    """The pods of ada and bo are gone for good; ada comes to cy's pod, and both give their words."""
    ada, cy, group = council.ada, council.cy, council.council
    ada.pod.kill()
    council.bo.pod.kill()
    kit = {"name": "ada", "phrase": ada.account["phrase"], "groups": []}
    moved = call("POST", f"{cy.pod.url}/api/v1/recoveries", kit)
    again = Person(cy.pod, {**ada.account, "token": moved["token"]})
    assert standing(again, group) == ("moving", None)
    path = f"/api/v1/groups/{group}/recoveries"

    draft = cy.post(path, {"phrase": cy.account["phrase"], "keepers": [3]})

    assert (draft["signed"], draft["needed"], draft["item"]) == (1, 2, None)
    with pytest.raises(RefusedByHttpError, match="bad_phrase"):
        again.post(path, {"phrase": cy.account["phrase"], "handover": draft["handover"]})
    with pytest.raises(RefusedByHttpError, match="other_recovery_signed"):
        cy.post(path, {"phrase": cy.account["phrase"], "keepers": [3, 1, 2]})
    whole = again.post(path, {"phrase": ada.account["phrase"], "handover": draft["handover"]})
    assert (whole["signed"], whole["needed"]) == (2, 2)
    assert whole["item"]
    eventually(lambda: standing(again, group) == ("member", 2))
    post = write(again, group, "We go on.")
    eventually(lambda: settled(group, cy) and post in posts(cy, group))
    assert cy.get(f"/api/v1/groups/{group}")["keepers"] == [3]


def test_an_account_that_runs_out_of_recovery_keys_derives_more_from_its_phrase(council: Council) -> None:
    cy = council.cy
    me = cy.get("/api/v1/me")
    assert (me["recovery_keys_left"], me["recovery_keys_few"]) == (62, False)
    for _ in range(55):
        cy.post("/api/v1/groups", {"name": "One more"})
    me = cy.get("/api/v1/me")
    assert (me["recovery_keys_left"], me["recovery_keys_few"]) == (7, True)
    with pytest.raises(RefusedByHttpError, match="bad_phrase"):
        cy.post("/api/v1/me/recovery-keys", {"phrase": council.ada.account["phrase"]})

    left = cy.post("/api/v1/me/recovery-keys", {"phrase": cy.account["phrase"]})

    assert left == {"recovery_keys_left": 71}


def standing(person: Person, group: str) -> Any:
    memberships = person.get("/api/v1/me")["memberships"]
    return next((entry["state"], entry["number"]) for entry in memberships if entry["group"] == group)


def posts(person: Person, group: str) -> set[str]:
    return {entry["post"] for entry in person.get(f"/api/v1/groups/{group}/posts")["posts"]}
