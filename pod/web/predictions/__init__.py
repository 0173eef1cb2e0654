"""Pages of predictions: proposals, what would follow from them, bets on that, what came true, and who knew."""

from pod.web.predictions import due, forward, one_prediction, predictions, predictors, profile, proposals

AREAS = (proposals, predictions, one_prediction, forward, due, predictors, profile)
ROUTES = tuple(area.routes for area in AREAS)
