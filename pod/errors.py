"""The pod's own families of refusals, and the one form in which HTTP tells any refusal (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from federation.errors import BusyError
from protocol.errors import RefusedError, Rule
from protocol.keeping import SeatRefusedError


class UnknownGroupError(RefusedError):
    """The pod doesn't hold the group, or the asker may not know that it does."""

    code = "unknown_group"
    status = 404
    en = "This pod doesn't hold that group, or it is private."
    sv = "Servern har inte den gruppen, eller så är den privat."


class NotFoundError(RefusedError):
    """The thing that was asked for isn't here."""

    code = "not_found"
    status = 404
    en = "There is nothing at this address."
    sv = "Det finns inget på den här adressen."


class UnauthorizedError(RefusedError):
    """The request carries no token or signature that this pod accepts."""

    code = "unauthorized"
    status = 401
    en = "You have to be signed in for this."
    sv = "För det måste du vara inloggad."


class SignInError(UnauthorizedError):
    """The page is for people who are signed in."""

    code = "sign_in"
    status = 401
    en = "Sign in first; you come back to this page."
    sv = "Logga in först; du kommer tillbaka till den här sidan."


class ForgedFormError(RefusedError):
    """The browser sent a form that this pod didn't give it."""

    code = "forged_form"
    status = 403
    en = "This form isn't from this visit. Nothing was done; send it once more."
    sv = "Formuläret är inte från det här besöket. Inget är gjort; skicka det en gång till."


class NotAdminError(RefusedError):
    """The page is only for admins of the pod."""

    code = "not_admin"
    status = 403
    en = "This page is for those who run the pod."
    sv = "Sidan är för dem som sköter servern."


class TooManyTriesError(RefusedError):
    """More tries than a person needs in that time; the next is taken after `seconds`."""

    code = "too_many_tries"
    status = 429
    en = "Too many tries in a short time. Wait a little."
    sv = "För många försök på kort tid. Vänta en stund."


class ShareSpentError(RefusedError):
    """The asker used too much processor time while others used the pod; they may ask again after `seconds`."""

    code = "share_spent"
    status = 429
    en = "You asked much of this pod in a short time. Wait a little, then try again."
    sv = "Du har begärt mycket av servern på kort tid. Vänta en stund och försök sedan igen."


class EncodedBodyError(RefusedError):
    """The request's body is compressed, which this pod doesn't take."""

    code = "encoded_body"
    status = 415
    en = "This pod doesn't read what is sent in this form."
    sv = "Servern läser inte det som skickas i den här formen."


class SlowBodyError(RefusedError):
    """The body didn't arrive in the time that its length needs on a slow line."""

    code = "slow_body"
    status = 408
    en = "What you sent came too slowly. Try once more where the line is better."
    sv = "Det du skickade kom fram för långsamt. Försök igen där uppkopplingen är bättre."


class PendingFullError(RefusedError):
    """The author already has as many records waiting for the group's log as the protocol allows."""

    code = "pending_full"
    status = 409
    en = "Too much of yours waits for this group's server, or came lately. Try again in an hour."
    sv = "För mycket av ditt väntar på gruppens server, eller kom nyss. Försök igen om en timme."


class GoneError(RefusedError):
    """A link that was valid once, but is used or expired."""

    code = "gone"
    status = 410
    en = "This link was good once: it was used, or it is too old."
    sv = "Länken har gällt: den är redan använd eller för gammal."


class BadCodeError(RefusedError):
    """The typed code is wrong."""

    code = "bad_code"
    en = "This isn't the code."
    sv = "Det är inte rätt kod."


class DeadCodeError(RefusedError):
    """No code is valid any more: it expired, was used, or was mistyped too often."""

    code = "dead_code"
    en = "This code is too old, was used, or was mistyped too often. Ask for another one."
    sv = "Koden är för gammal, redan använd eller felskriven för många gånger. Be om en ny."


class RegistrationClosedError(RefusedError):
    """The pod opens no accounts now."""

    code = "registration_closed"
    status = 403
    en = "This pod opens no accounts now."
    sv = "Servern öppnar inga konton nu."


