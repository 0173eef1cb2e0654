"""Posts as people read, judge and write them: every page whole without scripts, every hidden thing with its layer."""

from pod.web.reading import acts, posts

ROUTES = (acts.routes, posts.routes)

__all__ = ["ROUTES", "acts", "posts"]
