"""The page of a move: the plan, a name that is kept, a copy as it grows, a stop with its reason, and the end."""

from __future__ import annotations

from functools import partial

import msgspec
import pytest

from models.moving.moves import BEGUN, COPYING, STOPPED, VERIFIED, Move, insert_move
from pod.actions.groups.founding import sign_up
from pod.actions.moving.begun_moves import _purpose, move_hash
from pod.actions.moving.grant_messages import LeftBehind
from pod.actions.moving.job_ends import code_of
from pod.actions.moving.move_plans import MovePlan, PlannedClass
from pod.actions.moving.traveller_wishes import sweep_moves
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from protocol.copies import CLASSES
from protocol.errors import RefusedError
from tests.support.browsing import Browser, Seen
from tests.support.post_office import PostOffice
from tests.support.rig import ServedPod, eventually
from tests.support.writing import an_id

DAY_MS = 86_400_000
PLAN = MovePlan(
    (
        PlannedClass("personal", 12, 4000),
        PlannedClass("records", why="not granted"),
        PlannedClass("media", why="empty"),
    ),
    LeftBehind(private=1, invitations=2, seats=1),
)


def begins(pod: ServedPod, who: str, **told: object) -> Browser:
    """A browser whose move was granted by a pod that doesn't answer."""
    browser, secret = Browser(pod), f"secret of {who}".replace(" ", "-")

    async def act(deps: Deps) -> None:
        now, sha256 = deps.clock(), move_hash(secret)
        silent = f"http://{pod.host.rpartition('.')[0]}.200:8080"
        move = Move(sha256, f"@{who}", silent, an_id(who), "full", "", "", None, " ".join(CLASSES), now, now, None)
        sealed = deps.identity.keyring.seal(b"grant", _purpose(move))
        move = msgspec.structs.replace(
            move, sealed=sealed, stage=BEGUN, stage_at=now, plan=msgspec.json.encode(PLAN), expires_at=now + 30 * DAY_MS
        )
        move = msgspec.structs.replace(move, **told)
        await deps.store.write(partial(insert_move, move=move, instead_of=b"", now=now))

    pod.act(act)
    browser.keep("traveller-8080", secret)
    return browser


def starts(browser: Browser, **typed: str) -> Seen:
    return browser.submit(browser.get("/move/journey"), "/move/start", **typed)


def test_mg_06_the_plan_names_what_comes_what_stays_and_why(pod: ServedPod, mails: PostOffice) -> None:
    del mails
    page = begins(pod, "bea").get("/move/journey")
    assert "12 lines" in page.text
    assert "You didn&#39;t tick it" in page.text
    assert "1 private group isn&#39;t read" in page.text
    assert "2 open invitations" in page.text
    assert "Refresh" not in page.headers, "somebody types here"
    assert ("name", "bea") in next(form for form in page.forms if form.action == "/move/start").fields


def test_mg_04_a_wished_name_is_kept_from_everybody_else_until_the_move_ends(pod: ServedPod, mails: PostOffice) -> None:
    del mails
    browser = begins(pod, "eva")
    for taken in ("ada", "Not a name"):
        page = starts(browser, name=taken, mail="eva@mail.example")
        assert (page.status in (400, 409), page.path) == (True, "/move/start")
        assert ("mail", "eva@mail.example") in next(form for form in page.forms if form.action == "/move/start").fields
    page = starts(browser, name="eva", mail="eva@mail.example")
    assert (page.status, page.path) == (200, "/move/journey")
    assert page.headers["Refresh"].startswith("5;")
    assert starts(begins(pod, "another eva"), name="eva").status == 409
    with pytest.raises(RefusedError):
        pod.act(lambda deps: sign_up(deps, "eva"))
    # The old pod doesn't answer: the job waits, and says so.
    eventually(lambda: "This pod tries again by itself" in browser.get("/move/journey").text)
    assert Browser(pod).get("/@eva").status == 404
    ended = browser.submit(browser.get("/move/journey"), "/move/cancel")
    assert "its copy is deleted" in ended.text
    assert browser.get("/move/journey").status == 404
    assert pod.sign_up("eva").account["name"] == "eva"


def test_mg_07_a_stopped_move_says_why_and_goes_on_when_it_is_told_to(pod: ServedPod, mails: PostOffice) -> None:
    del mails
    said = msgspec.json.encode({"en": "Two lines differ.", "sv": "Två rader skiljer sig."})
    told = {"stage": STOPPED, "stopped_in": COPYING, "why": "lines_differ", "said": said}
    browser = begins(pod, "cleo", **told)
    page = browser.get("/move/journey")
    assert "Two lines differ." in page.text
    assert "Refresh" not in page.headers
    again = browser.submit(page, "/move/again")
    assert (again.path, "has stopped" in again.text) == ("/move/journey", False)


def test_mg_02_a_move_that_a_recovery_elsewhere_stopped_says_where_the_home_is_and_offers_no_other_try(
    pod: ServedPod, mails: PostOffice
) -> None:
    del mails
    browser = begins(pod, "fia", stage=STOPPED, stopped_in=VERIFIED, why=code_of(SwitchRule.OTHER_KEY.error()))
    page = browser.get("/move/journey")
    assert "Your home is there." in page.text
    assert "/move/again" not in {form.action for form in page.forms}
    assert "can go on" not in page.text
    assert "Nothing has changed" not in page.text


def test_mg_04_what_nobody_switched_for_thirty_days_is_swept_with_its_name(pod: ServedPod, mails: PostOffice) -> None:
    del mails
    browser = begins(pod, "dora", name="dora", expires_at=1)
    pod.act(sweep_moves)
    assert browser.get("/move/journey").status == 404
    assert pod.sign_up("dora").account["name"] == "dora"


def test_mg_07_a_move_that_is_over_says_so(pod: ServedPod, mails: PostOffice) -> None:
    del mails
    page = begins(pod, "finn", stage="closed").get("/move/journey")
    assert "This move is over." in page.text
    assert "/move/cancel" not in page.text
