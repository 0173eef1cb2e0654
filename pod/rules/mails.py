"""Rules for mail addresses, and for mails that could not be sent."""

from __future__ import annotations

from pod.errors import BadAddressError, MailError
from protocol.errors import Rule


class MailRule(Rule):
    """What is no mail address, and mails that weren't sent."""

    NOT_A_MAIL_ADDRESS = (
        BadAddressError,
        "This isn't a mail address that the pod can write to, like name@example.org.",
        "Det är ingen e-postadress som servern kan skriva till, som namn@example.org.",
    )
    NO_MAIL_DOMAIN = (
        BadAddressError,
        "The part after the @ isn't the name of a mail domain.",
        "Det som står efter @ är inte namnet på någon e-postdomän.",
    )
    NOT_SENT = (
        MailError,
        "The mail couldn't be sent. Those who run this pod see why.",
        "Brevet kunde inte skickas. De som sköter servern ser varför.",
    )
