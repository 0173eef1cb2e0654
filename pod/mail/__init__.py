"""Mail that the pod sends: written so that nobody's words become headers, handed to the operator's mail server."""

from pod.mail.letters import BadAddressError, Mail
from pod.mail.mailer import Mailer
from pod.mail.sending import MailError, Sent, greet, send

__all__ = ["BadAddressError", "Mail", "MailError", "Mailer", "Sent", "greet", "send"]
