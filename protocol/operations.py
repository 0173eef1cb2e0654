"""Who may do what: the rule list of a group's operations.

`applied(state, operation, ...)` returns the next state or raises the `OperationRule` that refuses.
A refused operation changes nothing, not even a counter; its item stays valid. Spec: protocol.md section 3, table.

 1 The author is a member who has not left, and signs with the current signing key, or (rekey, rehome, void) with the
   current recovery key; (key, counter) is above that of the author's last applied operation; recovery keys apart.
 2 join: author 0, key 0, counter 1, signed by the new signing key; both keys are new to this group; not into a
   person's group; into a private one only by invitation.
 3 An invitation is signed by a member with current key and weight >= its own > 0, not expired by the item's `at`,
   not used up; its `to` key co-signs; giving the founder's weight W needs more than half of the owners.
 4 leave: oneself.
 5 set-weight: strictly above the member's weight, not above one's own; on oneself only downwards; giving W or
   lowering another owner needs more than half of all owners; nobody gets more than W.
 6 rekey, rehome: oneself; new keys; a recovery key is replaced only inside a recovery, by itself.
 7 set-policy: owners; others_weight < W.   8 publish: all members with weight > 0, at most 50; makes it public.
 9 succeed: more than half of the owners.  10 event: the weight that `permissions` asks for. The event `void`
   says that what its author's keys said in a poll wasn't their word: any member's, and by the recovery key alone.
11 An owner remains.
"""

from __future__ import annotations

from typing import assert_never

from immutables import Map
from msgspec.structs import replace

from protocol.keys import DidKey
from protocol.limits import MAX_PUBLISH_SIGNERS
from protocol.records.operation import (
    VOID,
    Event,
    Join,
    Leave,
    Operation,
    Publish,
    Rehome,
    Rekey,
    SetPolicy,
    SetWeight,
    SignedInvitation,
    Succeed,
    UnknownDo,
)
from protocol.rules.operations import OperationRule
from protocol.state import GroupState, Member, MemberKey, with_member, with_use


def applied(
    state: GroupState, operation: Operation, *, height: int, at: int, log_size: int, recovery: bool
) -> GroupState:
    """The state after `operation`, in an item of `height`, `at` and `log_size`; `recovery`: the item is a recovery."""
    wish = operation.wish
    if isinstance(wish, Join):
        return _joined(state, operation, wish, height=height, at=at)
    author = _author(state, operation)
    state = _counted(state, author, operation)
    match wish:
        case Leave():
            return _left(state, author)
        case SetWeight():
            return _weighted(state, author, operation, wish)
        case Rekey() | Rehome():
            return _rekeyed(state, author, operation, wish, height=height, log_size=log_size, recovery=recovery)
        case SetPolicy():
            return _governed(state, author, wish)
        case Publish():
            return _published(state, operation, wish)
        case Succeed():
            _check_majority(state, operation.signers)
            return replace(state, succeeded_by=wish.group)
        case Event():
            _check_event(state, author, operation, wish)
            return state
        case UnknownDo():
            raise OperationRule.UNKNOWN_WISH.error(name=wish.do)
        case _:
            assert_never(wish)


def _check_event(state: GroupState, author: Member, operation: Operation, wish: Event) -> None:
    if wish.name == VOID:
        if operation.recovery is None:
            raise OperationRule.VOID_BY_RECOVERY_KEY.error()
    elif author.weight < state.permission(wish.name):
        raise OperationRule.PERMISSION.error(name=wish.name, weight=state.permission(wish.name))


def _author(state: GroupState, operation: Operation) -> Member:
    author = state.members.get(operation.author)
    if author is None:
        raise OperationRule.NOT_A_MEMBER.error()
    if author.left:
        raise OperationRule.AUTHOR_LEFT.error()
    if operation.recovery is not None:
        _check_recovery_key(author, operation)
        return author
    if operation.key != len(author.keys) - 1:
        raise OperationRule.KEY_REPLACED.error()
    if author.signing not in operation.signers:
        raise OperationRule.NOT_SIGNED_BY_AUTHOR.error()
    if (operation.key, operation.counter) <= author.counter:
        raise OperationRule.OVERTAKEN.error()
    return author


