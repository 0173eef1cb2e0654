"""Pages on which people bring things from other software."""

from pod.web.imports import own_import

ROUTES = (own_import.routes,)
