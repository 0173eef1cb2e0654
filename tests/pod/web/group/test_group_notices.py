"""What stands above every page of a group: what is wrong with it, where it went on, what its reader may do."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from markupsafe import escape

from models.people.accounts import Membership
from pod.actions.chain.unconfirmed import Doubt
from pod.actions.reading.group.groups import DisputeLine, FaultLine, WithheldLine
from pod.actions.reading.group.members import Balance, Standing
from pod.actions.reading.group.page_header import HeaderSight, PodHealth
from pod.plots.items import Dot, item_line
from pod.plots.weights import WeightPiece, weight_strip
from pod.translations import translator_for
from pod.web.group.members import warning_of
from pod.web.group.page_frame import frame_of, notices_of
from protocol.chain import found
from protocol.ids import RecordId
from tests.support.community import Person, root_by

SOME = RecordId("bagaaiera" + "a" * 52)
STATE = found(root_by(Person("ada", "a"))).state
SOUND = HeaderSight(
    state=STATE,
    settled_height=0,
    founded_at=1_700_000_000_000,
    members=1,
    pods=(PodHealth("https://a.example", 1, here=True, silent=False),),
    pods_more=0,
    log_held=0,
    disputed=False,
    withheld=(),
    faults=(),
    disputes=(),
    doubts=(),
)
MEMBER = Membership(1, STATE.group, 1, STATE.members[1].signing, "nonce", 0, 0, 0, "member")


def changed(**change: Any) -> HeaderSight:
    return msgspec.structs.replace(SOUND, **change)


@pytest.mark.parametrize(
    ("change", "said", "swedish"),
    [
        ({"disputed": True}, "Disputed: pods hold different histories", "Omtvistat"),
        ({"disputes": (DisputeLine("https://b.example", SOME, SOME),)}, "Disputed", "Omtvistat"),
        (
            {"doubts": (Doubt(SOME, 8, "root_differs", "Its log is wrong."),)},
            "Not confirmed: item 8 ",
            "Inte bekräftad",
        ),
        ({"withheld": (WithheldLine(SOME, 1_700_000_000_000),)}, "has waited since 14 Nov 2023", "Undanhållet"),
        ({"faults": (FaultLine("two-items", SOME, SOME),)}, "Proven fault (two-items)", "Bevisat fel"),
    ],
)
def test_what_is_wrong_with_a_group_stands_above_its_pages(change: dict[str, Any], said: str, swedish: str) -> None:
    assert notices_of(translator_for("en"), SOUND) == []
    (notice,) = notices_of(translator_for("en"), changed(**change))
    assert said in notice
    assert notices_of(translator_for("sv"), changed(**change))[0].startswith(swedish)


@pytest.mark.parametrize(
    ("seen", "may"),
    [
        (SOUND, {"join"}),
        (changed(membership=MEMBER), {"write", "invite", "leave"}),
        (changed(membership=msgspec.structs.replace(MEMBER, number=None, state="asked")), set()),
        (changed(state=msgspec.structs.replace(STATE, visibility="private")), set()),
        (changed(state=msgspec.structs.replace(STATE, succeeded_by=SOME)), set()),
        (changed(state=msgspec.structs.replace(STATE, kind="person")), set()),
    ],
    ids=["stranger", "member", "asked", "private", "continued", "person"],
)
def test_only_what_the_reader_may_do_is_offered(seen: HeaderSight, may: set[str]) -> None:
    head = frame_of(translator_for("en"), seen, "posts", signed_in=True)
    offered = {"join": head.may_join, "write": head.may_write, "invite": head.may_invite, "leave": head.may_leave}
    assert {name for name, given in offered.items() if given} == may


def test_a_group_that_continues_elsewhere_leads_there_and_a_silent_pod_is_told() -> None:
    silent = PodHealth("https://b.example", 1, here=False, silent=True)
    state = msgspec.structs.replace(STATE, succeeded_by=SOME)
    head = frame_of(
        translator_for("en"), changed(state=state, forward=SOME, pods=(*SOUND.pods, silent)), "posts", signed_in=False
    )
    assert head.forward == f"/g/{SOME}"
    assert "2 pods, 1 silent" in head.facts
    assert [(pod.mark, pod.text) for pod in head.pods] == [("●", "answers"), ("○", "silent")]


def test_ax_05_each_plot_says_its_conclusion_and_tells_the_same_as_a_table() -> None:
    say = translator_for("en")
    dots = [
        Dot(0, "Root", "settled", "circle", settled=True, rival=False),
        Dot(1, "Seal", "not settled yet", "circle", settled=False, rival=False),
        Dot(1, "Handover", "beside the branch", "square", settled=False, rival=True),
    ]
    for plot in (item_line(say, dots), weight_strip(say, [], Fraction())):
        assert "<desc id=" in plot.svg
        assert plot.conclusion in plot.svg
        assert escape(plot.title) in plot.svg
        assert len(plot.svg) < 30_000
        assert all(len(row) == len(plot.columns) for row in plot.rows)
    assert item_line(say, dots).conclusion == "1 of 2 items are settled; 1 stand beside the branch."
    assert "&lt;" in weight_strip(say, _pieces("<b>"), Fraction()).svg


@pytest.mark.parametrize(
    ("weights", "warned"), [([1000], False), ([2000, 2000], False), ([2001, 2000], True), ([2000, 1000, 1000], False)]
)
def test_more_than_half_of_all_weight_in_one_hand_is_warned_of(weights: list[int], *, warned: bool) -> None:
    whole = sum(weights)
    standings = tuple(
        Standing(number, weight, Fraction(weight, whole), Fraction(0)) for number, weight in enumerate(weights, 1)
    )
    balance = Balance(standings, Fraction(0), len(weights), whole, {})
    assert bool(warning_of(translator_for("en"), balance)) == warned


def _pieces(name: str) -> list[WeightPiece]:
    return [WeightPiece(name, 1000, Fraction(2, 3), Fraction(1)), WeightPiece("bo", 500, Fraction(1, 3), Fraction())]
