"""The routes of all pages, by area."""

from pod.web import (
    account,
    admin,
    archive,
    asking,
    decisions,
    delegation,
    group,
    imports,
    moving,
    person,
    post,
    predictions,
)
from pod.web.kit import site_routes
from pod.web.moving import second_home

# Of two routes that fit an address the first answers: `polls/new` is no poll.
ROUTES = (
    site_routes.routes,
    *account.ROUTES,
    *archive.ROUTES,
    *imports.ROUTES,
    *moving.ROUTES,
    second_home.routes,
    *admin.ROUTES,
    *person.ROUTES,
    *group.ROUTES,
    *post.ROUTES,
    *asking.ROUTES,
    *decisions.ROUTES,
    *delegation.ROUTES,
    *predictions.ROUTES,
)
