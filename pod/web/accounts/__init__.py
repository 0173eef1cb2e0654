"""Pages of accounts: signing up and in, the 24 words, settings, recovery, and what the pod says of itself."""

from pod.web.accounts import (
    about,
    confirming,
    factors,
    mail_address,
    passkeys,
    recovering,
    setting_up,
    settings,
    signing_in,
    signing_up,
    words_page,
)

AREAS = (
    *(setting_up, signing_up, signing_in),
    *(settings, confirming, mail_address, words_page, factors, passkeys),
    *(recovering, about),
)
ROUTES = tuple(area.routes for area in AREAS)
