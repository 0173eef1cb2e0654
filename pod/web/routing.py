"""The routes of all pages, by area."""

from pod.web import account, admin, decisions, group, person, post
from pod.web.kit import site_routes

ROUTES = (
    site_routes.routes,
    *account.ROUTES,
    *admin.ROUTES,
    *person.ROUTES,
    *group.ROUTES,
    *post.ROUTES,
    *decisions.ROUTES,
)