def _check_recovery_key(author: Member, operation: Operation) -> None:
    index = operation.recovery
    wish = operation.wish
    if not (isinstance(wish, Rekey | Rehome) or (isinstance(wish, Event) and wish.name == VOID)):
        raise OperationRule.RECOVERY_KEY_ONLY_MOVES.error()
    if index is None or index != len(author.recovery) - 1:
        raise OperationRule.RECOVERY_KEY_REPLACED.error()
    if author.recovery[index] not in operation.signers:
        raise OperationRule.NOT_SIGNED_BY_RECOVERY_KEY.error()
    if (index, operation.counter) <= author.recovery_counter:
        raise OperationRule.RECOVERY_OVERTAKEN.error()


def _counted(state: GroupState, author: Member, operation: Operation) -> GroupState:
    if operation.recovery is not None:
        author = replace(author, recovery_counter=(operation.recovery, operation.counter))
    else:
        author = replace(author, counter=(operation.key or 0, operation.counter))
    return with_member(state, author)


def _with_weight(state: GroupState, number: int, weight: int, *, left: bool = False) -> GroupState:
    before = state.members[number]
    after = replace(before, weight=weight, left=left)
    owners = state.owners - state.is_owner(before) + state.is_owner(after)
    if owners < 1:
        raise OperationRule.OWNER_REMAINS.error()
    return with_member(state, after, owners=owners)


def _joined(state: GroupState, operation: Operation, wish: Join, *, height: int, at: int) -> GroupState:
    if (operation.author, operation.key, operation.counter) != (0, 0, 1):
        raise OperationRule.JOIN_NAMES_NOBODY.error()
    if wish.signing not in operation.signers:
        raise OperationRule.JOIN_NOT_SIGNED.error()
    if wish.signing in state.keys or wish.recovery in state.keys:
        raise OperationRule.KEYS_USED.error()
    if state.kind == "person":
        raise OperationRule.PERSON_ALONE.error()
    if wish.invitation is not None:
        check_invitation(state, wish.invitation, at=at)
        if wish.invitation.content.to not in operation.signers:
            raise OperationRule.INVITATION_NOT_COSIGNED.error()
        state = with_use(state, wish.invitation.id)
        weight = wish.invitation.content.weight
    elif state.visibility == "private":
        raise OperationRule.INVITATION_NEEDED.error()
    else:
        weight = state.others_weight
    number = state.last_number + 1
    member = Member(
        number=number,
        weight=weight,
        home=wish.home,
        keys=(MemberKey(wish.signing, height, by_recovery=False),),
        recovery=(wish.recovery,),
        joined_height=height,
        identity=wish.identity,
        counter=(0, 1),
    )
    return with_member(
        state,
        member,
        last_number=number,
        keys=state.keys.set(wish.signing, number).set(wish.recovery, number),
        owners=state.owners + state.is_owner(member),
    )


def check_invitation(state: GroupState, invitation: SignedInvitation, *, at: int) -> None:
    """Refuse an invitation with which nobody could join at time `at`; raises VoidOperationError."""
    offer = invitation.content
    inviter = state.members.get(offer.author)
    if invitation.group != state.group:
        raise OperationRule.INVITATION_ELSEWHERE.error()
    if inviter is None or inviter.left or offer.key != len(inviter.keys) - 1:
        raise OperationRule.INVITER_NOT_A_MEMBER.error()
    if inviter.signing not in invitation.signers:
        raise OperationRule.INVITATION_NOT_SIGNED.error()
    if inviter.weight < offer.weight:
        raise OperationRule.INVITATION_TOO_HEAVY.error()
    if offer.weight > state.owner_weight:
        raise OperationRule.INVITATION_ABOVE_OWNER.error()
    if offer.weight == state.owner_weight:
        _check_majority(state, invitation.signers)
    if at > offer.expires:
        raise OperationRule.INVITATION_EXPIRED.error()
    if state.invitations.get(invitation.id, 0) >= offer.uses:
        raise OperationRule.INVITATION_USED_UP.error()


