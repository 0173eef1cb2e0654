"""Void operations carry the rule that refused them, and its facts, in place of a sentence."""

import json
import re

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ITEMS = sa.table("items", sa.column("id", sa.LargeBinary()), sa.column("void", sa.Text()))
RULES = {
    "The author is not a member.": "not_a_member",
    "The author has left.": "author_left",
    "The author's key is not the current one.": "key_replaced",
    "The operation is not signed by its author's key.": "not_signed_by_author",
    "An operation with this counter or a later one was applied before.": "overtaken",
    "A recovery key signs only rekey and rehome.": "recovery_key_only_moves",
    "The recovery key is not the current one.": "recovery_key_replaced",
    "The operation is not signed by its author's recovery key.": "not_signed_by_recovery_key",
    "A recovery operation with this counter or a later one was applied before.": "recovery_overtaken",
    "An owner must remain.": "owner_remains",
    "A join has author 0, key 0 and counter 1.": "join_names_nobody",
    "A join is signed by the new member's signing key.": "join_not_signed",
    "These keys were used in this group before.": "keys_used",
    "A person's own group has one member.": "person_alone",
    "The join is not co-signed by the invitation's key.": "invitation_not_cosigned",
    "A private group is joined by invitation.": "invitation_needed",
    "The invitation is for another group.": "invitation_elsewhere",
    "The inviter is not a member with a current key.": "inviter_not_a_member",
    "The invitation is not signed by its author's key.": "invitation_not_signed",
    "Nobody invites with more weight than their own.": "invitation_too_heavy",
    "Nobody gets more than the founder's weight.": "invitation_above_owner",
    "The invitation has expired.": "invitation_expired",
    "The invitation is used up.": "invitation_used_up",
    "There is no such member.": "no_such_member",
    "Nobody gives more weight than their own.": "weight_too_high",
    "One's own weight goes only downwards.": "own_weight_upwards",
    "Only a member with more weight changes another's.": "not_heavier",
    "A recovery key is replaced only inside a recovery, by itself.": "recovery_key_kept",
    "Only owners set the policy.": "policy_of_owners",
    "`others_weight` must stay below the founder's weight.": "joiners_too_heavy",
    "A private group stays private.": "stays_private",
    "A public name needs the signatures of all members with weight above 0.": "name_not_signed_by_all",
}
PATTERNS = (
    (r"This needs more than half of the (?P<owners>\d+) owners; (?P<signed>\d+) signed\.", "too_few_owners"),
    (r"A group of more than (?P<most>\d+) members takes its public name at the root\.", "too_many_to_publish"),
    (r"`(?P<name>.*)` needs weight (?P<weight>-?\d+)\.", "permission"),
    (r"This version doesn't know `(?P<name>.*)`\.", "unknown_wish"),
)


def _refused(sentence: str) -> tuple[str, dict[str, str | int]]:
    if sentence in RULES:
        return RULES[sentence], {}
    for pattern, rule in PATTERNS:
        if found := re.fullmatch(pattern, sentence, re.DOTALL):
            facts = found.groupdict()
            return rule, {name: fact if name == "name" else int(fact) for name, fact in facts.items()}
    return "malformed_operation", {"code": sentence}


def upgrade() -> None:
    connection = op.get_bind()
    for item, void in connection.execute(sa.select(ITEMS.c.id, ITEMS.c.void).where(ITEMS.c.void != "[]")).all():
        told = [(place, *_refused(sentence)) for place, sentence in json.loads(void)]
        connection.execute(sa.update(ITEMS).where(ITEMS.c.id == item).values(void=json.dumps(told)))


def downgrade() -> None:
    connection = op.get_bind()
    for item, void in connection.execute(sa.select(ITEMS.c.id, ITEMS.c.void).where(ITEMS.c.void != "[]")).all():
        told = [(place, rule) for place, rule, _ in json.loads(void)]
        connection.execute(sa.update(ITEMS).where(ITEMS.c.id == item).values(void=json.dumps(told)))
