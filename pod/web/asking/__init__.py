"""Pages on which members ask their group something, and see which polls wait for them."""

from pod.web.asking import (
    board,
    capability_list,
    drafts,
    follow_decisions,
    group_areas,
    month,
    needs_you,
    steps,
    template_list,
)

# Of two routes that fit an address the first answers: the poll's own come last.
AREAS = (board, month, follow_decisions, template_list, steps, drafts, needs_you, capability_list, group_areas)
ROUTES = tuple(area.routes for area in AREAS)
