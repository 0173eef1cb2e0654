"""Whose key it must be, and of what kind. Engineers read these sentences."""

from __future__ import annotations

from federation.errors import KeyOwnerError, UnsuitableKeyError
from protocol.errors import Rule


class KeyRule(Rule):
    """Whose key it must be, and of what kind."""

    OUR_KEY = (KeyOwnerError, "The key is one of ours, and we don't ask ourselves by HTTP.")
    DID_NOT_ED25519 = (UnsuitableKeyError, "The did:key isn't one of Ed25519.")
    ACTOR_NOT_OWNER = (KeyOwnerError, "The activity's actor isn't the owner of the key that signed.")
    ACTIVITY_ELSEWHERE = (KeyOwnerError, "The activity's id is on another server than its actor.")
    NOT_A_PODS_KEY = (KeyOwnerError, "The key isn't that of a pod's own actor, and no other speaks for its pod.")
    KEY_ELSEWHERE = (KeyOwnerError, "The key is on another server than the activity's actor.")
    OUR_ACTOR = (KeyOwnerError, "The activity's actor is one of ours, and those don't write to us by HTTP.")
    NO_ACTOR_ADDRESS = (KeyOwnerError, "The actor has no address.")
    OTHER_KEY_NAMED = (KeyOwnerError, "The signature names another key.")
    ACTOR_LISTS_NOT = (KeyOwnerError, "The actor doesn't list this key.")
    OWNER_LISTS_NOT = (KeyOwnerError, "The owner doesn't list this key.")
    NEITHER_RSA_NOR_ED25519 = (UnsuitableKeyError, "The key is neither RSA nor Ed25519.")
    KEY_TOO_LONG = (UnsuitableKeyError, "The key is too long.")
    ABOUT_ANOTHER_KEY = (KeyOwnerError, "The key document is about another key.")
    NO_OWNER = (KeyOwnerError, "The key document names no owner on its own server.")
    ABOUT_SOMEBODY_ELSE = (KeyOwnerError, "The owner's document is about somebody else.")
    NEITHER_PEM_NOR_MULTIBASE = (UnsuitableKeyError, "The key is neither PEM nor multibase.")
    NO_PEM = (UnsuitableKeyError, "The key isn't a public key in PEM.")
    NO_BASE58 = (UnsuitableKeyError, "The key isn't base58.")
    RSA_BITS = (UnsuitableKeyError, "An RSA key has %(least)s to %(most)s bits.")
    RSA_EXPONENT = (UnsuitableKeyError, "The exponent of the RSA key is unsound.")
    NO_BASE64 = (UnsuitableKeyError, "The key isn't base64.")
    UNREADABLE_KEY = (UnsuitableKeyError, "The key can't be read.")
    UNSOUND_ED25519 = (UnsuitableKeyError, "The Ed25519 key is unsound.")
    OTHER_OWNER = (KeyOwnerError, "The key in the actor names another owner.")
