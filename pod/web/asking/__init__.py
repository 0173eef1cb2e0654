"""Pages on which members ask their group something, and see which polls wait for them."""

from pod.web.asking import drafts, steps, template_list

AREAS = (template_list, steps, drafts)
ROUTES = tuple(area.routes for area in AREAS)
