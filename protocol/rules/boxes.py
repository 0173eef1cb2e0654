"""Why a sealed box isn't opened, or what is in it isn't taken."""

from protocol.errors import BadProofError, MalformedError, Rule


class BoxRule(Rule):
    """Why a sealed box isn't opened, or what is in it isn't taken."""

    BOX_NOT_OPENED = (
        BadProofError,
        "These words don't open the box, or it was changed.",
        "De här orden öppnar inte asken, eller så har den ändrats.",
    )
    NO_BOX = (MalformedError, "A box holds a `Box` object of this version, in its form.")
    NO_PARTS = (MalformedError, "The parts of a box are numbered from 0, and each says how many there are.")
    NO_PUBLIC_KEY = (MalformedError, "The public half of a box's key is 32 bytes that stand for a point.")
