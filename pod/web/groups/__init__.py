"""Pages of groups and people: what a community is, who belongs to it, what it did, and how one takes part."""

from pod.web.groups import about, following, founding, home, inviting, joining, listing, log, members, page, weighing

AREAS = (home, listing, following, founding, page, about, joining, inviting, members, weighing, log)
ROUTES = tuple(area.routes for area in AREAS)

__all__ = ["ROUTES"]
