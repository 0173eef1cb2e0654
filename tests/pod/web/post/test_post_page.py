"""The page of a post: lenses, layers, votes, versions, comments; what it counts is what the API says."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.support.browsing import Browser, Seen
from tests.support.reading_room import ReadingRoom, a_reading_room, write
from tests.support.rig import ServedPod, eventually

VOID = {"input", "img", "br", "hr", "meta", "link"}


@pytest.fixture(scope="module")
def room(pod: ServedPod) -> ReadingRoom:
    return a_reading_room(pod)


class _Part(HTMLParser):
    """The text of an element by its id."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted, self.depth, self.text, self.pressed = wanted, 0, "", False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        if self.depth or dict(attrs).get("id") == self.wanted:
            self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        if self.depth and tag not in VOID:
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        self.text += data if self.depth else ""


def part(page: Seen, anchor: str) -> str:
    reader = _Part(anchor)
    reader.feed(page.text)
    return " ".join(reader.text.split())


def anchor(record: str, index: int) -> str:
    return f"p-{record[-12:]}-{index}"


def pressed(page: Seen, target: str) -> list[str]:
    """What the pressed buttons of a target would do."""
    return re.findall(rf'value="(\w+):{re.escape(target)}"[^>]*aria-pressed="true"', page.text)


def press(browser: Browser, page: Seen, act: str) -> Seen:
    form = next(form for form in page.forms if form.action.endswith("/acts"))
    assert act in [value for _, value, _ in form.buttons], act
    return browser.post(form.action, [*form.fields, ("act", act)])


def bar(page: Seen) -> str:
    return re.sub(r"<[^>]+>| +", " ", page.text.split("<summary>")[1].split("</summary>")[0])


def test_md_01_two_lenses_show_two_texts_at_one_address_and_the_bar_counts(room: ReadingRoom) -> None:
    reader = room.browser()
    own, strict = reader.get(room.at()), reader.get(room.at(f"?lens={room.strict}"))
    assert "Lens: Parish council" in " ".join(bar(own).split())
    assert "1 paragraph hidden" in bar(own)
    assert "1 other version" in bar(own)
    assert "Strict readers" in bar(strict)
    for query, page in (("", own), (f"lens={room.strict}", strict)):
        asked = {"lens": room.strict} if query else {}
        for paragraph in room.seen(**asked)["paragraphs"]:
            shown = part(page, anchor(paragraph["record"], paragraph["index"]))
            assert shown.startswith(paragraph["text"]) == (paragraph["shown"] or paragraph["instead"] is None), (
                paragraph
            )
    assert "We should ask the county and the state" in part(strict, anchor(room.edit, 0))
    assert f'href="{room.at(f"?lens={room.strict}")}"' in own.text, "one click switches"


def test_md_01_a_form_without_scripts_changes_the_lens(room: ReadingRoom) -> None:
    reader = room.browser()
    page = reader.get(room.at("?mode=wiki"))
    switched = reader.submit(page, room.at(), lens=[room.strict], combine="all", showing="undecided")
    assert switched.path == room.at(f"?mode=wiki&lens={room.strict}&combine=all&showing=undecided")
    assert "Strict readers" in bar(switched)


def test_md_02_two_readers_see_the_same_at_one_address(room: ReadingRoom) -> None:
    path = room.at(f"?lens={room.strict}&lens={room.group}&combine=all")
    one, other = (re.sub(r"\s+", " ", room.browser().get(path).text) for _ in range(2))
    assert one == other
    signed = room.browser("eve").get(path)
    for paragraph in room.seen()["paragraphs"]:
        at = anchor(paragraph["record"], paragraph["index"])
        assert part(signed, at).startswith(paragraph["text"]) == (paragraph["text"] in one.split(f'id="{at}"')[1][:500])


def test_md_04_what_the_lens_hides_leaves_a_counted_trace_with_layer_and_reason(room: ReadingRoom) -> None:
    page = room.browser().get(room.at())
    (folded,) = re.findall(r'<details class="folded">.*?</details>', page.text, re.DOTALL)
    assert '<span class="layer layer-lens">Your lens</span>' in folded
    assert "1 paragraph: hidden in this lens; score below 0" in folded
    assert "see anyway" in folded
    assert "This costs too much" in folded


def test_md_04_what_one_hides_oneself_is_told_apart_and_can_be_shown_again(room: ReadingRoom) -> None:
    browser = room.browser("eve")
    page = browser.get(room.at("?mode=wiki"))
    hidden = press(browser, page, f"hide:{room.post}.3")
    assert hidden.path.startswith(room.at("?mode=wiki&said=hidden"))
    assert '<span class="layer layer-own">You</span> 1 paragraph: hidden by you' in hidden.text
    assert "hidden by you" not in room.browser("bo").get(room.at()).text
    assert "hidden by you" not in press(browser, hidden, f"unhide:{room.post}.3").text


