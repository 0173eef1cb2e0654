"""Recovery in a browser: the words move somebody here, tell what they couldn't reach, and are never repeated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import msgspec
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import RECOVERY_KEYS
from pod.actions.groups import founding
from pod.actions.recovery.phrase import RecoveryKeys
from pod.deps import Deps
from pod.web.account.recovery import whereabouts
from protocol.errors import MalformedError
from protocol.keys import PrivateKey
from tests.support.browsing import Browser
from tests.support.rig import Person, ServedPod, worker_number
from tests.support.shell import settle

FORMER = 14
NOWHERE = f"bagaaiera{'a' * 52}"


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPod]:
    """The pod that somebody leaves."""
    made = ServedPod(tmp_path_factory.mktemp("former") / "pod", worker_number(), FORMER)
    made.create()
    made.start()
    try:
        yield made
    finally:
        made.kill()


@pytest.fixture(scope="module")
def here(pod: ServedPod) -> ServedPod:
    pod.start()
    return pod


def recover(browser: Browser, person: Person, *lines: str, name: str) -> str:
    page = browser.submit(
        browser.get("/recover"), "/recover", phrase=person.account["phrase"], name=name, groups="\n".join(lines)
    )
    return page.text


def test_op_29_the_words_move_somebody_here_and_sign_in(former: ServedPod, here: ServedPod) -> None:
    ada = former.sign_up("ada")
    group = ada.account["personal_group"]
    browser = Browser(here, address="192.0.2.1")
    former.act(partial(keep_strange_key, own=group))
    choir = str(ada.post("/api/v1/groups", {"name": "The choir", "weight": 3000})["group"])
    lines = [f"  {group} {former.url}/  ", f"{NOWHERE} {former.url}", f"{choir} {former.url}"]
    text = recover(browser, ada, *lines, name="Ada-Here")
    assert "This pod is your home now" in text
    assert "You are signed in as ada-here." in text
    late, strange = text.partition("Not reached")[2].split("Your words can&#39;t bring these memberships back")
    assert (NOWHERE in late, choir in late) == (True, False)
    assert (NOWHERE in strange, choir in strange) == (False, True), "it answered: to try again doesn't help"
    assert f"My old server is gone: you find me at {here.url}/@ada-here now." in text
    assert "0 posts and edits of yours are here" in text
    assert "They don&#39;t have your drafts, settings, mutes and hides" in text  # no copy is here
    assert "Your own group wasn&#39;t found" not in text
    assert str(ada.account["phrase"]) not in text
    assert str(ada.account["phrase"]) not in here.folder.with_suffix(".log").read_text()
    assert 'href="/@ada-here"' in browser.get("/settings").text
    assert "Do you still have the 24 words?" not in browser.get("/settings").text
    assert browser.get("/settings/mail").path == "/settings/mail"  # recovered a moment ago is proof enough
    assert 'API tokens</a> <span class="aside">0<' in browser.get("/settings").text


def test_mg_13_whose_words_fit_several_peoples_groups_chooses_theirs_from_a_list(
    former: ServedPod, here: ServedPod, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = former.sign_up("ann")
    dids, draw = RecoveryKeys(ann.account["phrase"]).dids(0), founding.draw
    monkeypatch.setattr(founding, "draw", lambda: msgspec.structs.replace(draw(), dids=dids))
    people = [ann, former.sign_up("mallory")]
    lines = [f"{one.account['personal_group']} {former.url}" for one in people]
    browser = Browser(here, address="192.0.2.4")

    page = browser.submit(
        browser.get("/recover?name=ann-here"), "/recover", phrase=ann.account["phrase"], groups="\n".join(lines)
    )

    assert page.status == 400
    assert "Which of these are you?" in page.text
    for name in ("ann", "mallory"):
        assert f"{name} at {former.host}:8080" in page.text
    assert str(ann.account["phrase"]) not in page.text
    done = browser.submit(page, "/recover", phrase=ann.account["phrase"], mine=lines[0])
    assert "You are signed in as ann-here." in done.text
    assert "<strong>ann</strong>" in done.text
    assert "mallory" not in done.text


def test_op_29_wrong_words_and_lines_are_told_and_the_rest_is_kept(here: ServedPod) -> None:
    bo = settle(here, "bo")
    browser = Browser(here, address="192.0.2.2")
    page = browser.get("/recover")
    words = str(bo.account["phrase"]).split()
    wrong = browser.submit(page, "/recover", phrase=" ".join(["zzzz", *words[1:]]), name="bo", groups="x")
    assert wrong.status == 400
    assert "Not in the word list, counted from the first: 1." in wrong.text
    assert "zzzz" not in wrong.text
    assert 'value="bo"' in wrong.text
    line = browser.submit(page, "/recover", phrase=" ".join(words), name="bo", groups="what is this line")
    assert line.status == 400
    assert "Line 1 of the groups" in line.text
    assert "what is this line" in line.text
    other = browser.submit(page, "/recover", phrase=" ".join(words), name="not-bo")
    assert other.status == 409
    assert 'href="/sign-in"' in browser.get("/").text


def test_ax_10_tries_to_recover_are_limited(here: ServedPod) -> None:
    browser = Browser(here, address="192.0.2.3")
    page = browser.get("/recover")
    statuses = [browser.submit(page, "/recover", phrase="a", name="x").status for _ in range(6)]
    assert statuses == [400] * 5 + [429]


@pytest.mark.parametrize(
    "line", ["x", f"{NOWHERE}", "id pod", f"{NOWHERE} pod x", f"{NOWHERE} pod -1", f"{NOWHERE} a b c"]
)
def test_a_line_that_is_no_place_is_told_by_its_number(line: str) -> None:
    with pytest.raises(MalformedError) as refusal:
        whereabouts(f"{NOWHERE} https://pod.example\n{line}")
    assert refusal.value.refused.facts == {"line": 2}


def test_a_private_groups_line_ends_in_a_number() -> None:
    (place,) = whereabouts(f"\n {NOWHERE}\thttps://pod.example/ 17 \n\n")
    assert (place.group, place.pod, place.recovery) == (NOWHERE, "https://pod.example", 17)


def test_about_says_who_runs_it_and_what_it_can_do(here: ServedPod) -> None:
    page = Browser(here).get("/about").text
    assert "could write and vote in their names" in page
    assert "WCAG 2.2" in page
    assert '<html lang="sv">' in Browser(here, "sv").get("/about").text


def test_mg_02_the_words_name_each_membership_whose_recovery_key_isnt_of_them(
    here: ServedPod,
) -> None:
    person, browser = settle(here, "cy"), Browser(here).sign_in("cy")

    def founds(name: str) -> str:
        return str(person.post("/api/v1/groups", {"name": name, "weight": 3000})["group"])

    mine = founds("The mill")
    here.act(partial(keep_strange_key, own=mine))
    strange = founds("The choir")

    told = browser.submit(browser.get("/settings/words"), "/words/all", phrase=person.account["phrase"])

    assert told.status == 200
    (notice,) = re.findall(r'<section class="notice".*?</section>', told.text, re.DOTALL)
    assert "The choir" in notice
    assert strange in notice
    assert "The mill" not in notice
    assert mine not in notice
    assert "You have shown that you have them." in told.text
    assert 'class="notice"' not in browser.get("/settings/words").text, "the words are forgotten"


async def keep_strange_key(deps: Deps, own: str) -> None:
    """The pod keeps somebody else's recovery key for the next group of the person who founded `own`."""
    owner = select(RECOVERY_KEYS.c.account_id).where(RECOVERY_KEYS.c.used_by == own).scalar_subquery()
    unused = RECOVERY_KEYS.c.account_id == owner, RECOVERY_KEYS.c.used_by.is_(None)
    following = select(func.min(RECOVERY_KEYS.c.index)).where(*unused).scalar_subquery()
    changed = update(RECOVERY_KEYS).where(*unused, RECOVERY_KEYS.c.index == following)

    async def action(session: AsyncSession) -> None:
        await session.execute(changed.values(did=PrivateKey.from_seed(b"s" * 32).did))

    await deps.store.write(action)
