"""Pages of those who run the pod: what is to do, settings, people, sign-ups, invitations, hosts, mail, the audit."""

from pod.web.admin import audit, home, hosts, invites, mail, people, settings, sign_ups

AREAS = (home, settings, people, sign_ups, invites, hosts, mail, audit)
ROUTES = tuple(area.routes for area in AREAS)