def test_md_04_a_muted_writer_is_hidden_for_the_reader_alone(room: ReadingRoom) -> None:
    browser = room.browser("eve")
    page = browser.get(room.at())
    muted = press(browser, page, f"mute:{room.post}")
    assert "you muted its writer" in muted.text
    assert '<span class="layer layer-own">You</span>' in muted.text
    assert "you muted its writer" not in room.browser("bo").get(room.at()).text
    assert "you muted its writer" not in press(browser, muted, f"unmute:{room.post}").text


def test_md_14_an_author_reads_the_own_hidden_text_with_the_reason(room: ReadingRoom) -> None:
    page = room.browser("ada").get(room.at())
    (folded,) = re.findall(r'<details class="folded" open>.*?</details>', page.text, re.DOTALL)
    assert "This costs too much" in folded
    assert "score below 0" in folded
    assert "You wrote this" in folded


def test_md_10_each_paragraph_has_a_permalink_votes_comments_and_an_edit(room: ReadingRoom) -> None:
    page = room.browser("bo").get(room.at("?mode=wiki"))
    for index in (0, 1, 3, 4, 5):
        at = anchor(room.post, index)
        assert f'id="{at}"' in page.text
        assert f'href="#{at}"' in page.text
        assert f"{room.at()}/paragraphs/{room.post}/{index}/edit" in page.text
        assert f'value="up:{room.post}.{index}"' in page.text
    assert 'aria-label="Vote for paragraph 1"' in page.text
    assert "1 comment" in part(page, anchor(room.post, 1))


def test_md_10_a_thread_opens_under_its_paragraph_by_a_link(room: ReadingRoom) -> None:
    browser = room.browser()
    assert "The pump was changed" not in browser.get(room.at()).text
    page = browser.get(room.at(f"?thread={room.post}.1"))
    assert "The pump was changed in 1950." in part(page, anchor(room.post, 1))


def test_md_10_comments_on_hidden_paragraphs_are_collected_and_not_lost(room: ReadingRoom) -> None:
    assert "Cows drink, too." in room.browser().get(room.at()).text.split('id="orphans"')[1].split('id="answers"')[0]
    everything = room.browser().get(room.at("?showing=everything"))
    assert 'id="orphans"' not in everything.text
    assert "This costs too much" in part(everything, anchor(room.post, 6))


def test_md_11_a_vote_is_pressed_changed_and_taken_back_and_counts_once(room: ReadingRoom) -> None:
    browser = room.browser("bo")
    target = f"{room.post}.4"
    page = browser.get(room.at("?mode=wiki"))
    assert pressed(page, target) == []
    up = press(browser, page, f"up:{target}")
    assert up.path == room.at("?mode=wiki&said=voted")
    assert pressed(up, target) == ["none"]
    assert "+2.0" in part(up, anchor(room.post, 4))
    log = records(room)
    again = browser.post(room.at("/acts"), [*acts(page), ("act", f"up:{target}")])
    assert "+2.0" in part(again, anchor(room.post, 4)), "sent twice it counts once"
    assert records(room) == log, "and no second record is written"
    down = press(browser, again, f"down:{target}")
    assert "−2.0" in part(down, anchor(room.post, 4))
    back = press(browser, browser.get(room.at("?mode=wiki&showing=everything")), f"none:{target}")
    assert "0.0" in part(back, anchor(room.post, 4))
    assert pressed(back, target) == []


def acts(page: Seen) -> list[tuple[str, str]]:
    return next(form for form in page.forms if form.action.endswith("/acts")).fields


def records(room: ReadingRoom) -> int:
    """How many records the group has, once all are in its log."""

    def settled() -> int:
        # What waits is asked for first: a seal between the two questions would empty it behind an older size.
        waits = room.ada.get(f"/groups/{room.group}/pending")["records"]
        log = room.ada.get(room.api())["log"]
        return 0 if waits or log["held"] != log["size"] else int(log["size"])

    return int(eventually(settled))


def test_md_11_a_post_is_voted_on_and_the_page_comes_back_to_its_place(room: ReadingRoom) -> None:
    browser = room.browser("cy")
    page = browser.get(room.at())
    assert pressed(page, room.post) == ["none"], "cy voted against it"
    assert pressed(press(browser, page, f"none:{room.post}"), room.post) == []
    room.vote(room.cy, room.post, None, -500)


