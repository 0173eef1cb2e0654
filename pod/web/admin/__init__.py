"""Pages of those who run the pod: overview, settings, people, sign-ups, invites, floor, hosts, moves, mail, audit."""

from pod.web.admin import audit, blocks, floor, hosts, mail, moves, overview, people, pod_invites, settings, sign_ups

AREAS = (overview, settings, people, sign_ups, pod_invites, floor, hosts, blocks, moves, mail, audit)
ROUTES = tuple(area.routes for area in AREAS)
