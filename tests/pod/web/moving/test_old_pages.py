"""The pages of somebody who moved lead a visitor to the new pod; who is at home at the old one is told and stays."""

from __future__ import annotations

import urllib.error
import urllib.request
from functools import partial
from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.departures import Departure, save_departure
from models.people.accounts import load_account_named
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.keys import PrivateKey
from tests.support.browsing import Browser
from tests.support.rig import Person, ServedPod, eventually
from tests.support.writing import an_id

pytestmark = pytest.mark.slow

NEW: Final = "https://new.example"
NOTE: Final[dict[str, Any]] = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is dry."}]}


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *said: Any, **more: Any) -> None:
        del said, more


def leads_to(url: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Accept": "text/html"})
    try:
        with urllib.request.build_opener(NoRedirects).open(request, timeout=10) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Location", "")


@pytest.fixture(scope="module")
def ada(pod: ServedPod) -> Person:
    """She wrote one post before she moved; bo stayed."""
    made = pod.sign_up("ada")
    pod.sign_up("bo")
    pod.start()
    own = made.account["personal_group"]
    made.account["post"] = made.post(f"/api/v1/groups/{own}/posts", NOTE)["record"]
    eventually(lambda: leads_to(f"{pod.url}/g/{own}/posts/{made.account['post']}") == (200, ""))

    async def leave(session: AsyncSession, deps: Deps) -> None:
        account, key = await load_account_named(session, "ada"), PrivateKey.from_seed(bytes(32)).did
        assert account is not None
        now = deps.clock()
        gone = Departure(account.id, RecordId(own), NEW, key, now, now, item=an_id("item"), name="ada2", soft=True)
        await save_departure(session, gone)

    pod.act(lambda deps: deps.store.write(partial(leave, deps=deps)))
    return made


def test_mg_21_a_visitor_is_led_to_the_new_profile_and_to_each_post_there(pod: ServedPod, ada: Person) -> None:
    own, post = ada.account["personal_group"], ada.account["post"]

    eventually(lambda: leads_to(f"{pod.url}/@ada") == (302, f"{NEW}/@ada2"))
    for path in (f"/g/{own}", f"/g/{own}/posts/{post}", f"/g/{own}/posts/{post}?lens=off"):
        assert leads_to(f"{pod.url}{path}") == (302, f"{NEW}{path}")
    assert leads_to(f"{pod.url}/@bo") == (200, "")


def test_mg_21_who_is_at_home_at_the_old_pod_stays_and_reads_where_she_went(pod: ServedPod, ada: Person) -> None:
    browser = Browser(pod).sign_in("bo")

    seen = browser.get("/@ada")

    assert (seen.status, f'<a href="{NEW}/@ada2">@ada2@new.example</a>' in seen.text) == (200, True)
    assert browser.get(f"/g/{ada.account['personal_group']}").status == 200
