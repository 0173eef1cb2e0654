"""Posts as people read, judge and write them: every page whole without scripts, every hidden thing with its layer."""

from pod.web.reading import acts, comparing, differences, editing, erasing, hides, histories, posts, whys, writing

AREAS = (acts, comparing, differences, editing, erasing, hides, histories, posts, whys, writing)
ROUTES = tuple(area.routes for area in AREAS)

__all__ = ["AREAS", "ROUTES"]
