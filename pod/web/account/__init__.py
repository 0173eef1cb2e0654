"""Pages of accounts: signing up and in, the 24 words, settings, recovery, and what the pod says of itself."""

from pod.web.account import (
    about_pod,
    authenticator,
    digest,
    feeds,
    first_admin,
    fresh_proof,
    mail_address,
    not_me,
    passkeys,
    recovery,
    recovery_kit,
    recovery_words,
    settings,
    sign_in,
    sign_up,
)

AREAS = (
    *(first_admin, sign_up, sign_in),
    *(
        settings,
        digest,
        feeds,
        fresh_proof,
        mail_address,
        not_me,
        recovery_kit,
        recovery_words,
        authenticator,
        passkeys,
    ),
    *(recovery, about_pod),
)
ROUTES = tuple(area.routes for area in AREAS)
