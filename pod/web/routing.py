"""Every page's route, area by area."""

from pod.web import accounts, frame, groups, reading

ROUTES = (frame.routes, *accounts.ROUTES, *groups.ROUTES, *reading.ROUTES)
