"""What keeps words of polls, of what is said in them and of delegates from a reader; and each without it."""

from __future__ import annotations

from typing import Final

from tests.reading.canaries import FOUNDER, MEMBER, STRANGER
from tests.reading.rule_guards import Guard

READING: Final = "pod/actions/reading"
POLL_GUARDS: Final = (
    Guard(
        "a poll that the floor hides is no note for other software",
        f"{READING}/decisions/poll_notes.py",
        "if visible.withheld:",
        "if False:",
        (STRANGER,),
        near="/records/",
        behind=((f"{READING}/decisions/polls.py", '"" if withheld else said.title,', "said.title,"),),
    ),
    Guard(
        "what the floor hides of a poll or a delegate is no object for other software",
        f"{READING}/post/told.py",
        "if await list_unhosted(session, deps, [PostTarget(record).token for record in records]):",
        "if False:",
        (STRANGER,),
        near="/records/",
    ),
    Guard(
        "a poll that the floor hides has no title",
        f"{READING}/decisions/polls.py",
        'title="" if withheld else said.title,',
        "title=said.title,",
        (STRANGER,),
        near="/api/v1/groups",
    ),
    Guard(
        "a poll that the floor hides has no goal",
        f"{READING}/decisions/polls.py",
        "goal=None if withheld else said.goal,",
        "goal=said.goal,",
        (STRANGER,),
        near="/api/v1/groups",
    ),
    Guard(
        "an option of a poll that the floor hides has no title",
        f"{READING}/decisions/poll_words.py",
        '"" if withheld else option.title,',
        "option.title,",
        (STRANGER,),
        near="/api/v1/groups",
    ),
    Guard(
        "a proposal or prediction that the floor hides has no words",
        f"{READING}/decisions/poll_words.py",
        "if withheld or token in unhosted}",
        "if withheld}",
        (STRANGER,),
        near="/api/v1/groups",
    ),
    Guard(
        "a delegate whose statement the floor hides says nothing",
        f"{READING}/decisions/delegates.py",
        '"" if withheld else said.statement',
        "said.statement",
        (STRANGER,),
        near="/api/v1/groups",
    ),
    Guard(
        "lists name no poll that the floor hides",
        f"{READING}/decisions/poll_titles.py",
        "if tokens[poll] not in hidden}",
        "}",
        (STRANGER, MEMBER, FOUNDER),
    ),
    Guard(
        "nobody is told what an earlier poll asked that the floor hides",
        f"{READING}/decisions/questions.py",
        "if tokens[poll.id] not in hidden]",
        "]",
        (STRANGER, MEMBER),
        near="/g/",
    ),
)
