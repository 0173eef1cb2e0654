"""How a pod lets people in, as choices with a sentence each."""

from __future__ import annotations

from pod.translations import Translator


def registration_modes(say: Translator) -> tuple[tuple[str, str, str], ...]:
    """(value, name, what it means) of each way."""
    return (
        ("approval", say("By approval"), say("People say why they want to be here; an admin says yes or no.")),
        ("invite", say("By invitation"), say("Only people with an invitation of this pod open an account.")),
        ("open", say("Open"), say("Everybody with a mail address may open an account.")),
        ("closed", say("Closed"), say("Nobody opens an account.")),
    )
