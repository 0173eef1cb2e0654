"""Every page's route, area by area."""

from pod.web import accounts, admin, frame, groups, reading

ROUTES = (frame.routes, *accounts.ROUTES, *admin.ROUTES, *groups.ROUTES, *reading.ROUTES)