def _check_majority(state: GroupState, signers: tuple[DidKey, ...]) -> None:
    signed = {state.keys[did] for did in signers if did in state.keys}
    owners = [
        number
        for number in signed
        if state.is_owner(state.members[number]) and state.members[number].signing in signers
    ]
    if 2 * len(owners) <= state.owners:
        raise OperationRule.TOO_FEW_OWNERS.error(owners=state.owners, signed=len(owners))


def _left(state: GroupState, author: Member) -> GroupState:
    # A black-listed member who leaves stays black-listed, so that leaving doesn't remove a negative weight.
    return _with_weight(state, author.number, min(author.weight, 0), left=True)


def _weighted(state: GroupState, author: Member, operation: Operation, wish: SetWeight) -> GroupState:
    member = state.members.get(wish.member)
    if member is None or member.left:
        raise OperationRule.NO_SUCH_MEMBER.error()
    if wish.weight > author.weight or wish.weight > state.owner_weight:
        raise OperationRule.WEIGHT_TOO_HIGH.error()
    if member.number == author.number:
        if wish.weight >= author.weight:
            raise OperationRule.OWN_WEIGHT_UPWARDS.error()
        return _with_weight(state, member.number, wish.weight)
    if state.is_owner(member):
        _check_majority(state, operation.signers)
    elif author.weight <= member.weight:
        raise OperationRule.NOT_HEAVIER.error()
    if wish.weight == state.owner_weight:
        _check_majority(state, operation.signers)
    return _with_weight(state, member.number, wish.weight)


def _rekeyed(
    state: GroupState,
    author: Member,
    operation: Operation,
    wish: Rekey | Rehome,
    *,
    height: int,
    log_size: int,
    recovery: bool,
) -> GroupState:
    by_recovery = operation.recovery is not None
    new_keys = [wish.signing] if wish.recovery is None else [wish.signing, wish.recovery]
    if any(did in state.keys for did in new_keys) or len(set(new_keys)) != len(new_keys):
        raise OperationRule.KEYS_USED.error()
    if wish.recovery is not None and not (by_recovery and recovery):
        raise OperationRule.RECOVERY_KEY_KEPT.error()
    member = state.members[author.number]
    retired = replace(member.keys[-1], until=log_size)
    current = MemberKey(wish.signing, height, by_recovery=by_recovery)
    member = replace(
        member,
        keys=(*member.keys[:-1], retired, current),
        home=wish.home if isinstance(wish, Rehome) else member.home,
        recovery=member.recovery if wish.recovery is None else (*member.recovery, wish.recovery),
    )
    keys: Map[DidKey, int] = state.keys
    for did in new_keys:
        keys = keys.set(did, author.number)
    return with_member(state, member, keys=keys)


def _governed(state: GroupState, author: Member, wish: SetPolicy) -> GroupState:
    if not state.is_owner(author):
        raise OperationRule.POLICY_OF_OWNERS.error()
    policy = state.policy.changed(wish.policy)
    if policy.others_weight >= state.owner_weight:
        raise OperationRule.JOINERS_TOO_HEAVY.error()
    return replace(state, policy=policy)


def _published(state: GroupState, operation: Operation, wish: Publish) -> GroupState:
    if sum(state.weights.values()) > MAX_PUBLISH_SIGNERS:
        raise OperationRule.TOO_MANY_TO_PUBLISH.error(most=MAX_PUBLISH_SIGNERS)
    weighty = [member for member in state.members.values() if member.decides]
    if any(member.signing not in operation.signers for member in weighty):
        raise OperationRule.NAME_NOT_SIGNED_BY_ALL.error()
    return replace(state, published=wish.subject, visibility="public")
