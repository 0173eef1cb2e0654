"""Rules of grants, by which another pod copies an account, and of moves that begin here."""

from __future__ import annotations

from pod.errors import (
    GoneError,
    NoGrantError,
    NotFoundError,
    NotNowError,
    OtherBrowserError,
    TooManyTriesError,
    WrongHostError,
)
from protocol.errors import MalformedError, Rule


class GrantRule(Rule):
    """Rules of grants, by which another pod copies an account, and of moves that begin here."""

    HOME_OF_ANOTHER = (
        MalformedError,
        "A pod asks for itself, by its own actor: `home` is %(home)s, it signed as %(actor)s.",
    )
    ODD_WISH = (MalformedError, "`%(name)s` isn't in its form.")
    TOO_MANY_ASK = (TooManyTriesError, "Too many pods ask for this account; ask again in %(seconds)s seconds.")
    ASKED_TOO_LONG_AGO = (
        GoneError,
        "You answered this request, it is older than ten minutes, or it concerns another account.",
        "Du har svarat på förfrågan, den är äldre än tio minuter eller så gäller den ett annat konto.",
    )
    WRONG_HOST = (
        WrongHostError,
        "This isn't the address of the server that asks. If you expected another one, refuse.",
        "Det är inte adressen till servern som frågar. Om du väntade dig en annan: neka.",
    )
    NOTHING_TICKED = (
        MalformedError,
        "Tick at least one thing that may be read.",
        "Markera minst en sak som får läsas.",
    )
    GRANT_CODE_DEAD = (GoneError, "This code was used, is too old, or was made for another pod, key or browser.")
    GRANT_OVER = (NoGrantError, "The signer has no such grant, or no longer.")
    GRANT_PAUSED = (NoGrantError, "The grant is paused: its actor signed with another key. Ask for a new one.")
    CLASS_NOT_GRANTED = (NoGrantError, "The grant doesn't hold the class %(name)s.")
    NO_SUCH_GRANT = (NotFoundError, "You have given no such permission.", "Du har inte gett något sådant tillstånd.")
    BEGAN_ELSEWHERE = (
        OtherBrowserError,
        "This move began in another browser, or too long ago. Nothing was read.",
        "Flytten började i en annan webbläsare, eller för länge sedan. Inget är läst.",
    )
    NO_MOVE_HERE = (
        NotFoundError,
        "No move began in this browser, or it is over.",
        "Ingen flytt har börjat i den här webbläsaren, eller så är den över.",
    )
    BLOCKED_THERE = (
        NotNowError,
        "Those who run the old server have blocked this one, and let no account move between them. Ask them.",
        "De som sköter den gamla servern har blockerat den här och låter inga konton flytta emellan. Fråga dem.",
    )
    NOT_THIS_STAGE = (
        NotNowError,
        "The move is at another stage by now. Look at it again.",
        "Flytten är i ett annat skede nu. Titta på den igen.",
    )
    TOO_MANY_COME = (
        NotNowError,
        "Too many people of that server are on their way here. Try again in some days.",
        "För många från den servern är på väg hit. Försök igen om några dagar.",
    )
    HERE_ALREADY = (
        MalformedError,
        "This account is at home here already.",
        "Det kontot är redan hemma här.",
    )
    HOME_UNKNOWN = (
        MalformedError,
        "This pod doesn't know where that account is at home. Type its address, like @you@old.example.",
        "Servern vet inte var det kontot är hemma. Skriv dess adress, som @du@gammal.example.",
    )
    NOT_AN_ACCOUNT = (
        MalformedError,
        "This is an invitation, not an account. Type an address like @you@old.example.",
        "Det här är en inbjudan, inget konto. Skriv en adress som @du@gammal.example.",
    )
    ANSWER_OF_ANOTHER = (
        NoGrantError,
        "The old pod answered for another account, or led elsewhere. Nothing was read.",
        "Den gamla servern svarade för ett annat konto, eller ledde någon annanstans. Inget är läst.",
    )
