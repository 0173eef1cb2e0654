"""What hides a thing is always named: the lens that the reader chose, the reader's own hides, or the pod's floor.

Rules of this file (protocol §4, lens; ADR 0014):

1. Each group of the lens answers by its own score; any or all joins the answers. A lens of no group is off: it hides
   nothing.
2. A reader may also look at what is undecided (score 0) or at everything: this loosens the lens only, never the other
   two layers.
3. Every group of the pod's floor must show the target: a floor that only hides has a default above 0.
4. A thing is shown if no layer hides it. All layers that hide are named, the one the reader can change least first.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from moderation.scores import is_shown
from protocol.ids import RecordId
from protocol.visibility import Combine

MOST_GROUPS: Final = 12  # in one lens


class Layer(StrEnum):
    """What hides a thing."""

    POD = "pod"
    OWN = "own"
    LENS = "lens"


class Showing(StrEnum):
    """How much of the hidden things a reader wants to see."""

    SHOWN = "shown"  # score above 0: the rule
    UNDECIDED = "undecided"  # and score 0
    EVERYTHING = "everything"


class OwnHide(StrEnum):
    """Which of the reader's own settings hides a thing."""

    MUTED_WRITER = "muted_writer"
    BLOCKED_WRITER = "blocked_writer"
    BLOCKED_HOST = "blocked_host"
    MUTED_WORD = "muted_word"
    HIDDEN_THING = "hidden_thing"


class Lens(msgspec.Struct, frozen=True):
    """The groups whose moderation a reader follows."""

    groups: tuple[RecordId, ...] = ()
    combine: Combine = Combine.ANY
    showing: Showing = Showing.SHOWN

    @property
    def off(self) -> bool:
        return not self.groups


class GroupVerdict(msgspec.Struct, frozen=True):
    """One group's verdict on a target; `score` in micro units."""

    group: RecordId
    score: int
    shown: bool


class Hide(msgspec.Struct, frozen=True):
    """One layer that hides, and why: the groups with their scores, or the reader's own setting."""

    layer: Layer
    groups: tuple[GroupVerdict, ...] = ()
    own: OwnHide | None = None


class Verdict(msgspec.Struct, frozen=True):
    """Whether a reader sees a target. `groups`: the lens's, in its order; `hides`: empty if it is shown."""

    shown: bool
    groups: tuple[GroupVerdict, ...]
    hides: tuple[Hide, ...] = ()

    @property
    def layer(self) -> Layer | None:
        """The layer to name first; None if the target is shown."""
        return self.hides[0].layer if self.hides else None


class Comparison(msgspec.Struct, frozen=True):
    """What two lenses show; each thing is in one list, in the given order."""

    only_first: tuple[RecordId, ...]
    only_second: tuple[RecordId, ...]
    both: tuple[RecordId, ...]
    neither: tuple[RecordId, ...]


def judge(
    lens: Lens,
    scores: Mapping[RecordId, int],
    *,
    own: Sequence[OwnHide] = (),
    floor: Mapping[RecordId, int] | None = None,
) -> Verdict:
    """Judge one target; `scores`: by group of the lens; `floor`: by group of the pod's floor."""
    groups = tuple(_ask(group, scores[group], lens.showing) for group in lens.groups)
    below = tuple(verdict for verdict in _floor(floor or {}) if not verdict.shown)
    hides = [Hide(Layer.POD, groups=below)] if below else []
    hides += [Hide(Layer.OWN, own=setting) for setting in own]
    if not _joined(lens, groups):
        hides.append(Hide(Layer.LENS, groups=tuple(verdict for verdict in groups if not verdict.shown)))
    return Verdict(shown=not hides, groups=groups, hides=tuple(hides))


def compare(things: Iterable[RecordId], first: Mapping[RecordId, bool], second: Mapping[RecordId, bool]) -> Comparison:
    """Compare what two lenses show of `things`. As a preview of a follow: `only_second` is newly shown."""
    parts: dict[tuple[bool, bool], list[RecordId]] = {}
    for thing in dict.fromkeys(things):
        parts.setdefault((first[thing], second[thing]), []).append(thing)
    return Comparison(
        only_first=tuple(parts.get((True, False), ())),
        only_second=tuple(parts.get((False, True), ())),
        both=tuple(parts.get((True, True), ())),
        neither=tuple(parts.get((False, False), ())),
    )


def _ask(group: RecordId, score: int, showing: Showing) -> GroupVerdict:
    passes = is_shown(score) or showing is Showing.EVERYTHING or (showing is Showing.UNDECIDED and score == 0)
    return GroupVerdict(group, score, passes)


def _floor(scores: Mapping[RecordId, int]) -> list[GroupVerdict]:
    return [_ask(group, scores[group], Showing.SHOWN) for group in sorted(scores)]


def _joined(lens: Lens, groups: Sequence[GroupVerdict]) -> bool:
    if lens.off:
        return True
    shows = [verdict.shown for verdict in groups]
    return any(shows) if lens.combine is Combine.ANY else all(shows)
