"""What a poll says to people of other software, who can't vote in it; in the poll's language if it is one of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pod.actions.reading.decisions.poll_notes import PollNote
from pod.actions.reading.decisions.poll_words import VisibleOption
from pod.translations import DEFAULT, LANGUAGES, Translator, translator_for
from protocol.records.content import NO, YES, Paragraph

MOST_OPTIONS: Final = 20  # others stand on the poll's page


def note_words(note: PollNote) -> tuple[list[Paragraph], str]:
    """The paragraphs of a poll's note, and the sentence that leads to its page."""
    language = note.poll.language.partition("-")[0].lower()
    say = translator_for(language if language in LANGUAGES else DEFAULT)
    return list(_paragraphs(say, note)), _where(say, note)


def _paragraphs(say: Translator, note: PollNote) -> Iterator[Paragraph]:
    yield Paragraph("heading-2", note.poll.title)
    yield from note.poll.paragraphs
    yield from _options(say, note)
    yield Paragraph("text", _until(say, note))


def _options(say: Translator, note: PollNote) -> Iterator[Paragraph]:
    """What can be chosen, as a list; whether to accept something needs none."""
    poll = note.poll
    if poll.kind == "for-against":
        return
    options = [one for one in poll.options if poll.round == 1 or one.id in poll.votable or note.chosen is not None]
    for one in options[:MOST_OPTIONS]:
        yield Paragraph("list-item", _name(say, one))
    if len(options) > MOST_OPTIONS:
        rest = len(options) - MOST_OPTIONS
        yield Paragraph("text", say.many("And %(count)s more option.", "And %(count)s more options.", rest))
    if note.times is not None and poll.lengths.proposals and poll.round == 1 and note.chosen is None:
        yield Paragraph(
            "text",
            say("Members propose what can be chosen until %(moment)s.", moment=say.moment(note.times.proposals_end)),
        )


def _name(say: Translator, option: VisibleOption) -> str:
    if option.withheld:
        return say("An option whose words this pod doesn't show")
    if option.start is None:
        return option.title
    start = say.moment(option.start)
    dates = f"{start} – {say.moment(option.end)}" if option.end is not None else start
    return f"{option.title} ({dates})" if option.title else dates


def _until(say: Translator, note: PollNote) -> str:
    """Until when members vote, or what they decided."""
    times = note.times
    if note.chosen is not None:
        return _decided(say, note, note.chosen)
    if times is None:
        return say("The voting isn't open yet.")
    return say(
        "Members vote from %(start)s until %(end)s.",
        start=say.moment(times.voting_start),
        end=say.moment(times.voting_end),
    )


def _decided(say: Translator, note: PollNote, chosen: tuple[str, ...]) -> str:
    if chosen == (YES,):
        return say("The vote is over: it was accepted.")
    if chosen == (NO,) or (not chosen and note.counted and note.poll.kind == "for-against"):
        return say("The vote is over: it wasn't accepted.")
    names = [_name(say, one) for one in note.poll.options if one.id in chosen]
    if names:
        return say("The vote is over: “%(name)s” was chosen.", name=", ".join(names))
    if not note.counted:
        return say("The vote is over: too few voted, so nothing was decided.")
    return say("The vote is over: nothing was chosen.")


def _where(say: Translator, note: PollNote) -> str:
    if note.chosen is not None:
        return say("Result, which anybody can count anew:")
    return say("This is a vote of the group's members. Members vote on their own pod:")
