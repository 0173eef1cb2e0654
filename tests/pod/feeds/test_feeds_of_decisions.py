"""iCalendar and Atom of phases: what the standards ask for, who reads what, and what moves under one name."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from pod.feeds.atom import NAMESPACE, Feed, FeedEntry, atom_of
from pod.feeds.ical import LONGEST_LINE, CalendarEvent, calendar_of
from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.rig import Person, ServedPod, eventually

HOUR = 3_600_000
DAY = 24 * HOUR
Properties = dict[str, str]


def _fits_for_others(file: bytes, events: list[Properties]) -> None:
    """The same events as another program reads them, which found no fault in the file."""
    calendar = Calendar.from_ical(file)
    found = calendar.walk("VEVENT")
    assert calendar.errors == []
    assert [(str(one["UID"]), one.errors) for one in found] == [(event["UID"], []) for event in events]
    starts = [one.decoded("DTSTART").strftime("%Y%m%dT%H%M%SZ") for one in found]
    assert starts == [event["DTSTART"] for event in events]


def read_calendar(file: bytes) -> tuple[Properties, list[Properties]]:
    """What stands in the file, read as RFC 5545 says; whatever breaks its rules is an error of the test."""
    text = file.decode()
    assert text.endswith("\r\n")
    lines = text[:-2].split("\r\n")
    assert all(
        len(line.encode()) <= LONGEST_LINE and not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", line) for line in lines
    )
    unfolded = re.sub("\r\n ", "", text)[:-2].split("\r\n")
    whole: Properties = {}
    events: list[Properties] = []
    inside: list[str] = []
    for line in unfolded:
        name, colon, value = line.partition(":")
        assert colon, line
        match name:
            case "BEGIN":
                inside.append(value)
                events += [{}] if value == "VEVENT" else []
            case "END":
                assert inside.pop() == value
            case _:
                found = events[-1] if inside[-1] == "VEVENT" else whole
                assert name not in found
                found[name] = value
    assert inside == []
    assert (whole["VERSION"], whole["PRODID"][:3]) == ("2.0", "-//")
    for event in events:
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= event.keys()
        assert all(re.fullmatch(r"\d{8}T\d{6}Z", event[name]) for name in ("DTSTAMP", "DTSTART", "DTEND"))
    assert len({event["UID"] for event in events}) == len(events)
    _fits_for_others(file, events)
    return whole, events


def plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], text)


def instant(text: str) -> int:
    return int(datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp() * 1000)


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


@given(WORDS, WORDS, st.integers(0, 2**53))
def test_dc_29_any_words_make_a_file_that_reads_back(summary: str, text: str, start: int) -> None:
    event = CalendarEvent("a@b", 3, start, start, start + HOUR, summary, text, "https://pod.example/x", summary)

    _, (read,) = read_calendar(calendar_of(summary, [event]))

    kept = "".join(letter for letter in summary.replace("\r\n", "\n") if letter == "\n" or letter.isprintable())
    assert plain(read["SUMMARY"]) == kept
    assert read["SEQUENCE"] == "3"


@given(WORDS)
def test_dc_29_any_words_make_xml(text: str) -> None:
    entry = FeedEntry("urn:x:1", text, 5000, text, "https://pod.example/x", text)
    root = fromstring(atom_of(Feed("urn:x", text, "https://pod.example/a", "https://pod.example", "sv", 0, [entry])))

    assert root.tag == f"{{{NAMESPACE}}}feed"
    assert root.findtext(f"{{{NAMESPACE}}}updated") == "1970-01-01T00:00:05Z"


@pytest.fixture(scope="module")
def people(pod: ServedPod) -> tuple[Person, Person]:
    ada, bo = pod.sign_up("ada"), pod.sign_up("bo")
    pod.start()
    return ada, bo


@pytest.fixture(autouse=True)
def clock(pod: ServedPod) -> Iterator[None]:
    yield
    pod.set_clock(0)


def fetched(pod: ServedPod, path: str, **headers: str) -> tuple[int, Message, bytes]:
    request = urllib.request.Request(pod.url + path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def scheduled(pod: ServedPod, path: str, word: str = "VEVENT") -> None:
    """Wait until an open poll has its deadlines, which come a moment after its opening."""
    eventually(lambda: word.encode() in fetched(pod, path)[2])


def asked(person: Person, title: str, visibility: str = "public") -> tuple[str, str]:
    group = person.post("/api/v1/groups", {"name": f"Parish, {visibility}", "visibility": visibility, "weight": 3000})
    lengths = {"proposals": DAY, "voting": 2 * DAY, "contest": DAY}
    wish = {"kind": "approval", "title": title, "lengths": lengths, "options": [{"title": "A"}, {"title": "B"}]}
    poll = person.post(f"/api/v1/groups/{group['group']}/polls", wish)["record"]
    eventually(lambda: person.get(f"/api/v1/groups/{group['group']}/polls/{poll}")["poll"]["times"])
    return group["group"], poll


def made(pod: ServedPod, name: str) -> tuple[str, str]:
    """The paths of somebody's own calendar and feed, made anew in the settings."""
    browser = Browser(pod).sign_in(name)
    page = browser.submit(browser.get("/settings/feeds"), "/settings/feeds")
    calendar, atom = re.findall(r'<code class="secret">http://[^/]+(/feeds/[^<]+)</code>', page.text)
    assert calendar not in browser.get("/settings/feeds").text
    return calendar, atom


