"""Rules of decisions: what is open, who may vote, what was decided."""

from __future__ import annotations

from pod.errors import DecisionsFrozenError, MayNotDecideError, NotFoundError, NotNowError, ProofNeededError
from protocol.errors import MalformedError, MayNotWriteError, Rule


class DecisionRule(Rule):
    """Rules of decisions."""

    NO_SUCH_POLL = (
        NotFoundError,
        "There is no such poll in this group.",
        "Det finns ingen sådan omröstning i gruppen.",
    )
    NO_SUCH_PART = (
        NotFoundError,
        "There is no such proposal or prediction in this poll.",
        "Det finns inget sådant förslag och ingen sådan förutsägelse i omröstningen.",
    )
    NOT_OPEN_YET = (
        NotNowError,
        "The poll isn't open yet: the group hasn't sealed its opening.",
        "Omröstningen är inte öppen än: gruppen har inte beseglat öppnandet.",
    )
    NOT_NOW = (
        NotNowError,
        "The poll takes this from %(begins)s until %(ends)s.",
        "Omröstningen tar emot detta från %(begins)s till %(ends)s.",
    )
    NOT_SEALED_YET = (
        NotNowError,
        "The group hasn't sealed yet what the phase before brought. Try again in a minute.",
        "Gruppen har inte beseglat än vad fasen före gav. Försök igen om en minut.",
    )
    NO_SUCH_PHASE = (
        NotNowError,
        "The poll has no such phase.",
        "Omröstningen har ingen sådan fas.",
    )
    MAY_NOT = (
        MayNotWriteError,
        "You lacked the weight for this when the poll was opened: %(capability)s.",
        "Du saknade vikten som krävs för detta när omröstningen öppnades: %(capability)s.",
    )
    NOT_CONTESTED_NOW = (
        NotNowError,
        "The result of this poll can't be contested any more, or the poll isn't open.",
        "Resultatet kan inte längre bestridas, eller så är omröstningen inte öppen.",
    )
    NOT_FORWARD = (
        NotNowError,
        "Only a phase before the voting can be ended early.",
        "Bara en fas före röstningen kan avslutas i förtid.",
    )
    NOT_ON_ROLL = (
        MayNotWriteError,
        "Your ballot wouldn't count: you weren't on the roll when the poll was opened.",
        "Din röstsedel skulle inte räknas: du fanns inte i röstlängden när omröstningen öppnades.",
    )
    NO_BALLOT = (
        NotFoundError,
        "You have cast no ballot in this poll.",
        "Du har inte lämnat någon röstsedel i den här omröstningen.",
    )
    RECOVERED_LATER = (
        MayNotWriteError,
        "Your ballot wouldn't count: your key comes from a recovery after the poll was opened.",
        "Din röstsedel skulle inte räknas: din nyckel kommer från en återställning efter att omröstningen öppnades.",
    )
    DELEGATE_LOCKED = (
        NotNowError,
        "You are a delegate, and delegates are frozen: what you said before the lock counts.",
        "Du är ombud, och ombuden är låsta: det du sade före låsningen räknas.",
    )
    DOES_NOT_FIT = (
        MalformedError,
        "The ballot doesn't fit the poll: it is of another kind, or names an option that isn't there.",
        "Röstsedeln passar inte omröstningen: den är av ett annat slag eller nämner ett alternativ som inte finns.",
    )
    NOT_OWN_PROPOSAL = (
        NotFoundError,
        "You have no such proposal in this poll.",
        "Du har inget sådant förslag i omröstningen.",
    )
    UNSOUND = (
        MalformedError,
        "The condition names an option that isn't there, names one twice, or can never hold.",
        "Villkoret nämner ett alternativ som inte finns, nämner ett två gånger eller kan aldrig uppfyllas.",
    )
    DUE_TOO_EARLY = (
        MalformedError,
        "The prediction is due before the voting ends.",
        "Förutsägelsen ska bedömas innan röstningen är slut.",
    )
    NO_SUCH_STATEMENT = (
        NotFoundError,
        "There is no such prediction in this poll.",
        "Det finns ingen sådan förutsägelse i omröstningen.",
    )
    NO_SUCH_PICTURE = (
        NotFoundError,
        "There is no such picture of this poll now.",
        "Det finns ingen sådan bild av omröstningen nu.",
    )
    NO_PREDICTOR = (
        NotFoundError,
        "There is no such member in this group.",
        "Det finns ingen sådan medlem i gruppen.",
    )
    NOT_FINAL_YET = (
        NotNowError,
        "The poll isn't final yet. Whether a prediction came true is said afterwards, from its due date on.",
        "Omröstningen är inte slutgiltig än. Om en förutsägelse slog in sägs efteråt, från dess datum.",
    )
    NOT_CHOSEN = (
        MayNotWriteError,
        "The condition of this prediction doesn't hold for what the poll chose, so nobody evaluates it.",
        "Förutsägelsens villkor gäller inte för det som omröstningen valde, så ingen bedömer den.",
    )
    BET_ON_IT = (
        MayNotWriteError,
        "You bet on this prediction, so others say whether it came true.",
        "Du satsade på den här förutsägelsen, så andra säger om den slog in.",
    )
    BETS_DO_NOT_FIT = (
        MalformedError,
        "Bets are whole numbers from 0 to 1000, by statement of this poll.",
        "Insatser är hela tal från 0 till 1000, ett för varje påstående i omröstningen.",
    )
    TOO_MANY = (
        MayNotWriteError,
        "You have said this as often as one may in a poll: %(most)s times.",
        "Du har sagt detta så många gånger som man får i en omröstning: %(most)s.",
    )
    PROVE_FIRST = (
        ProofNeededError,
        "To decide, prove that it is you: your last proof is older than twelve hours.",
        "För att besluta måste du visa att det är du: du gjorde det senast för mer än tolv timmar sedan.",
    )
    PROVE_JUST_NOW = (
        ProofNeededError,
        "To decide in this group, prove that it is you: your last proof is older than ten minutes.",
        "För att besluta i den här gruppen måste du visa att det är du: det är mer än tio minuter sedan sist.",
    )
    TOKEN_DECIDES_NOTHING = (
        MayNotDecideError,
        "This token may not decide. Make one that may vote and delegate, in the settings.",
        "Den här API-nyckeln får inte besluta. Gör en som får rösta och delegera, i inställningarna.",
    )
    FROZEN = (
        DecisionsFrozenError,
        "Nothing is decided in your name since you said that it wasn't you. Your 24 words end that, in the settings.",
        "Inget beslutas i ditt namn sedan du sagt att det inte var du. Dina 24 ord häver det, i inställningarna.",
    )
    WITHHELD = (
        NotFoundError,
        "This server withholds a text that the count needs, so it gives no file; other servers of the group may.",
        "Den här servern håller inne en text som räkningen behöver, så den ger ingen fil. Gruppens andra kan göra det.",
    )
    NOT_ENDED = (
        NotFoundError,
        "The poll isn't counted yet.",
        "Omröstningen är inte räknad än.",
    )
