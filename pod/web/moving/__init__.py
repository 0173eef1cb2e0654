"""Pages of accounts that move: the consent at the old pod, what one allowed, and the way to this pod."""

from pod.web.moving import begin, begun_switch, consent, from_file, given_grants, invited_anew, journey, moved, switch

ROUTES = tuple(
    area.routes
    for area in (begin, begun_switch, consent, from_file, given_grants, invited_anew, journey, moved, switch)
)
