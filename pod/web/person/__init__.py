"""Pages of people: home, profile, news."""

from pod.web.person import home, profile

AREAS = (home, profile)
ROUTES = tuple(area.routes for area in AREAS)