def test_dc_29_a_groups_calendar_has_each_phase_once_under_a_name_that_stays(
    pod: ServedPod, people: tuple[Person, Person]
) -> None:
    group, poll = asked(people[0], "Dig; deeper, or not?")
    scheduled(pod, f"/g/{group}/polls.ics")

    status, headers, file = fetched(pod, f"/g/{group}/polls.ics")

    whole, events = read_calendar(file)
    times = people[0].get(f"/api/v1/groups/{group}/polls/{poll}")["poll"]["times"]
    assert status == 200
    assert headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert plain(whole["NAME"]) == "Decisions of Parish, public"
    assert [plain(event["SUMMARY"]) for event in events] == [
        "Proposals: Dig; deeper, or not?",
        "Voting: Dig; deeper, or not?",
        "May be contested: Dig; deeper, or not?",
    ]
    ends = [(instant(event["DTSTART"]), instant(event["DTEND"])) for event in events]
    assert ends == [
        (times["opened_at"] // 1000 * 1000, times["bets_end"] // 1000 * 1000),
        (times["bets_end"] // 1000 * 1000, times["voting_end"] // 1000 * 1000),
        (times["voting_end"] // 1000 * 1000, times["contest_end"] // 1000 * 1000),
    ]
    assert {event["UID"].partition("@")[2] for event in events} == {pod.host}
    # A copy that is still right isn't sent again.
    assert fetched(pod, f"/g/{group}/polls.ics", If_None_Match=headers["ETag"])[0] == 304
    swedish = fetched(pod, f"/g/{group}/polls.ics", Accept_Language="sv")[2]
    assert "Röstning: Dig" in swedish.decode()


def test_dc_29_a_phase_that_moves_keeps_its_name_and_counts_on(pod: ServedPod, people: tuple[Person, Person]) -> None:
    ada, _ = people
    group, poll = asked(ada, "Late?")
    scheduled(pod, f"/g/{group}/polls.ics")
    before = {event["UID"]: event for event in read_calendar(fetched(pod, f"/g/{group}/polls.ics")[2])[1]}
    pod.set_clock(3 * DAY + 5 * HOUR)
    eventually(lambda: ada.get(f"/api/v1/groups/{group}/polls/{poll}")["poll"]["phase"] == "provisional")

    after = {event["UID"]: event for event in read_calendar(fetched(pod, f"/g/{group}/polls.ics")[2])[1]}

    (contest,) = [uid for uid in before if "-contest@" in uid]
    assert after.keys() == before.keys()
    assert after[contest]["DTEND"] > before[contest]["DTEND"]
    assert int(after[contest]["SEQUENCE"]) > int(before[contest]["SEQUENCE"])
    assert [after[uid] for uid in after if uid != contest] == [before[uid] for uid in before if uid != contest]


def test_dc_29_a_chosen_date_stands_in_the_calendar_until_it_is_over(
    pod: ServedPod, people: tuple[Person, Person]
) -> None:
    ada, _ = people
    group = ada.post("/api/v1/groups", {"name": "Parish, dates", "weight": 3000})["group"]
    start = ada.get(f"/api/v1/groups/{group}/items")["items"][0]["at"] // 1000 * 1000 + 60 * DAY
    options = [{"title": "The well", "start": start + late, "end": start + late + HOUR} for late in (0, DAY)]
    wish = {"kind": "date", "title": "When?", "lengths": {"voting": DAY, "contest": DAY}, "options": options}
    poll = ada.post(f"/api/v1/groups/{group}/polls", wish)["record"]
    path = f"/api/v1/groups/{group}/polls/{poll}"
    eventually(lambda: ada.get(path)["poll"]["phase"] == "voting")
    ada.post(f"{path}/ballots", {"approvals": ["01"]})
    eventually(lambda: ada.get(path)["own"]["index"] is not None)

    def date() -> Properties:
        events = read_calendar(fetched(pod, f"/g/{group}/polls.ics")[2])[1]
        return next((event for event in events if "-date@" in event["UID"]), {})

    assert date() == {}
    pod.set_clock(DAY + HOUR)
    eventually(lambda: date().get("STATUS") == "TENTATIVE")
    first = date()
    assert (first["SUMMARY"], instant(first["DTSTART"]) - start, first["TRANSP"]) == (
        *("When?: The well", DAY),
        "TRANSPARENT",
    )
    pod.set_clock(3 * DAY)
    eventually(lambda: date().get("STATUS") == "CONFIRMED")
    assert (date()["UID"], date()["TRANSP"]) == (first["UID"], "OPAQUE")
    assert int(date()["SEQUENCE"]) > int(first["SEQUENCE"])
    pod.set_clock(55 * DAY)
    # Calendars are made anew when something is written.
    ada.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": [{"style": "text", "text": "Soon."}]})
    assert date()["DTSTART"] == first["DTSTART"], "long after the poll, and before the date"


def test_dc_29_ones_own_feeds_have_all_ones_groups_and_stop_with_their_secret(
    pod: ServedPod, people: tuple[Person, Person]
) -> None:
    ada, bo = people
    secret_group, _ = asked(ada, "Behind closed doors", "private")
    calendar, atom = made(pod, "ada")
    scheduled(pod, calendar, "doors")
    status, headers, file = fetched(pod, calendar)
    _, events = read_calendar(file)
    assert status == 200
    assert headers["Cache-Control"].startswith("private")
    assert "Voting: Behind closed doors" in {event["SUMMARY"] for event in events}
    feed = fromstring(fetched(pod, atom)[2])
    titles = [node.findtext(f"{{{NAMESPACE}}}title") for node in feed.findall(f"{{{NAMESPACE}}}entry")]
    assert titles[0] == "Proposals: Behind closed doors"
    assert not [title for title in titles if title and title.startswith("Voting: Behind")]  # it hasn't begun
    # Nobody else has it: not a member of nothing, not the group's open address.
    others, _ = made(pod, "bo")
    assert b"Behind closed doors" not in fetched(pod, others)[2]
    assert fetched(pod, f"/g/{secret_group}/polls.ics")[0] == 404
    assert fetched(pod, f"/g/{secret_group}/polls.atom")[0] == 404
    # A member of the group finds it without doing anything; who has left doesn't any more.
    joined(ada, secret_group, bo, 1000)
    eventually(lambda: b"Behind closed doors" in fetched(pod, others)[2])
    bo.post(f"/api/v1/groups/{secret_group}/operations", {"do": "leave", "with": {}})
    eventually(lambda: b"Behind closed doors" not in fetched(pod, others)[2])

    again, _ = made(pod, "ada")
    assert [fetched(pod, path)[0] for path in (calendar, atom, again)] == [404, 404, 200]
    browser = Browser(pod).sign_in("ada")
    browser.submit(browser.get("/settings/feeds"), "/settings/feeds/revoke")
    assert fetched(pod, again)[0] == 404
    assert fetched(pod, "/feeds/none/decisions.ics")[0] == 404


def test_dc_29_it_wasnt_me_ends_ones_feeds_too(pod: ServedPod, people: tuple[Person, Person]) -> None:
    assert people
    calendar, _ = made(pod, "bo")
    browser = Browser(pod).sign_in("bo")
    browser.submit(browser.get("/settings/not-me"), "/settings/not-me")
    assert fetched(pod, calendar)[0] == 404
