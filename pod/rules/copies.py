"""Which copies of accounts this pod holds."""

from pod.errors import NotFoundError
from protocol.errors import Rule


class KeptCopyRule(Rule):
    """Which copies of accounts this pod holds."""

    NO_SUCH_COPY = (NotFoundError, "There is no such copy here.", "Det finns ingen sådan kopia här.")
