"""Posts as people read, judge and write them: every page whole without scripts, every hidden thing with its layer."""

from pod.web.reading import acts, editing, posts, whys, writing

ROUTES = (acts.routes, editing.routes, posts.routes, whys.routes, writing.routes)

__all__ = ["ROUTES", "acts", "editing", "posts", "whys", "writing"]
