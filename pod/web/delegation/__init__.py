"""Pages of delegates: whom one's vote follows, where it went, who offers to be followed and what they did."""

from pod.web.delegation import delegates, offer, own_lists, own_votes

# Of two routes that fit an address the first answers: `delegates/offer` is no delegate.
ROUTES = (offer.routes, own_lists.routes, own_votes.routes, delegates.routes)
