"""Pages of decisions: what a group is asked, how one votes, what was decided."""

from pod.web.decisions import ballot_form, cast_ballots, poll_page, receipt, result

ROUTES = (poll_page.routes, ballot_form.routes, receipt.routes, result.routes, cast_ballots.routes)
