"""Pages of accounts: signing up and in, the 24 words, settings, recovery, and what the pod says of itself."""

from pod.web.accounts import setting_up, signing_in, signing_up

ROUTES = (setting_up.routes, signing_up.routes, signing_in.routes)
