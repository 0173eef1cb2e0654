"""A post that was patched again and again costs a page's work a page, and all of it is read by going on."""

from __future__ import annotations

import re
from typing import Any

import pytest

from moderation.lens import MOST_GROUPS
from pod.actions.reading.post.slices import MOST_CHARACTERS, MOST_PARAGRAPHS, MOST_VERSIONS, slice_from
from tests.support.browsing import Browser
from tests.support.rig import Person, RefusedByHttpError, ServedPod

PATCHES, ADDS = 12, 50


@pytest.fixture(scope="module")
def written(pod: ServedPod) -> tuple[ServedPod, Person, str]:
    ada = pod.sign_up("ada")
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Long texts", "visibility": "public"})["group"]
    paragraphs = [{"style": "text", "text": "The first word."}, {"style": "text", "text": "The last word."}]
    wish = {"kind": "article", "title": "Long", "paragraphs": paragraphs}
    post = ada.post(f"/api/v1/groups/{group}/posts", wish)["record"]
    for number in range(PATCHES):
        adds = [
            {"after": {"record": post, "index": 0}, "style": "text", "text": f"Sentence {number}.{index}."}
            for index in range(ADDS)
        ]
        ada.post(f"/api/v1/groups/{group}/records", {"type": "Patch", "post": post, "adds": adds, "marks": []})
    standing = {"record": post, "index": 1}
    for number in range(MOST_VERSIONS + 3):
        add = {"after": standing, "style": "text", "text": f"Version {number}."}
        marks = [{"paragraph": standing, "replaced_by": {"index": 0}}]
        patch = {"type": "Patch", "post": post, "adds": [add], "marks": marks}
        standing = {"record": ada.post(f"/api/v1/groups/{group}/records", patch)["record"], "index": 0}
    return pod, ada, f"/g/{group}/posts/{post}"


def pages(pod: ServedPod, path: str) -> list[str]:
    """A page and those that it leads to."""
    browser, found = Browser(pod), []
    while path:
        found.append(browser.get(path).text)
        following = re.search(r'href="([^"]+)" rel="next"', found[-1])
        path = following[1].replace("&amp;", "&") if following else ""
    return found


@pytest.mark.parametrize("query", ["", "?mode=wiki"])
def test_w8_a_long_text_is_read_page_by_page_and_whole(written: tuple[ServedPod, Person, str], query: str) -> None:
    pod, _, path = written
    found = pages(pod, path + query)
    assert len(found) == (PATCHES * ADDS + 2 + MOST_PARAGRAPHS - 1) // MOST_PARAGRAPHS
    assert all(page.count('class="paragraph"') <= MOST_PARAGRAPHS for page in found)
    told = re.findall(r"Sentence \d+\.\d+\.", "".join(found))
    assert len(told) == len(set(told)) == PATCHES * ADDS
    order = pod_order(written)
    assert told == order


def test_w8_what_is_pressed_on_a_later_page_leads_back_to_it(written: tuple[ServedPod, Person, str]) -> None:
    pod, _, path = written
    browser = Browser(pod).sign_in("ada")
    later = browser.get(f"{path}?from={MOST_PARAGRAPHS}")
    acts = next(form for form in later.forms if form.id == "acts")
    assert f"from={MOST_PARAGRAPHS}" in dict(acts.fields)["back"]


def pod_order(written: tuple[ServedPod, Person, str]) -> list[str]:
    """The sentences in the reading order that the API gives."""
    text = [one["text"] for page in answers(written, "") for one in page["paragraphs"]]
    return [one for one in text if one.startswith("Sentence")]


def answers(written: tuple[ServedPod, Person, str], below: str) -> list[dict[str, Any]]:
    """All answers of the API about the post, page by page."""
    _, ada, path = written
    found: list[dict[str, Any]] = [{"next": 0}]
    while found[-1]["next"] is not None:
        found.append(ada.get(f"/api/v1/groups/{path.removeprefix('/g/')}{below}?from={found[-1]['next']}"))
    return found[1:]


def test_w8_an_answer_of_the_api_has_an_end_and_leads_on(written: tuple[ServedPod, Person, str]) -> None:
    texts, past = answers(written, ""), answers(written, "/history")
    assert len(texts) == 4
    assert all(len(page["paragraphs"]) <= MOST_PARAGRAPHS for page in texts)
    assert len({line["record"] for page in past for line in page["history"]}) == 1 + PATCHES + MOST_VERSIONS + 3
    _, ada, path = written
    lens = [f"lens={path.split('/')[2]}"] * (MOST_GROUPS + 1)
    ada.get(f"/api/v1/groups/{path.removeprefix('/g/')}?{'&'.join(lens[1:])}")
    with pytest.raises(RefusedByHttpError) as refused:
        ada.get(f"/api/v1/groups/{path.removeprefix('/g/')}?{'&'.join(lens)}")
    assert refused.value.status == 400


def test_w8_who_wrote_what_and_what_changed_are_told_page_by_page_and_whole(
    written: tuple[ServedPod, Person, str],
) -> None:
    pod, ada, path = written
    past = ada.get(f"/api/v1/groups/{path.removeprefix('/g/')}/history")["history"]
    for below, line in (("/blame", 'class="passage"'), (f"/diff?to={past[-1]['record']}", 'class="step ')):
        found = pages(pod, path + below)
        assert len(found) > 1
        assert all(page.count(line) <= MOST_PARAGRAPHS for page in found)
        told = re.findall(r"Sentence \d+\.\d+\.", "".join(found))
        assert len(set(told)) == PATCHES * ADDS


def test_w8_a_page_has_a_few_versions_of_a_paragraph_and_leads_to_all(written: tuple[ServedPod, Person, str]) -> None:
    pod, _, path = written
    first = "".join(pages(pod, path))
    assert first.count('class="version"') == MOST_VERSIONS
    assert "All versions" in first


def test_w8_two_lenses_are_compared_page_by_page(written: tuple[ServedPod, Person, str]) -> None:
    pod, _, path = written
    found = pages(pod, f"{path}/compare")
    told = re.findall(r"Sentence \d+\.\d+\.", "".join(page.partition('class="sides"')[2] for page in found))
    assert len(found) > 1
    assert len(set(told)) == PATCHES * ADDS


def test_a_slice_ends_by_number_or_by_length_and_has_one_paragraph_at_least() -> None:
    assert slice_from(range(9), 0, lambda _: 1) == (range(9), None)
    assert slice_from(range(999), 100, lambda _: 1) == (range(100, 100 + MOST_PARAGRAPHS), 100 + MOST_PARAGRAPHS)
    assert slice_from(range(9), 3, lambda _: MOST_CHARACTERS + 1) == (range(3, 4), 4)
    assert slice_from(range(9), 3, lambda _: MOST_CHARACTERS // 2) == (range(3, 5), 5)
    assert slice_from(range(9), 10**12, lambda _: 1) == (range(8, 9), None)
    assert slice_from((), 5, lambda _: 1) == ((), None)