class BadInviteError(RefusedError):
    """The invitation is unknown, used up, expired or revoked."""

    code = "bad_invite"
    en = "This invitation lets nobody in: it is unknown, used up, too old, or was taken back."
    sv = "Inbjudan släpper inte in någon: den är okänd, slut, för gammal eller återkallad."


class MailTakenError(RefusedError):
    """Another account here has this mail address."""

    code = "mail_taken"
    status = 409
    en = "Another account here has this mail address."
    sv = "Ett annat konto här har den e-postadressen."


class ConfirmFirstError(RefusedError):
    """The person must prove again who they are; then page `back` has the refused form again."""

    code = "confirm_first"
    status = 403
    en = "For this, prove first that it is you."
    sv = "För detta måste du först visa att det är du."


class BadPasskeyError(RefusedError):
    """The pod doesn't know the passkey, or its answer is wrong."""

    code = "bad_passkey"
    en = "This pod doesn't know this passkey, or its answer doesn't hold. Try once more."
    sv = "Servern känner inte den här nyckeln, eller så stämmer inte dess svar. Försök en gång till."


class NotMemberError(RefusedError):
    """The account is not a (settled) member of the group."""

    code = "not_member"
    status = 403
    en = "You aren't a member of this group, or your join isn't settled yet."
    sv = "Du är inte medlem i gruppen, eller så är ditt inträde inte avgjort än."


class MayNotJoinError(RefusedError):
    """The account can't become a member of the group in this way."""

    code = "may_not_join"
    status = 409
    en = "You can't join this group in this way."
    sv = "Du kan inte gå med i gruppen på det här sättet."


class MovingError(RefusedError):
    """The membership is moving to this pod or to a new key, or its account to another pod: nothing is signed for it."""

    code = "moving"
    status = 409
    en = "Your membership is on its way here. Write again once the group has sealed it."
    sv = "Ditt medlemskap är på väg hit. Skriv igen när gruppen har bekräftat det."


class MovedAwayError(RefusedError):
    """The membership's home is another pod now, so this pod signs nothing for it."""

    code = "moved_away"
    status = 409
    en = "Your membership has another home now. Write there."
    sv = "Ditt medlemskap har ett annat hem nu. Skriv där."


class ProposalOpenError(RefusedError):
    """The member's own proposal waits for signatures; another change by the member would overtake it."""

    code = "proposal_open"
    status = 409
    en = "Your proposal still waits for signatures: withdraw it first."
    sv = "Ditt förslag väntar fortfarande på underskrifter: dra tillbaka det först."


class MayNotSignError(RefusedError):
    """The asker may not have this signed, because they didn't prove enough for it."""

    code = "may_not_sign"
    status = 403
    en = "This isn't signed for you here: it needs more than was proved."
    sv = "Det här undertecknas inte åt dig här: det kräver mer än du har bevisat."


class ProofNeededError(RefusedError):
    """What decides needs a younger proof of who asks."""

    code = "proof_needed"
    status = 403
    en = "To decide, prove first that it is you."
    sv = "För att besluta måste du först visa att det är du."


class MayNotDecideError(RefusedError):
    """The token may not have signed what decides."""

    code = "may_not_decide"
    status = 403
    en = "This token may not decide."
    sv = "Den här API-nyckeln får inte besluta."


class NotNowError(RefusedError):
    """The poll, or the move, takes this at another time, or never: what is wished for doesn't fit where it stands."""

    code = "not_now"
    status = 409
    en = "The poll doesn't take this now."
    sv = "Omröstningen tar inte emot detta nu."


class NeverErasedError(RefusedError):
    """Records of this kind keep their words, whatever their author wishes."""

    code = "never_erased"
    status = 409
    en = "What was said in decisions stays, and so do votes."
    sv = "Det som sagts i beslut står kvar, och så även röster."


class DecisionsFrozenError(RefusedError):
    """The person said that somebody else decided in their name, and hasn't come back by the 24 words yet."""

    code = "decisions_frozen"
    status = 403
    en = "Nothing is decided in your name at present."
    sv = "Inget beslutas i ditt namn just nu."


