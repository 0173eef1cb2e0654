"""Without the words a page says whom to ask for an invitation, and drafts it; who is invited anew has a new number."""

from __future__ import annotations

import html
import re

from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.rig import ServedPod, eventually

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
