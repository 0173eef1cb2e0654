"""Pages of those who run the pod: what is to do, settings, people, sign-ups, invitations, hosts, mail, the audit."""

from pod.web.admin import audit, hosts, mail, overview, people, pod_invites, settings, sign_ups

AREAS = (overview, settings, people, sign_ups, pod_invites, hosts, mail, audit)
ROUTES = tuple(area.routes for area in AREAS)
