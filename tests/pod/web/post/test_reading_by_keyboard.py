"""A post is voted on, commented, edited and compared by keyboard alone, without scripts, in a real browser (MD-10)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.support.browsing import session_secret
from tests.support.chromium import Window, launched
from tests.support.reading_room import ReadingRoom, a_reading_room
from tests.support.rig import ServedPod

pytestmark = pytest.mark.slow

MOST_TABS = 400
FOCUSED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return [one.getAttribute("aria-label") || one.innerText || one.name || one.tagName,
          one.contains(seen) || (seen && seen.contains(one)), getComputedStyle(one).outlineStyle];
}"""


@pytest.fixture(scope="module")
def room(pod: ServedPod) -> ReadingRoom:
    return a_reading_room(pod)


@pytest.fixture
def page(room: ReadingRoom) -> Iterator[Page]:
    """Cy's window of a telephone's size; its pages run no script."""
    with launched() as chromium:
        window = Window(chromium, {room.pod.url}, java_script_enabled=False, viewport={"width": 360, "height": 740})
        secret, cookie = session_secret(room.pod, "cy")
        window.context.add_cookies([{"name": cookie, "value": secret, "url": room.pod.url}])
        yield window.page
        assert window.strangers == []
        window.close()


def focused(page: Page) -> tuple[str, bool, str]:
    label, uncovered, outline = page.evaluate(FOCUSED)
    return str(label), bool(uncovered), str(outline)


def tab_to(page: Page, label: str) -> list[str]:
    """Press the tabulator until something of this name has the focus; what had it on the way."""
    passed: list[str] = []
    while len(passed) < MOST_TABS:
        page.keyboard.press("Tab")
        name, uncovered, outline = focused(page)
        assert uncovered, f"{name} is covered while it has the focus"
        assert outline != "none", f"{name} shows no focus"
        if name == label:
            return passed
        passed.append(name)
    pytest.fail(f"{label} never got the focus: {passed}")


def test_md_10_the_tabulator_passes_a_paragraphs_tools_in_their_order(room: ReadingRoom, page: Page) -> None:
    page.goto(room.pod.url + room.at("?mode=wiki"))
    assert tab_to(page, "Skip to the content") == []
    tab_to(page, "Vote for paragraph 1")
    assert tab_to(page, "Vote for paragraph 2") == [
        "Vote against paragraph 1",
        "Comment",
        "Why?",
        "Suggest an edit",
        "Add below",
        "Hide paragraph 1 for me",
        "Link to this paragraph",
    ]


def test_md_11_a_vote_is_cast_and_taken_back_by_keyboard(room: ReadingRoom, page: Page) -> None:
    page.goto(room.pod.url + room.at("?mode=wiki"))
    for pressed in ("true", "false"):
        tab_to(page, "Vote for paragraph 5")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.get_by_label("Vote for paragraph 5").get_attribute("aria-pressed") == pressed
        assert page.url.endswith(f"#p-{room.post[-12:]}-4")


def test_md_10_a_comment_and_an_edit_are_written_by_keyboard(room: ReadingRoom, page: Page) -> None:
    page.goto(room.pod.url + room.at("?mode=wiki"))
    tab_to(page, "1 comment")
    page.keyboard.press("Enter")
    page.wait_for_url("**thread=*")
    tab_to(page, "text")
    page.keyboard.type("By keyboard.")
    page.keyboard.press("Tab")
    assert focused(page)[0] == "Comment"
    page.keyboard.press("Enter")
    page.wait_for_url("**said=replied*")
    assert page.get_by_text("By keyboard.").is_visible()
    page.goto(room.pod.url + room.at("?mode=wiki"))
    tab_to(page, "Suggest an edit")
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit?**")
    tab_to(page, "text")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("What went wrong")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**said=suggested*")
    assert page.get_by_text("went wrong").is_visible()


def test_md_01_the_lens_is_opened_and_switched_by_keyboard(room: ReadingRoom, page: Page) -> None:
    page.goto(room.pod.url + room.at())
    page.keyboard.press("Tab")
    while not focused(page)[0].startswith("Lens:"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    tab_to(page, "Strict readers")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**lens={room.strict}")
    assert page.get_by_text("Lens: Strict readers").is_visible()
