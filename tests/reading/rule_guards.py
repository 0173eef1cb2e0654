"""The rules that keep words from a reader: who may read which group, what each layer hides; and each without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.reading.canaries import BANNED, FORMER, MEMBER, MUTER, READER, STRANGER


@dataclass(frozen=True)
class Guard:
    """In `file` the text `guarded` stands once, and `open` is what it would be without the guard.

    One of `readers` must then find a word that isn't for them; addresses that begin with `near` are walked first.
    `held` is an address that a member has just read, so that the pod still holds what it loaded for it.
    `behind`: (file, guarded, open) of a guard that stands behind this one and keeps the same words; it goes with it.
    """

    name: str
    file: str
    guarded: str
    open: str
    readers: tuple[str, ...]
    near: str = "/"
    held: str = ""
    behind: tuple[tuple[str, str, str], ...] = ()

    @property
    def changes(self) -> tuple[tuple[str, str, str], ...]:
        """(file, guarded, open) of all that is taken away."""
        return ((self.file, self.guarded, self.open), *self.behind)


RULES: Final = (
    Guard(
        "a private group is open to its members alone",
        "pod/actions/access.py",
        'if view.state.visibility == "private" and not _may_read',
        "if False and not _may_read",
        (FORMER,),
    ),
    Guard(
        "a held state is given out only of groups that aren't private",
        "pod/actions/access.py",
        'if held is not None and held.state.visibility != "private":\n        return held.state',
        "if held is not None:\n        return held.state",
        (STRANGER,),
        near="/api/v1/groups/{private}/posts",
        held="/api/v1/groups/{private}/posts",
    ),
    Guard(
        "who left is no member",
        "pod/actions/access.py",
        "if membership is None or member is None or member.left:",
        "if membership is None or member is None:",
        (FORMER,),
        behind=(
            (
                "protocol/state.py",
                "return self.weight >= 0 and not self.left",
                "return self.weight >= 0",
            ),
        ),
    ),
    Guard(
        "who is black-listed isn't counted",
        "protocol/state.py",
        "return self.weight >= 0 and not self.left",
        "return not self.left",
        (BANNED,),
    ),
    Guard(
        "an unlisted group is met by its members alone",
        "pod/actions/access.py",
        'return self.state.visibility == "public" or (',
        "return True or (",
        (READER,),
        near="/g/",
    ),
    Guard(
        "lists hold public groups and one's own",
        "models/content/belonging.py",
        'return or_(GROUPS.c.visibility == "public", own)',
        "return or_(GROUPS.c.id.is_not(None), own)",
        (READER,),
        near="/g/",
    ),
    Guard(
        "lists forget a group that one left",
        "models/content/belonging.py",
        "MEMBERSHIPS.c.account_id == account, MEMBERS.c.left.is_(False), MEMBERS.c.weight >= 0, here",
        "MEMBERSHIPS.c.account_id == account, MEMBERS.c.weight >= 0, here",
        (FORMER,),
        near="/",
    ),
    Guard(
        "lists forget a group that black-listed one",
        "models/content/belonging.py",
        "MEMBERSHIPS.c.account_id == account, MEMBERS.c.left.is_(False), MEMBERS.c.weight >= 0, here",
        "MEMBERSHIPS.c.account_id == account, MEMBERS.c.left.is_(False), here",
        (BANNED,),
        near="/",
    ),
    Guard(
        "the floor hides paragraphs",
        "moderation/shown.py",
        "hides = [Layer.POD] if any(score < 0 for score in floor) else []",
        "hides: list[Layer] = []",
        (STRANGER,),
    ),
    Guard(
        "the lens hides paragraphs",
        "moderation/shown.py",
        "return (*hides, *(() if lets_through(lens, judged) else (Layer.LENS,)))",
        "return (*hides,)",
        (STRANGER,),
    ),
    Guard(
        "own hides hide paragraphs",
        "moderation/shown.py",
        "    hides += [Layer.OWN] if own else []\n",
        "",
        (MUTER,),
        near="/g/",
    ),
    Guard(
        "what the floor hides has no words",
        "moderation/shown.py",
        "return Layer.POD in layers and not mine",
        "return False",
        (STRANGER,),
    ),
    Guard(
        "the floor hides profiles and names",
        "moderation/shown.py",
        "return all(map(is_shown, scores))",
        "return True or all(map(is_shown, scores))",
        (STRANGER,),
    ),
    Guard(
        "the floor hides posts",
        "moderation/lens.py",
        "hides = [Hide(Layer.POD, groups=below)] if below else []",
        "hides: list[Hide] = []",
        (STRANGER,),
    ),
    Guard(
        "own hides hide posts",
        "moderation/lens.py",
        "    hides += [Hide(Layer.OWN, own=setting) for setting in own]\n",
        "",
        (MUTER,),
    ),
    Guard(
        "the lens hides posts",
        "moderation/lens.py",
        "if not _joined(lens, groups):",
        "if False:",
        (STRANGER,),
    ),
    Guard(
        "at home a post's own group decides first",
        "moderation/home_lens.py",
        "return is_shown(own) and _agree(",
        "return _agree(",
        (MEMBER,),
        near="/?",
    ),
    Guard(
        "at home a moderator hides posts",
        "moderation/home_lens.py",
        "return is_shown(own) and _agree(judges, [judge.shows for judge in judges], combine)",
        "return is_shown(own)",
        (MEMBER,),
        near="/?",
    ),
    Guard(
        "at home a moderator hides paragraphs",
        "moderation/home_lens.py",
        "return _agree(judges, [judge.votes >= 0 for judge in judges], combine)",
        "return True",
        (MEMBER,),
        near="/?",
    ),
)
