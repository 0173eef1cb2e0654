"""Without the words a page says whom to ask for an invitation, and drafts it; who is invited anew has a new number."""

from __future__ import annotations

import html
import re
from functools import partial

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.imported_files import READ, FileCopy, Upload, load_file_copy, put_file_copy, put_upload
from models.moving.kept_copies import LineSpan, insert_copy, replace_lines
from pod.actions.moving.copied_memberships import MEMBERSHIPS, MOST_READ
from pod.actions.moving.uploads import upload_hash
from pod.budgets.tries import RATES
from pod.deps import Deps
from protocol.canonical import canonical_bytes
from protocol.copies import CopyLine
from protocol.ids import RecordId
from protocol.keys import DidKey
from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.rig import ServedPod, eventually
from tests.support.writing import an_id

PAGE = "/move/without-words"
NOWHERE = f"bagaaiera{'a' * 52}"


def test_mg_14_whoever_lost_the_words_learns_whom_to_ask_and_what_to_write_and_gets_a_new_number(
    pod: ServedPod,
) -> None:
    ada, bo = pod.sign_up("ada"), pod.sign_up("bo")
    pod.start()
    parish = bo.post("/api/v1/groups", {"name": "Parish", "weight": 3000})["group"]
    choir = bo.post("/api/v1/groups", {"name": "Choir", "weight": 3000, "visibility": "private"})["group"]
    assert [joined(bo, group, ada, 1000) for group in (parish, choir)] == [2, 2]
    own = ada.account["personal_group"]
    lines = [f"{group} {pod.url}" for group in (parish, choir, NOWHERE, own)]
    browser = Browser(pod, address="192.0.2.5")

    page = browser.submit(
        browser.get(PAGE), PAGE, account="@ada@old.example", groups="\n".join([*lines, f"{parish} https://b.example"])
    )

    drafts = [html.unescape(text) for text in re.findall(r"<textarea[^>]* readonly>([^<]*)<", page.text)]
    assert [re.findall(r"/g/(\S+)", text) for text in drafts] == [[parish], [choir], [NOWHERE]], "nobody joins a page"
    assert all("I was @ada@old.example in your group." in text for text in drafts)
    assert '<h3 id="draft-1">Parish</h3>' in page.text
    assert f"<li>Member 1, at {pod.host}:8080</li>" in page.text
    assert "Choir" not in page.text, "strangers learn nothing of a private group"
    assert page.text.count("Who is in it isn&#39;t known here.") == 2

    anew = pod.sign_up("ada-again")
    assert joined(bo, parish, anew, 1000) == 3
    bo.post(
        f"/api/v1/groups/{parish}/records",
        {"type": "Operation", "do": "set-weight", "with": {"member": 2, "weight": 0}},
    )

    def weights() -> list[int]:
        return [one["weight"] for one in bo.get(f"/api/v1/groups/{parish}")["members"]]

    eventually(lambda: weights() == [3000, 0, 1000], seen=weights)


def test_mg_14_lines_that_name_no_group_are_told_and_what_was_typed_is_kept(pod: ServedPod) -> None:
    browser = Browser(pod, address="192.0.2.6")

    page = browser.submit(browser.get(PAGE), PAGE, account="@ada@old.example", groups="no line")

    assert page.status == 400
    assert "Line 1 of the groups" in page.text
    assert "no line" in page.text
    assert 'value="@ada@old.example"' in page.text


@pytest.fixture
def here(pod: ServedPod) -> ServedPod:
    if pod.process is None:
        pod.start()
    return pod


async def put_file(session: AsyncSession, deps: Deps, secret: str, group: RecordId, named: list[str]) -> None:
    """A browser sent a file of somebody, which names these groups."""
    now, at = deps.clock(), deps.clock() + 10**6
    copy = await insert_copy(session, group, "https://old.example", quota=10**8, now=now)
    lines = [CopyLine(one, canonical_bytes({"group": one, "recovery_index": 0})) for one in sorted(named)]
    await replace_lines(session, LineSpan(copy, MEMBERSHIPS), lines)
    await put_file_copy(session, FileCopy(group, copy, DidKey("did:key:z6MkA"), "", now, None, at))
    await put_upload(session, Upload(upload_hash(secret), "", READ, 1, group_id=group, due_at=at, at=now))


def brings(pod: ServedPod, browser: Browser, secret: str, named: list[str]) -> None:
    async def act(deps: Deps) -> None:
        group = an_id(f"person {secret}")
        await deps.store.write(partial(put_file, deps=deps, secret=secret, group=group, named=named))

    pod.act(act)
    browser.keep(f"sent_file-{pod.url.rpartition(':')[2]}", secret)


def test_mg_14_of_a_file_with_any_number_of_groups_the_first_are_drafted_and_the_page_says_so(here: ServedPod) -> None:
    browser = Browser(here, address="192.0.2.7")
    more = "Your file names more groups than are shown here."
    groups = [str(an_id(f"group {number}")) for number in range(MOST_READ + 1)]

    for secret, named in (("many", groups), ("all", groups[1:])):
        brings(here, browser, secret, named)
        page = browser.get(PAGE).text
        assert page.count(" readonly>") == MOST_READ
        assert (more in page) == (named == groups)


def test_mg_14_looks_at_the_drafts_of_a_file_are_limited_and_the_form_stays(here: ServedPod) -> None:
    browser, stranger = Browser(here, address="192.0.2.8"), Browser(here, address="192.0.2.8")
    brings(here, browser, "few", [str(an_id("one group"))])
    most = RATES["drafts of an address"].most

    pages = [browser.get(PAGE) for _ in range(most + 1)]

    assert [page.status for page in pages] == [200] * most + [429]
    assert " readonly>" not in pages[-1].text
    assert "What you were called" in pages[-1].text
    assert stranger.get(PAGE).status == 200, "who sent no file reads nothing of one"


def test_mg_14_whoever_keeps_an_old_file_of_somebody_isnt_shown_what_a_later_one_says(here: ServedPod) -> None:
    browser, group = Browser(here, address="192.0.2.9"), str(an_id("affair"))
    brings(here, browser, "earlier", [group])
    assert group in browser.get(PAGE).text

    async def later(deps: Deps) -> None:
        async def action(session: AsyncSession) -> None:
            copy = await load_file_copy(session, an_id("person earlier"))
            assert copy is not None
            await put_file_copy(session, msgspec.structs.replace(copy, at=copy.at + 1))

        await deps.store.write(action)

    here.act(later)
    assert group not in browser.get(PAGE).text