@pytest.mark.parametrize("act", ["", "up", "fly:x", "up:x", "up:{post}.x", "mute:{post}.1", "delete:{post}"])
def test_md_11_a_button_that_no_page_has_is_refused(room: ReadingRoom, act: str) -> None:
    browser = room.browser("bo")
    fields = acts(browser.get(room.at()))
    assert browser.post(room.at("/acts"), [*fields, ("act", act.format(post=room.post))]).status == 400


def test_md_11_who_is_no_member_may_not_vote(room: ReadingRoom) -> None:
    browser = room.browser("eve")
    answer = browser.post(room.at("/acts"), [*acts(browser.get(room.at())), ("act", f"up:{room.post}")])
    assert answer.status == 403
    assert "You aren&#39;t a member of this group" in answer.text


def test_md_10_a_writer_deletes_a_paragraph_and_restores_it(room: ReadingRoom) -> None:
    post = write(room.ada, room.group, [("text", "Stays."), ("text", "Goes.")])
    path = f"/g/{room.group}/posts/{post}"
    browser = room.browser("ada")
    gone = press(browser, browser.get(f"{path}?mode=wiki"), f"delete:{post}.1")
    assert "marked away by the post&#39;s author" in gone.text
    assert f'href="{path}?thread' not in browser.get(path).text
    back = press(browser, gone, f"restore:{post}.1")
    assert "marked away" not in back.text
    assert [p["shown"] for p in room.ada.get(room.api(f"/posts/{post}"))["paragraphs"]] == [True, True]


def test_md_10_an_older_version_is_restored_in_place_of_the_newer(room: ReadingRoom) -> None:
    post = write(room.ada, room.group, [("text", "First words.")])
    first = {"record": post, "index": 0}
    for text in ("Second words.", "Third words."):
        adds, marks = (
            [{"style": "text", "text": text, "after": first}],
            [{"paragraph": first, "replaced_by": {"index": 0}}],
        )
        first = {"record": room.patch(room.ada, post, adds=adds, marks=marks), "index": 0}
    browser = room.browser("ada")
    page = browser.get(f"/g/{room.group}/posts/{post}?mode=wiki")
    assert "2 other versions" in page.text
    press(browser, page, f"restore:{post}.0")
    shown = [p["text"] for p in room.ada.get(room.api(f"/posts/{post}"))["paragraphs"] if p["shown"]]
    assert shown == ["First words."]


def test_md_10_everybody_else_restores_by_voting(room: ReadingRoom) -> None:
    browser = room.browser("cy")
    press(browser, browser.get(room.at("?mode=wiki")), f"restore:{room.post}.6")
    assert room.seen()["paragraphs"][-1]["score"] == -1_000_000
    room.vote(room.cy, room.post, 6, 0)


def test_a_write_shows_at_once_in_every_held_page(room: ReadingRoom) -> None:
    reader, sv = room.browser(), room.browser(language="sv")
    paths = [room.at(), room.at("?mode=wiki"), room.at(f"?lens={room.strict}")]
    before = [browser.get(path).text for browser in (reader, sv) for path in paths]
    write(room.bo, room.group, [("text", "Just now.")], reply_to={"record": room.post})
    after = [browser.get(path).text for browser in (reader, sv) for path in paths]
    assert all("Just now." not in text for text in before)
    assert all("Just now." in text for text in after)


def test_an_anonymous_page_has_no_token_and_no_form_that_writes(room: ReadingRoom) -> None:
    for path in (room.at(), room.at("?mode=wiki"), room.at(f"?thread={room.post}.1")):
        page = room.browser().get(path)
        assert [form for form in page.forms if form.method == "post"] == []
        assert "form_token" not in page.text
        assert "/sign-in?to=" in page.text


def test_ax_06_the_page_speaks_swedish_and_marks_the_language_of_the_text(room: ReadingRoom) -> None:
    page = room.browser(language="sv").get(room.at())
    assert "stycke dolt" in page.text
    assert '<div class="prose" lang="en">' in page.text
    assert page.text.count("<h1") == 1


def test_an_erased_text_is_shown_as_such(room: ReadingRoom) -> None:
    post = write(room.bo, room.group, [("text", "I regret this.")], title="Regrets")
    room.bo.post(room.api("/records"), {"type": "Erase", "records": [post]})
    page = room.browser().get(f"/g/{room.group}/posts/{post}")
    assert "An erased post" in page.text
    assert "erased by its author" in page.text
    for gone in ("Regrets", "I regret this."):
        assert gone not in page.text
    assert "see anyway" not in page.text
