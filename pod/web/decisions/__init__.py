"""Pages of decisions: what a group is asked, how one votes, what was decided."""

from pod.web.decisions import poll_list, poll_page

ROUTES = (poll_list.routes, poll_page.routes)
