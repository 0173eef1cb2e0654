"""Pages of groups and people: what a community is, who belongs to it, what it did, and how one takes part."""

from pod.web.groups import (
    about,
    chain,
    following,
    founding,
    home,
    inviting,
    joining,
    keepers,
    listing,
    log,
    members,
    page,
    people,
    policy,
    seeking,
    subjects,
    weighing,
)

AREAS = (
    *(home, listing, following, founding, page, about, joining, inviting),
    *(members, weighing, log, chain, keepers, policy),
    *(subjects, seeking, people),
)
ROUTES = tuple(area.routes for area in AREAS)

__all__ = ["ROUTES"]
