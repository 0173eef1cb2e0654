"""Rules of accounts that move from pod to pod while both work."""

from __future__ import annotations

from pod.errors import MovingError, NotFoundError, NotNowError
from protocol.errors import MalformedError, Rule


class SwitchRule(Rule):
    """Rules of a switch."""

    MOVING = (
        MovingError,
        "Your account is moving to %(pod)s, so this pod writes nothing in your name.",
        "Ditt konto flyttar till %(pod)s, så den här servern skriver inget i ditt namn.",
    )
    NOT_AGREED = (
        NotFoundError,
        "Nobody here has agreed to move this account to the pod that asks.",
        "Ingen här har gått med på att flytta kontot till servern som frågar.",
    )
    OTHER_COPY = (
        MalformedError,
        "The manifest isn't one that this pod signed under this grant, of the classes that it holds: copy anew.",
    )
    NOT_LEAVING = (
        NotFoundError,
        "You haven't agreed to move, or the move was stopped.",
        "Du har inte gått med på att flytta, eller så är flytten stoppad.",
    )
    NOT_FROZEN = (NotNowError, "The account isn't frozen, or its ten minutes are over: freeze it first.")
    NOT_DRAINED = (
        NotNowError,
        "Something that the account wrote isn't settled yet, in so many groups: %(groups)s.",
        "Något som kontot har skrivit är inte fastställt än, i så här många grupper: %(groups)s.",
    )
    NOT_IN_TIME = (
        NotNowError,
        "It couldn't be done within ten minutes. The account goes on where it was; you can try again.",
        "Det gick inte inom tio minuter. Kontot går vidare där det var; du kan försöka igen.",
    )
    NOTHING_TO_SWITCH = (
        NotNowError,
        "The copy isn't whole yet, or the account has moved.",
        "Kopian är inte hel än, eller så har kontot flyttat.",
    )
    NOT_HERE_YET = (NotNowError, "The account isn't here yet.", "Kontot är inte här än.")
    SIGN_IN_THERE = (
        NotNowError,
        "This account has a way to sign in by now: use that.",
        "Kontot har redan ett sätt att logga in: använd det.",
    )
    NOT_COMMITTED = (NotNowError, "The personal group moves first.")
    COMMITTED = (
        NotNowError,
        "The personal group has moved. From here one moves back.",
        "Den personliga gruppen har flyttat. Härifrån flyttar man tillbaka.",
    )
    OTHER_HEAD = (NotNowError, "The group has moved on since this handover was drafted: ask for another draft.")
    OTHER_KEY = (
        NotNowError,
        "The account's key in this group isn't this pod's: it was recovered elsewhere.",
        "Kontots nyckel i gruppen är inte den här serverns: det har återställts någon annanstans.",
    )
    NO_SEAT = (NotNowError, "The account doesn't keep this group here, so no handover moves it.")
    SEAT_MOVES = (
        NotNowError,
        "The account keeps this group: its seat moves by a handover, or without one after three refusals, if wished.",
        "Kontot är väktare i gruppen, så platsen flyttas med en överlämning; utan den först efter tre avslag.",
    )
    SEAT_TAKEN = (
        NotNowError,
        "The new pod keeps this group already, for another member: name another keeper first.",
        "Den nya servern är redan väktare i gruppen, för en annan medlem: utse en annan väktare först.",
    )
    SEAT_REFUSED = (
        NotNowError,
        "The other keepers refused to name the seat anew, so many times: %(times)s.",
        "De andra väktarna har vägrat utse platsen på nytt, så här många gånger: %(times)s.",
    )
    OTHER_HANDOVER = (MalformedError, "This isn't the handover that was drafted here, with the new pod's proof.")
    OTHER_ANSWER = (MalformedError, "The old pod's answer isn't the handover that was asked for.")
    RESTS = (
        NotNowError,
        "This account moved here lately. It can move to another server from %(moment)s on.",
        "Kontot flyttade hit nyligen. Det kan flytta till en annan server från och med %(moment)s.",
    )
    CANT_RETURN = (
        NotNowError,
        "The day in which you can move back is over. You can still move there like to any other server.",
        "Dygnet då du kan flytta tillbaka är över. Du kan fortfarande flytta dit som till vilken server som helst.",
    )
    CLOSED_HERE = (
        NotNowError,
        "This account is closed here. You can still move here like to any other server.",
        "Det här kontot är avslutat här. Du kan fortfarande flytta hit som till vilken server som helst.",
    )
    NOT_MOVED = (NotNowError, "This account didn't move away.", "Det här kontot har inte flyttat.")
    NAME_NOT_TYPED = (
        MalformedError,
        "Type the account's name: %(name)s.",
        "Skriv kontots namn: %(name)s.",
    )
    CLOSES_LATER = (
        NotNowError,
        "Until %(moment)s you can still move back, so the account can be closed only after that.",
        "Till och med %(moment)s kan du flytta tillbaka, så kontot kan avslutas först därefter.",
    )
    GROUPS_WAIT = (
        NotNowError,
        "In so many groups your move isn't settled yet: %(groups)s. Wait for them, or let them go.",
        "I så här många grupper är flytten inte slutgiltig än: %(groups)s. Vänta på dem eller låt dem vara.",
    )
    NO_RECEIPT = (NotFoundError, "No closed account is shown here.", "Här visas inget avslutat konto.")
    PERSONAL_STAYS = (
        NotNowError,
        "Your personal group can't be let go: your account is what it says.",
        "Din personliga grupp kan inte lämnas därhän: ditt konto är vad den säger.",
    )
    NOT_COMING = (NotFoundError, "Nobody with this personal group is on the way here.")
