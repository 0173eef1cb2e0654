"""A poll in a browser: where it stands in one sentence, whether one's vote will count, and what is asked."""

from __future__ import annotations

from itertools import product

import pytest

from decisions.orderings import own_place
from decisions.phases import PollPlan, poll_times
from pod.actions.decisions.poll_course import Phase
from pod.actions.decisions.voters import Bar, Voter
from pod.actions.reading.decisions.poll_status import PollStatus, status_of
from pod.translations import translator_for
from pod.web.decisions.poll_header import round_note
from pod.web.decisions.status_sentence import relative, status_parts
from tests.pod.web.decisions.parish import DAY, HOUR, Parish, settle
from tests.support.people import joined
from tests.support.rig import RefusedByHttpError, ServedPod, eventually

NOW = 1_800_000_000_000
PLAN = PollPlan(opened_at=NOW, proposals=DAY, predictions=DAY, bets=DAY, voting=2 * DAY, contest=DAY)
TIMES = poll_times(PLAN)
# At which hour after the opening each stage is looked at.
STAGES = {
    "proposals": 1,
    "predictions": 25,
    "bets": 49,
    "voting": 73,
    "ended": 121,
    "drawing": 122,
    "counted": 121,
    "provisional": 122,
    "final": 150,
}
ROLES = {
    "guest": None,
    "off-roll": Voter(4, Bar.JOINED_LATER, 0, by_weight=False, delegate=False),
    "voter": Voter(2, None, 1, by_weight=False, delegate=False),
    "delegate": Voter(3, None, 1, by_weight=False, delegate=True),
}
# By language: the first words, what a voter can do, what a delegate's vote counts, what is next.
SAID = {
    "en": {
        "proposals": ("Now: proposals", "you can: propose", "next: predictions"),
        "predictions": ("Now: predictions", "you can: say what would follow", "next: betting"),
        "bets": ("Now: betting", "you can: bet on what would follow", "next: voting"),
        "voting": ("Now: voting", "you can: vote (you haven't yet)", "next: counted"),
        "ended": ("Now: voting has ended", "you can: wait for the count", "next: counted"),
        "drawing": ("Now: a lot is being drawn", "you can: wait for the count", "next: result, provisional"),
        "counted": ("Now: counted", "you can: read the result and count it anew", "next: result, provisional"),
        "provisional": ("Now: result, provisional", "you can: read the result", "next: result, final"),
        "final": ("Now: result, final", "you can: read the result", ""),
    },
    "sv": {
        "proposals": ("Nu: förslag", "du kan: lägga fram förslag", "sedan: förutsägelser"),
        "predictions": ("Nu: förutsägelser", "du kan: säga vad som skulle följa", "sedan: insatser"),
        "bets": ("Nu: insatser", "du kan: satsa på vad som skulle följa", "sedan: röstning"),
        "voting": ("Nu: röstning", "du kan: rösta (det har du inte gjort än)", "sedan: räknat"),
        "ended": ("Nu: röstningen är slut", "du kan: vänta på räkningen", "sedan: räknat"),
        "drawing": ("Nu: lottning pågår", "du kan: vänta på räkningen", "sedan: preliminärt resultat"),
        "counted": ("Nu: räknat", "du kan: läsa resultatet och räkna om det", "sedan: preliminärt resultat"),
        "provisional": ("Nu: preliminärt resultat", "du kan: läsa resultatet", "sedan: slutligt resultat"),
        "final": ("Nu: slutligt resultat", "du kan: läsa resultatet", ""),
    },
}
READS = {
    "en": {"guest": "members vote", "off-roll": "on the roll"},
    "sv": {"guest": "medlemmar", "off-roll": "röstlängd"},
}
ALL = ("propose", "predict", "bet")
OVER = ("ended", "drawing", "counted", "provisional", "final")


def status(stage: str, role: str, *, voted: bool = False) -> tuple[PollStatus, int]:
    now, voter = NOW + STAGES[stage] * HOUR, ROLES[role]
    delegated = 3 if role == "delegate" else 0
    return status_of(Phase(stage), TIMES, voter, voted=voted, delegated=delegated), now


@pytest.mark.parametrize(("stage", "role", "language"), list(product(STAGES, ROLES, SAID)))
def test_dc_02_the_sentence_says_phase_deed_deadline_weight_and_what_is_next(
    stage: str, role: str, language: str
) -> None:
    say = translator_for(language)
    facts, now = status(stage, role)
    first, can, following = SAID[language][stage]

    sentence = " · ".join(status_parts(say, facts, ALL, now))

    assert facts.stage == stage
    assert facts.role == role
    assert sentence.startswith(first + " · ")
    assert sentence.endswith(f" · {following}") if following else ("next" not in sentence and "sedan" not in sentence)
    if stage in OVER or role in ("voter", "delegate"):
        assert f" · {can}" in sentence
    else:
        assert READS[language][role] in sentence.split(" · ")[1]
    timed = stage not in ("ended", "drawing", "counted", "final")
    assert (facts.until is not None) == timed
    assert (say.moment(facts.until or 0) in sentence) == timed or not timed
    assert ("(in " in sentence or "(om " in sentence) == timed
    votes = ("your vote counts 1" if language == "en" else "din röst räknas som 1") in sentence
    assert votes == (role in ("voter", "delegate") and stage not in OVER)
    assert ("+3 " in sentence) == (role == "delegate" and stage not in OVER)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (2 * DAY + 4 * HOUR, "2 d 4 h"),
        (DAY, "1 d"),
        (HOUR + 60_000, "1 h 1 min"),
        (59_000, "less than a minute"),
        (0, ""),
    ],
)
def test_dc_02_the_time_that_is_left_is_said_in_its_two_largest_units(left: int, said: str) -> None:
    assert relative(translator_for("en"), left) == said


