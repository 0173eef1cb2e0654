"""Rules of accounts: names, sessions, codes, passkeys, phrases."""

from __future__ import annotations

from pod.errors import (
    BadCodeError,
    BadInviteError,
    BadPasskeyError,
    ConfirmFirstError,
    DeadCodeError,
    GoneError,
    MailTakenError,
    MayNotSignError,
    NameTakenError,
    NotFoundError,
    RegistrationClosedError,
    SignInError,
    TooManyTriesError,
    UnauthorizedError,
)
from protocol.errors import MalformedError, PhraseError, Rule


class AccountRule(Rule):
    """Rules of accounts."""

    TOKEN_NAME_TAKEN = (
        NameTakenError,
        "There is a valid token of this name, or there are too many.",
        "Det finns en giltig API-nyckel med det namnet, eller så är de för många.",
    )
    NO_SUCH_TOKEN = (
        NotFoundError,
        "You have no valid token of this name.",
        "Du har ingen giltig API-nyckel med det namnet.",
    )
    SETUP_LINK_USED = (
        GoneError,
        "This link was used, or it is older than an hour. Ask for another one.",
        "Länken är använd, eller äldre än en timme. Be om en ny.",
    )
    SETUP_LINK_DEAD = (
        GoneError,
        "This link was used, or it is older than an hour.",
        "Länken är använd, eller äldre än en timme.",
    )
    CODE_OF_ANOTHER = (DeadCodeError, "This code was made for another account.", "Koden gjordes för ett annat konto.")
    NO_MAIL_ADDRESS = (
        MalformedError,
        "This account has no mail address; sign out and in again.",
        "Kontot har ingen e-postadress; logga ut och in igen.",
    )
    CODE_DEAD = (
        DeadCodeError,
        "This code is too old, was used, or was mistyped too often. Ask for another one.",
        "Koden är för gammal, redan använd eller felskriven för många gånger. Be om en ny.",
    )
    WRONG_CODE = (BadCodeError, "This isn't the code.", "Det är inte rätt kod.")
    CODE_USED = (DeadCodeError, "This code was used.", "Koden är redan använd.")
    MAIL_TAKEN = (
        MailTakenError,
        "Another account here has this mail address.",
        "Ett annat konto här har den e-postadressen.",
    )
    UNKNOWN_PASSKEY = (
        BadPasskeyError,
        "This pod doesn't know this passkey. Try once more with another one.",
        "Servern känner inte den här inloggningsnyckeln. Försök en gång till med en annan.",
    )
    NO_SUCH_PASSKEY = (NotFoundError, "You have no such passkey.", "Du har ingen sådan inloggningsnyckel.")
    PASSKEY_GONE = (MalformedError, "There is no such passkey.", "Det finns ingen sådan inloggningsnyckel.")
    ANSWERED_BEFORE = (BadPasskeyError, "This was answered before.", "Det här är redan besvarat.")
    PAGE_TOO_OLD = (
        BadPasskeyError,
        "This page was open too long, or in another browser. Try once more.",
        "Sidan har varit öppen för länge, eller i en annan webbläsare. Försök en gång till.",
    )
    PASSKEY_ANSWER_FALSE = (
        BadPasskeyError,
        "The answer of the passkey doesn't hold. Try once more.",
        "Inloggningsnyckelns svar stämmer inte. Försök en gång till.",
    )
    PASSKEY_KNOWN = (
        BadPasskeyError,
        "This passkey is known, or there are too many.",
        "Inloggningsnyckeln finns redan, eller så är de för många.",
    )
    PASSKEY_ANSWER_UNREADABLE = (
        BadPasskeyError,
        "The answer of the passkey can't be read. Try once more.",
        "Inloggningsnyckelns svar går inte att läsa. Försök en gång till.",
    )
    NOTHING_TO_CHECK = (
        PhraseError,
        "There are no three words to check; type all 24.",
        "Det finns inga tre ord att fråga efter; skriv alla 24.",
    )
    WORD_NOT_AT_PLACE = (
        PhraseError,
        "At least one of the words isn't the one at its place.",
        "Minst ett av orden är inte det som står på den platsen.",
    )
    NO_PENDING_AUTHENTICATOR = (
        DeadCodeError,
        "There is no authenticator that waits to be confirmed.",
        "Ingen app väntar på att bekräftas.",
    )
    WRONG_APP_CODE = (
        BadCodeError,
        "This isn't the code that the app shows now.",
        "Det är inte koden som appen visar nu.",
    )
    NO_SECOND_FACTOR = (DeadCodeError, "This account has no second factor.", "Kontot har ingen andra faktor.")
    WRONG_SECOND_FACTOR = (
        BadCodeError,
        "This isn't the code that the app shows now, nor an unused recovery code.",
        "Det är varken koden som appen visar nu eller en oanvänd reservkod.",
    )
    CONFIRM_FIRST = (
        ConfirmFirstError,
        "For this, prove first that it is you.",
        "För detta måste du först visa att det är du.",
    )
    SIGN_IN_IMPOSSIBLE = (
        DeadCodeError,
        "This account can't be signed in to.",
        "Det går inte att logga in på det här kontot.",
    )
    NO_SIGN_IN_HERE = (
        NotFoundError,
        "This account can't be signed in to.",
        "Det går inte att logga in på det här kontot.",
    )
    FOUNDER_WITHOUT_KEY = (
        MalformedError,
        "No recovery key is left; the recovery phrase is needed.",
        "Ingen återställningsnyckel finns kvar; återställningsfrasen behövs.",
    )
    FIRST_STEP_TOO_OLD = (
        DeadCodeError,
        "The first step was too long ago; begin once more.",
        "Det första steget är för länge sedan; börja om.",
    )
    SIGN_IN_LINK_DEAD = (
        GoneError,
        "This link was used, or it is older than ten minutes.",
        "Länken är använd, eller äldre än tio minuter.",
    )
    NO_SUCH_DIGEST = (
        NotFoundError,
        "There is no such mail. Look in the settings.",
        "Det finns inget sådant brev. Se i inställningarna.",
    )
    NO_SUCH_FEED = (
        NotFoundError,
        "There is no such feed. Its owner may have made another one, or stopped it.",
        "Det finns inget sådant flöde. Ägaren kan ha gjort ett nytt eller stoppat det.",
    )
    NOT_ME_DEAD = (
        GoneError,
        "This link was used, or it is older than two weeks. Sign in; the settings have the same button.",
        "Länken är använd, eller äldre än två veckor. Logga in; samma knapp finns i inställningarna.",
    )
    LINK_USED = (GoneError, "This link was used.", "Länken är redan använd.")
    NO_NAME = (
        NameTakenError,
        "A name has 1 to 30 of a-z, 0-9, - and _, and begins with a letter or digit.",
        "Ett namn har 1 till 30 av a–z, 0–9, - och _ och börjar med en bokstav eller siffra.",
    )
    REGISTRATION_CLOSED = (RegistrationClosedError, "This pod opens no accounts now.", "Servern öppnar inga konton nu.")
    BAD_INVITE = (
        BadInviteError,
        "This invitation lets nobody in: it is unknown, used up, too old, or was taken back.",
        "Inbjudan släpper inte in någon: den är okänd, slut, för gammal eller återkallad.",
    )
    NO_PENDING_SIGN_UP = (
        GoneError,
        "There is no sign-up that waits for a code in this browser.",
        "Ingen anmälan väntar på en kod i den här webbläsaren.",
    )
    CODE_FOR_OTHER_ADDRESS = (
        DeadCodeError,
        "This code was mailed to another address.",
        "Koden skickades till en annan adress.",
    )
    INVITATION_ONLY = (
        BadInviteError,
        "This pod lets people in by invitation alone now.",
        "Servern släpper bara in den som har en inbjudan nu.",
    )
    LINK_DEAD = (GoneError, "This link was used, or it is too old.", "Länken är använd eller för gammal.")
    ANSWER_FIRST = (MalformedError, "Write an answer first.", "Skriv ett svar först.")
    NAME_TAKEN = (NameTakenError, "The name %(name)s is taken.", "Namnet %(name)s är upptaget.")
    SAY_WHY = (MalformedError, "Say in a sentence why you want to be here.", "Säg i en mening varför du vill vara här.")
    NOBODY_CALLED = (NotFoundError, "Nobody here is called %(name)s.", "Ingen här heter %(name)s.")
    NOT_THIS_ACCOUNTS_PHRASE = (
        PhraseError,
        "These words are a recovery phrase, but not this account's.",
        "Orden är en återställningsfras, men inte det här kontots.",
    )
    NO_PHRASE = (PhraseError, "Write the 24 words of the recovery phrase.", "Skriv de 24 orden i återställningsfrasen.")
    PHRASE_OF_ACCOUNT = (
        NameTakenError,
        "This phrase belongs to the account %(name)s here.",
        "Frasen hör till kontot %(name)s här.",
    )
    WHICH_PERSON = (
        MalformedError,
        "Anybody's group can name a key of this phrase. Name the one that is yours, and a pod that has it: %(places)s.",
        "Vems grupp som helst kan ange en nyckel ur frasen. Ange din, och en server som har den: %(places)s.",
    )
    NO_MEMBER_WITH_PHRASE = (
        NotFoundError,
        "No group known here has a member with this phrase; name one, and a pod that holds it.",
        "Ingen känd grupp har en medlem med den frasen; ange en, och en server som har den.",
    )
    NOBODY_WITH_PHRASE = (
        NotFoundError,
        "Nobody at home here has this phrase; `pod user recover` comes first.",
        "Ingen som hör hemma här har den frasen; `pod user recover` kommer först.",
    )
    TOO_MANY_TRIES = (
        TooManyTriesError,
        "Too many tries in a short time. Wait %(seconds)s seconds.",
        "För många försök på kort tid. Vänta %(seconds)s sekunder.",
    )
    SIGN_IN_FIRST = (
        SignInError,
        "Sign in first; you come back to this page.",
        "Logga in först; du kommer tillbaka till den här sidan.",
    )
    NO_SUCH_SESSION = (MalformedError, "There is no such session.", "Det finns ingen sådan inloggning.")
    TOKEN_NAME = (
        MalformedError,
        "A token has a name of 1 to 60 characters.",
        "En API-nyckel har ett namn på 1 till 60 tecken.",
    )
    UNKNOWN_TOKEN = (
        UnauthorizedError,
        "This token is none of this pod's, or it was revoked.",
        "API-nyckeln är ingen av den här serverns, eller så har den återkallats.",
    )
    TOKEN_NEEDED = (UnauthorizedError, "This needs an API token: `Authorization: Bearer …`.")
    METRICS_ARE_LOCAL = (
        UnauthorizedError,
        "Metrics are read on the pod's own machine, or with the token of [metrics].",
    )
    NOT_FOR_THIS_ASKER = (
        MayNotSignError,
        "This pod doesn't sign this for you: it would give away more than you have proved.",
    )
