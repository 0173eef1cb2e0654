"""Pages of groups: what a community is, who belongs to it, what it did, and how one takes part."""

from pod.web.group import (
    about,
    chain_inspector,
    continuation,
    follow,
    found,
    group_list,
    invitations,
    keepers,
    log,
    members,
    membership,
    page,
    policy,
    proposals,
    publish,
    search,
    subjects,
    weights,
)

AREAS = (
    *(group_list, follow, found, page, about, membership, invitations),
    *(members, weights, log, chain_inspector, keepers, policy, proposals, publish, continuation),
    *(subjects, search),
)
ROUTES = tuple(area.routes for area in AREAS)
