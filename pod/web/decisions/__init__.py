"""Pages of decisions: what a group is asked, how one votes, what was decided."""

from pod.web.decisions import (
    ballot_form,
    bets_form,
    cast_ballots,
    contest,
    how,
    pictures,
    poll_page,
    receipt,
    result,
    talk,
)

AREAS = (poll_page, ballot_form, receipt, result, pictures, cast_ballots, bets_form, contest, how, talk)
ROUTES = tuple(area.routes for area in AREAS)
