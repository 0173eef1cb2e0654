"""Members are told until when they stay on rolls, in time to say that they are still here."""

from __future__ import annotations

from tests.pod.web.decisions.parish import DAY, settle
from tests.support.rig import ServedPod, eventually


def test_a_member_who_only_reads_is_asked_in_time_and_stays_on_the_rolls_by_one_press(pod: ServedPod) -> None:
    parish = settle(pod)
    bo, board, how = parish.browser("bo"), f"/g/{parish.group}/polls", f"/g/{parish.group}/how-we-decide"
    assert "keeps you on the rolls of polls that open until" in bo.get(how).text
    assert "still here" not in bo.get(board).text
    assert "still here" not in parish.browser("eve").get(how).text
    parish.pass_time(340 * DAY)
    bo = parish.browser("bo")

    asked = eventually(lambda: (page := bo.get(board)) and "still here" in page.text and page)

    assert "still here" not in parish.browser().get(board).text
    bo.press(asked, "I'm still here")
    eventually(lambda: "still here" not in bo.get(board).text)
    parish.pass_time(40 * DAY)
    poll = parish.ask()
    assert parish.seen("bo", poll)["on_roll"] is True
    cy = parish.browser("cy")
    assert "of new polls you are on none" in cy.get(board).text
    assert parish.seen("cy", poll)["on_roll"] is False
    assert "say that you are still here" in cy.get(parish.path(poll)).text
