"""Feeds of what a group decides, for calendars and feed readers: without a session, by a secret or for everybody."""

from pod.feeds import decisions, digest_stop

ROUTES = (decisions.routes, digest_stop.routes)
