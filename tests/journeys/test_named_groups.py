"""Groups that a stranger names with 24 words are looked at, and nothing of them is kept that the words don't prove."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from protocol.derivation import phrase_of
from tests.support.lying_pod import LyingPod, lying
from tests.support.rig import RefusedByHttpError, ServedPod, call, worker_number

PODS = 1


@pytest.fixture(scope="module")
def liar(pods: list[ServedPod]) -> Iterator[LyingPod]:
    pods[0].start()
    with lying(LyingPod(f"127.77.{worker_number()}.9", "named")) as made:
        made.seal(made.record("Vote", target={"subject": "well"}, value=1000))
        yield made


def groups_of(pod: ServedPod) -> int:
    with sqlite3.connect(pod.folder / "pod.sqlite") as database:
        (count,) = database.execute("SELECT count(*) FROM groups").fetchone()
    database.close()
    return int(count)


def test_w3_a_group_that_knows_none_of_the_words_is_not_kept(pods: list[ServedPod], liar: LyingPod) -> None:
    before = groups_of(pods[0])
    named = [{"group": liar.group, "pod": liar.url}]
    wish = {"name": "eve", "phrase": phrase_of(bytes(32)), "groups": named}
    with pytest.raises(RefusedByHttpError) as refused:
        call("POST", f"{pods[0].url}/api/v1/recoveries", wish)
    assert refused.value.status == 404
    assert groups_of(pods[0]) == before
