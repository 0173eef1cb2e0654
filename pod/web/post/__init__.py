"""Pages on which people read, judge and write posts; each works without scripts and says which layer hides what."""

from pod.web.post import (
    buttons,
    comparison,
    diff,
    edit,
    erase,
    explanation,
    history,
    own_hides,
    page,
    write,
)

AREAS = (
    *(buttons, comparison, diff, edit, erase),
    *(own_hides, history, page, explanation, write),
)
ROUTES = tuple(area.routes for area in AREAS)

__all__ = ["AREAS", "ROUTES"]
