"""Pages on which people take their account with them as a file."""

from pod.web.archive import own_archive

ROUTES = (own_archive.routes,)
