"""Pages of those who run the pod: the overview, settings, people, sign-ups, invitations, floor, hosts, mail, audit."""

from pod.web.admin import audit, floor, hosts, mail, overview, people, pod_invites, settings, sign_ups

AREAS = (overview, settings, people, sign_ups, pod_invites, floor, hosts, mail, audit)
ROUTES = tuple(area.routes for area in AREAS)
