"""At a second home, the browser that began it sees how far the copy follows, has it look, and erases it."""

from __future__ import annotations

from email.message import Message
from functools import partial
from types import SimpleNamespace
from typing import Any, Final, cast
from urllib.request import Request

import pytest

from models.moving.kept_copies import insert_copy, load_copy
from models.moving.moves import VERIFIED, Move, insert_move, load_move
from models.moving.standing_copies import StandingCopy, insert_standing, set_standing
from pod.actions.moving.begun_moves import move_hash
from pod.deps import Deps
from tests.support.browsing import Browser
from tests.support.rig import ServedPod
from tests.support.writing import an_id

DAY_MS: Final = 86_400_000
SECRET: Final = "s" * 43
OWN: Final = an_id("ada's own")


@pytest.fixture(scope="module")
def copy(pod: ServedPod) -> int:
    """A standing copy of somebody of a pod that is gone, three days behind."""

    async def act(deps: Deps) -> int:
        now = deps.clock()
        kept = await deps.store.write(partial(insert_copy, group=OWN, pod="http://127.0.0.9", quota=9, now=now))
        move = Move(
            *(move_hash(SECRET), "@ada@127.0.0.9", "http://127.0.0.9", OWN, "full", "", "", None, "choices", now, now),
            expires_at=None,
            stage=VERIFIED,
            standing=True,
            copy_id=kept,
        )
        await deps.store.write(partial(insert_move, move=move, instead_of=b"", now=now))
        await deps.store.write(partial(insert_standing, standing=StandingCopy(kept, now - 3 * DAY_MS)))
        return kept

    made = pod.act(act)
    pod.start()
    return made


def began(pod: ServedPod) -> Browser:
    browser, handed = Browser(pod), Message()
    handed["Set-Cookie"] = f"traveller-{pod.url.rpartition(':')[2]}={SECRET}; Path=/"
    browser.cookies.extract_cookies(cast("Any", SimpleNamespace(info=lambda: handed)), Request(pod.door))
    return browser


def test_mg_24_the_holder_shows_the_lag_what_shrank_and_the_way_by_the_words(pod: ServedPod, copy: int) -> None:
    page = began(pod).get("/move/second-home")
    assert page.status == 200
    assert "hasn&#39;t followed your account for 3 days" in page.text
    assert 'Last the same as your account: <time datetime="' in page.text
    assert 'href="/recover"' in page.text
    assert "gone at once" not in page.text

    async def shrinks(deps: Deps) -> None:
        changes = {"shrank": "choices", "former_until": deps.clock() + DAY_MS, "refused_at": deps.clock()}
        await deps.store.write(lambda session: set_standing(session, copy, **changes))

    pod.act(shrinks)
    page = began(pod).get("/move/second-home")
    assert "Half of it was gone at once" in page.text
    assert "let this pod read any more" in page.text
    assert Browser(pod).get("/move/second-home").status == 404


def test_mg_24_it_looks_when_asked_and_is_erased_when_asked(pod: ServedPod, copy: int) -> None:
    browser = began(pod)

    async def stands(deps: Deps) -> tuple[Move | None, bool]:
        async with deps.store.database.read() as session:
            return (
                await load_move(session, move_hash(SECRET), now=deps.clock()),
                await load_copy(session, copy) is not None,
            )

    answer = browser.press(browser.get("/move/second-home"), "Bring it up to date now")
    assert (answer.status, "asking your old server" in answer.text) == (200, True)
    answer = browser.press(browser.get("/move/second-home"), "Erase this copy")
    assert (answer.path, "erased here" in answer.text) == ("/move?said=erased-copy", True)
    move, is_here = pod.act(stands)
    assert move is not None
    assert (move.copy_id, move.stage, is_here) == (None, "closed", False)
    assert browser.get("/move/second-home").status == 404