@pytest.fixture(scope="module")
def parish(pod: ServedPod) -> Parish:
    return settle(pod)


def test_dc_02_voter_guest_and_stranger_read_where_a_poll_stands_and_the_api_says_the_same(parish: Parish) -> None:
    poll = parish.ask(title="Where shall we dig?", kind="score", options=[{"title": "North"}, {"title": "South"}])

    texts = {name: parish.browser(name).get(parish.path(poll)).text for name in ("ada", "eve", "")}

    assert "you can: vote (you haven&#39;t yet)" in texts["ada"]
    assert "Your vote will count: you are on the roll of this poll." in texts["ada"]
    assert "you can: read; members vote" in texts["eve"]
    assert "Members of this group vote." in texts[""]
    assert "Sign in to vote" in texts[""]
    assert parish.path(poll, "/my-vote") in texts["ada"]
    assert parish.path(poll, "/my-vote") not in texts[""]
    for text in texts.values():
        assert "This page shows no sums of a voting while it goes on." in text
        assert "North" in text
    facts = parish.seen("ada", poll)["status"]
    assert (facts["stage"], facts["role"], facts["can"], facts["next"]) == ("voting", "voter", "vote", "counted")
    assert facts["until"] == parish.seen("ada", poll)["poll"]["times"]["voting_end"]
    assert parish.seen("eve", poll)["status"]["role"] == "guest"


def test_who_came_after_a_poll_was_opened_is_told_that_their_vote_would_not_count(parish: Parish) -> None:
    poll = parish.ask()
    joined(parish.people["ada"], parish.group, parish.people["dee"], 1000)

    text = parish.browser("dee").get(parish.path(poll)).text

    assert "Your vote wouldn&#39;t count: you became a member after this poll was opened." in text
    assert "In polls that open from now on you are on it." in text
    assert parish.seen("dee", poll)["bar"] == "joined-later"
    with pytest.raises(RefusedByHttpError) as refusal:
        parish.cast("dee", poll, choice="yes")
    assert refusal.value.problem["rule"] == "not_on_roll"


def test_options_stand_in_an_order_of_ones_own_but_dates_by_time(parish: Parish) -> None:
    options = [{"title": f"Place {number}"} for number in range(9)]
    poll = parish.ask("approval", options=options)
    seasons = {"In autumn": NOW + DAY, "In spring": NOW}
    dates = parish.ask("date", options=[{"title": name, "start": at, "end": at + HOUR} for name, at in seasons.items()])

    orders = {}
    for name in ("ada", "bo"):
        text = parish.browser(name).get(parish.path(poll)).text
        orders[name] = sorted(range(9), key=lambda number: text.index(f"Place {number}"))
    calendar = parish.browser("bo").get(parish.path(dates)).text

    assert orders["ada"] != orders["bo"]
    assert orders["ada"] == sorted(range(9), key=lambda number: own_place(1, f"{number:02}"))
    assert calendar.index("In spring") < calendar.index("In autumn")


def test_the_polls_of_a_group_are_listed_and_its_log_leads_to_them(parish: Parish) -> None:
    poll = parish.ask(title="Shall we list it?")
    parish.cast("bo", poll, choice="yes")
    eventually(lambda: parish.seen("bo", poll)["own"]["index"] is not None)
    browser = parish.browser("bo")

    listed, log = browser.get(f"/g/{parish.group}/polls").text, browser.get(f"/g/{parish.group}/log").text

    assert f'<a href="/g/{parish.group}/polls/{poll}"><bdi>Shall we list it?</bdi></a>' in listed
    assert f'<a href="/g/{parish.group}/polls"' in browser.get(f"/g/{parish.group}").text
    link = f'<a href="/g/{parish.group}/polls/{poll}"><bdi>Shall we list it?</bdi></a>'
    assert f"asked the group: {link}" in log
    assert f"cast a ballot in {link}" in log


def test_an_address_that_names_no_poll_of_this_group_is_refused(parish: Parish) -> None:
    other = parish.people["ada"].post("/api/v1/groups", {"name": "Another", "weight": 1000})["group"]
    poll = parish.ask()

    assert parish.browser("ada").get(f"/g/{other}/polls/{poll}").status == 404
    assert parish.browser("ada").get(f"/g/{parish.group}/polls/none").status in (400, 404)


@pytest.mark.parametrize("stage", ["proposals", "predictions", "bets"])
def test_dc_02_who_lacks_the_weight_for_a_phase_is_told_to_read(stage: str) -> None:
    facts, now = status(stage, "voter")
    assert "you can: read; " in status_parts(translator_for("en"), facts, (), now)[1]


def test_a_later_round_says_why_it_is_held() -> None:
    say = translator_for("en")
    assert round_note(say, 1) == ""
    assert "only those who tied can be chosen" in round_note(say, 2)
    assert "held once more" in round_note(say, 3)
