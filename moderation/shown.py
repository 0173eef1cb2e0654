"""What of a post is shown to one reader: the pod's floor first, then lens and own hides; nothing else decides it.

Rules of this file (protocol §4, `Three layers`):

1. A paragraph is hidden by the floor if its score is below 0 in any floor group; by the reader if they hid it or mute
   its writer; by the lens if the lens doesn't let it through. All layers are named, the least changeable first.
2. What the floor hides is withheld: nobody but its writer gets its words. A withheld post withholds all it holds.
3. What the reader or the lens hides is folded: its words are there for that reader, who may unfold it, and stand in no
   card, log, search result, mail or document for other software.
4. What was erased has no words.
"""

from collections.abc import Iterable, Sequence

from moderation.lens import Layer, Lens, OwnHide, Showing
from moderation.scores import is_shown
from protocol.visibility import Judged, Reason

UNDECIDED = frozenset({Reason.BY_ANOTHER, Reason.MARKED_AWAY})


def layers_over(lens: Lens, judged: Judged, *, floor: Iterable[int], own: Sequence[OwnHide]) -> tuple[Layer, ...]:
    """The layers that hide a paragraph; empty if it is shown. `floor`: its scores in the floor groups."""
    hides = [Layer.POD] if any(score < 0 for score in floor) else []
    hides += [Layer.OWN] if own else []
    return (*hides, *(() if lets_through(lens, judged) else (Layer.LENS,)))


def lets_through(lens: Lens, judged: Judged) -> bool:
    """Whether the lens shows a paragraph, with what `showing` adds to the rule."""
    if judged.shown or judged.reason is Reason.ERASED:
        return judged.shown
    return lens.showing is Showing.EVERYTHING or (lens.showing is Showing.UNDECIDED and judged.reason in UNDECIDED)


def is_withheld(layers: Iterable[Layer], *, mine: bool) -> bool:
    """Whether the pod keeps the words back from the reader, given what hides them; `mine`: the reader wrote them."""
    return Layer.POD in layers and not mine


def is_hosted(scores: Iterable[int]) -> bool:
    """Whether the floor allows a post, by its scores in the floor groups, defaults included."""
    return all(map(is_shown, scores))
