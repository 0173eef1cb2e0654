"""People talk about a poll and its parts in posts that answer their records; what they typed is never lost."""

from __future__ import annotations

import pytest

from tests.pod.web.decisions.parish import DAY, HOUR, Parish, settle
from tests.support.rig import ServedPod, eventually

LENGTHS = {"proposals": DAY, "voting": 2 * DAY, "contest": HOUR}


@pytest.fixture(scope="module")
def parish(pod: ServedPod) -> Parish:
    return settle(pod, propose=1)


@pytest.fixture(scope="module")
def poll(parish: Parish) -> str:
    return parish.ask("score", title="The well?", options=[], lengths=LENGTHS)


def test_members_comment_a_poll_and_a_proposal_each_in_its_own_thread(parish: Parish, poll: str) -> None:
    ada, bo, path = parish.browser("ada"), parish.browser("bo"), parish.path(poll)
    ada.submit(ada.get(f"{path}/proposals"), "/proposals", title="Dig deeper", text="In May.", press="Propose")
    proposal = eventually(lambda: (found := parish.seen("bo", poll)["poll"]["options"]) and found[0]["id"])
    assert f"{path}/talk" in bo.get(path).text

    told = bo.submit(bo.get(f"{path}/talk"), "/talk", text="Who asked for this?\n\nI did not.")
    about = f"{path}/talk?about={proposal}"
    ada.submit(ada.get(about), "/talk", text="May is dry.")

    assert "Your reply is written" in told.text
    eventually(lambda: "Who asked for this?" in ada.get(f"{path}/talk").text)
    whole, thread = parish.browser().get(f"{path}/talk").text, parish.browser().get(about).text
    assert "I did not." in whole
    assert "May is dry." not in whole
    assert "May is dry." in thread
    assert "Who asked for this?" not in thread
    assert whole.count("1 comment") == 2
    assert about in ada.get(f"{path}/proposals").text
    assert "answered you" in ada.get("/notifications").text
    told_by_api = parish.people["cy"].get(f"/api/v1/groups/{parish.group}/polls/{poll}/comments?about={proposal}")
    assert [[one["text"] for one in line["paragraphs"]] for line in told_by_api["comments"]] == [["May is dry."]]
    assert told_by_api["counts"] == {poll: 1, proposal: 1}


def test_the_comment_s_own_page_leads_back_to_the_poll(parish: Parish, poll: str) -> None:
    bo, path = parish.browser("bo"), parish.path(poll, "/talk")
    bo.submit(bo.get(path), "/talk", text="Leads back.")
    posts = parish.people["bo"].get(f"/api/v1/groups/{parish.group}/posts")["posts"]
    comment = next(one["post"] for one in posts if one.get("reply_to") == poll)

    page = bo.get(f"/g/{parish.group}/posts/{comment}").text

    assert "a comment on the poll The well?" in page
    assert f'href="{path}"' in page


def test_a_refused_comment_is_shown_again_and_other_records_have_no_thread(parish: Parish, poll: str) -> None:
    bo, path = parish.browser("bo"), parish.path(poll, "/talk")

    empty = bo.submit(bo.get(path), "/talk", text="\u200b")
    stranger = parish.browser("eve").get(path).text
    missing = bo.get(f"{path}?about={parish.group}")

    assert empty.status == 400
    assert "Write something first" in empty.text
    assert "\u200b" in empty.text
    assert "<textarea" not in stranger
    assert missing.status == 404