class NotKeeperError(RefusedError):
    """The asker's pod holds no seat in this group."""

    code = "not_keeper"
    status = 403
    en = "Only a keeper of the group does this."
    sv = "Det gör bara någon av gruppens väktare."


class NotStewardError(RefusedError):
    """The promise isn't signed by the steward."""

    code = "not_steward"
    status = 403
    en = "This isn't the steward's promise."
    sv = "Det här är inte förvaltarens löfte."


class StaleEditError(RefusedError):
    """The edited text has another version that its editor hasn't seen."""

    code = "stale_edit"
    status = 409
    en = "Somebody wrote another version meanwhile. Compare it with yours, then send yours once more."
    sv = "Någon har skrivit en annan version under tiden. Jämför den med din och skicka sedan din igen."


class BeingDoneError(RefusedError):
    """The same form was sent before and has no answer yet: it is still in progress, or its process died."""

    code = "being_done"
    status = 409
    en = "You sent this before. Look whether it is there; if it isn't, send it again."
    sv = "Du har skickat det här förut. Se efter om det finns; om inte, skicka det igen."


class WrongHostError(RefusedError):
    """The typed host isn't the one that would read the account."""

    code = "wrong_host"
    en = "This isn't the address of the server that asks. If you expected another one, refuse."
    sv = "Det är inte adressen till servern som frågar. Om du väntade dig en annan: neka."


class NoGrantError(RefusedError):
    """The signer may not read this: nobody agreed, it ended, or it signs with another key."""

    code = "no_grant"
    status = 403
    en = "Nobody has allowed this server to read that."
    sv = "Ingen har låtit den servern läsa det."


class OtherBrowserError(RefusedError):
    """The move began in another browser, or too long ago."""

    code = "other_browser"
    status = 403
    en = "This move began in another browser, or too long ago. Nothing was read."
    sv = "Flytten började i en annan webbläsare, eller för länge sedan. Inget är läst."


class NameTakenError(RefusedError):
    """The account name is taken or isn't a name."""

    code = "name_taken"
    status = 409
    en = "This name is taken, or it isn't a name: 1 to 30 of a-z, 0-9, - and _."
    sv = "Namnet är upptaget, eller så är det inget namn: 1 till 30 av a–z, 0–9, - och _."


class BadAddressError(RefusedError):
    """The text isn't exactly one mail address."""

    code = "bad_address"
    en = "This isn't a mail address that the pod can write to, like name@example.org."
    sv = "Det är ingen e-postadress som servern kan skriva till, som namn@example.org."


class MailError(RefusedError):
    """The mail server didn't take the mail; `answer` is its reply, or why there is none."""

    code = "mail_not_sent"
    status = 502
    en = "The mail couldn't be sent. Those who run this pod see why."
    sv = "Brevet kunde inte skickas. De som sköter servern ser varför."

    def __init__(self, rule: Rule, answer: str) -> None:
        super().__init__(rule)
        self.answer = answer


def headers_of(refusal: RefusedError) -> dict[str, str]:
    """The headers of a refusal's answer."""
    match refusal:
        case TooManyTriesError() | ShareSpentError():
            return {"Retry-After": str(refusal.refused.facts["seconds"])}
        case BusyError():
            return {"Retry-After": "5"}
        case EncodedBodyError():
            return {"Accept-Encoding": "identity"}
    return {}


def problem(refusal: RefusedError) -> dict[str, Any]:
    """The problem document of a refusal. A keeper's also says what its seat is bound to, to help the asker."""
    document: dict[str, Any] = {
        "type": f"urn:althing:problem:{refusal.code}",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "code": refusal.code,
    }
    document |= {"detail": refusal.refused.detail, "rule": refusal.refused.rule.key, "facts": refusal.refused.facts}
    if isinstance(refusal, SeatRefusedError):
        document["highest_term"] = refusal.memory.highest_term
        if last := refusal.memory.last:
            document["last"] = {"item": last.item, "height": last.height, "term": last.term}
    return document
