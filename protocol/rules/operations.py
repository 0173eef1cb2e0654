"""Why an operation is void: the rules of `protocol.operations`, each with the sentence that tells it.

Spec: protocol.md section 3, table. `%(weight)s` is in thousandths.
"""

from __future__ import annotations

from protocol.errors import Rule, VoidOperationError


class OperationRule(Rule):
    """A rule that makes an operation void."""

    NOT_A_MEMBER = (
        VoidOperationError,
        "Only members change the group.",
        "Bara medlemmar ändrar gruppen.",
    )
    AUTHOR_LEFT = (
        VoidOperationError,
        "A member who has left changes nothing any more.",
        "Den som lämnat ändrar inget mer.",
    )
    KEY_REPLACED = (
        VoidOperationError,
        "It was signed by a key that was replaced.",
        "Det signerades med en nyckel som bytts ut.",
    )
    NOT_SIGNED_BY_AUTHOR = (
        VoidOperationError,
        "It isn't signed by its author.",
        "Det är inte signerat av sin författare.",
    )
    OVERTAKEN = (
        VoidOperationError,
        "It was overtaken by a later one.",
        "Det hann förbi av ett senare.",
    )
    RECOVERY_KEY_ONLY_MOVES = (
        VoidOperationError,
        "A recovery key signs only a new key, a new home, or that one's votes in a poll weren't one's own.",
        "En återställningsnyckel signerar bara en ny nyckel, ett nytt hem eller att ens röster inte var ens egna.",
    )
    VOID_BY_RECOVERY_KEY = (
        VoidOperationError,
        "Only the recovery key says that one's votes in a poll weren't one's own.",
        "Bara återställningsnyckeln kan säga att ens röster i en omröstning inte var ens egna.",
    )
    RECOVERY_KEY_REPLACED = (
        VoidOperationError,
        "It was signed by a recovery key that was replaced.",
        "Det signerades med en återställningsnyckel som bytts ut.",
    )
    NOT_SIGNED_BY_RECOVERY_KEY = (
        VoidOperationError,
        "It isn't signed by its author's recovery key.",
        "Det är inte signerat med sin författares återställningsnyckel.",
    )
    RECOVERY_OVERTAKEN = (
        VoidOperationError,
        "It was overtaken by a later recovery.",
        "Det hann förbi av en senare återställning.",
    )
    OWNER_REMAINS = (
        VoidOperationError,
        "An owner must remain.",
        "En ägare måste finnas kvar.",
    )
    JOIN_NAMES_NOBODY = (
        VoidOperationError,
        "Only somebody who isn't a member yet can ask to join.",
        "Bara den som inte är medlem än kan be att få gå med.",
    )
    JOIN_NOT_SIGNED = (
        VoidOperationError,
        "The request to join isn't signed by the person who joins.",
        "Begäran att gå med är inte signerad av den som går med.",
    )
    KEYS_USED = (
        VoidOperationError,
        "These keys were used in this group before.",
        "De här nycklarna har använts i gruppen förut.",
    )
    PERSON_ALONE = (
        VoidOperationError,
        "A person's own group has one member.",
        "En persons egen grupp har en medlem.",
    )
    INVITATION_NOT_COSIGNED = (
        VoidOperationError,
        "The invitation's key didn't sign it.",
        "Inbjudans nyckel har inte signerat det.",
    )
    INVITATION_NEEDED = (
        VoidOperationError,
        "A private group is joined by invitation.",
        "Man går med i en privat grupp genom inbjudan.",
    )
    INVITATION_ELSEWHERE = (
        VoidOperationError,
        "The invitation is for another group.",
        "Inbjudan gäller en annan grupp.",
    )
    INVITER_NOT_A_MEMBER = (
        VoidOperationError,
        "The inviter isn't a member any more, or has another key now.",
        "Den som bjöd in är inte medlem längre, eller har en annan nyckel nu.",
    )
    INVITATION_NOT_SIGNED = (
        VoidOperationError,
        "The invitation isn't signed by its author.",
        "Inbjudan är inte signerad av sin författare.",
    )
    INVITATION_TOO_HEAVY = (
        VoidOperationError,
        "Nobody invites with more weight than their own.",
        "Ingen bjuder in med mer vikt än sin egen.",
    )
    INVITATION_ABOVE_OWNER = (
        VoidOperationError,
        "Nobody gets more than the founder's weight.",
        "Ingen får mer än grundarens vikt.",
    )
    INVITATION_EXPIRED = (
        VoidOperationError,
        "The invitation has expired.",
        "Inbjudan har gått ut.",
    )
    INVITATION_USED_UP = (
        VoidOperationError,
        "The invitation is used up.",
        "Inbjudan är förbrukad.",
    )
    TOO_FEW_OWNERS = (
        VoidOperationError,
        "This needs more than half of the %(owners)s owners; %(signed)s signed.",
        "Det här kräver mer än hälften av de %(owners)s ägarna; %(signed)s har skrivit under.",
    )
    NO_SUCH_MEMBER = (
        VoidOperationError,
        "There is no such member, or they have left.",
        "Det finns ingen sådan medlem, eller så har den lämnat.",
    )
    WEIGHT_TOO_HIGH = (
        VoidOperationError,
        "Nobody gives more weight than their own.",
        "Ingen ger mer vikt än sin egen.",
    )
    OWN_WEIGHT_UPWARDS = (
        VoidOperationError,
        "You can only lower your own weight.",
        "Du kan bara sänka din egen vikt.",
    )
    NOT_HEAVIER = (
        VoidOperationError,
        "Only a member with more weight changes another's.",
        "Bara en medlem med mer vikt ändrar en annans.",
    )
    RECOVERY_KEY_KEPT = (
        VoidOperationError,
        "A recovery key is replaced only inside a recovery, by itself.",
        "En återställningsnyckel byts bara i en återställning, av sig själv.",
    )
    POLICY_OF_OWNERS = (
        VoidOperationError,
        "Only owners set the policy.",
        "Bara ägare bestämmer reglerna.",
    )
    JOINERS_TOO_HEAVY = (
        VoidOperationError,
        "The weight of those who join must stay below an owner's.",
        "Vikten för den som går med måste vara lägre än en ägares.",
    )
    TOO_MANY_TO_PUBLISH = (
        VoidOperationError,
        "A group of more than %(most)s members takes its public name where it is founded.",
        "En grupp med fler än %(most)s medlemmar tar sitt offentliga namn när den grundas.",
    )
    NAME_NOT_SIGNED_BY_ALL = (
        VoidOperationError,
        "A public name needs the signatures of all members with weight.",
        "Ett offentligt namn kräver underskrift av alla medlemmar med vikt.",
    )
    PERMISSION = (
        VoidOperationError,
        "“%(name)s” needs weight %(weight)s.",
        "”%(name)s” kräver vikt %(weight)s.",
    )
    UNKNOWN_WISH = (
        VoidOperationError,
        "This version doesn't know “%(name)s”.",
        "Den här versionen känner inte till ”%(name)s”.",
    )
    MALFORMED_OPERATION = (
        VoidOperationError,
        "It isn't an operation at all (%(code)s).",
        "Det är ingen ändring av gruppen alls (%(code)s).",
    )

    @classmethod
    def named(cls, key: str) -> OperationRule:
        """The rule with this key."""
        return cls[key.upper()]
