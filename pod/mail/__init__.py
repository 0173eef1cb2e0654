"""Mail that the pod sends: written so that nobody's words become headers, handed to the operator's mail server."""

from pod.errors import BadAddressError, MailError
from pod.mail.letters import Mail
from pod.mail.mailer import Mailer
from pod.mail.smtp import Sent, greet, send

__all__ = ["BadAddressError", "Mail", "MailError", "Mailer", "Sent", "greet", "send"]
