"""Which copies of accounts this pod holds, and what it refuses to take in."""

from __future__ import annotations

from pod.errors import NoGrantError, NotFoundError, NotNowError
from protocol.errors import MalformedError, Rule


class KeptCopyRule(Rule):
    """Which copies of accounts this pod holds, and what it refuses to take in."""

    NO_SUCH_COPY = (NotFoundError, "There is no such copy here.", "Det finns ingen sådan kopia här.")
    NO_ROOM_FOR_COPIES = (
        NotNowError,
        "This pod holds as many copies of accounts as it has room for: %(most)s. Try again in some days.",
        "Servern har så många kopior av konton som den har plats för: %(most)s. Försök igen om några dagar.",
    )
    GRANT_ENDED = (
        NoGrantError,
        "%(pod)s doesn't let this pod read the account any more. Begin the move anew.",
        "%(pod)s låter inte längre den här servern läsa kontot. Börja om med flytten.",
    )
    PERSONAL_NEEDED = (
        NoGrantError,
        "Without your profile and what you write in your own name nothing can be checked. Begin anew and tick it.",
        "Utan din profil och det du skriver i eget namn kan inget prövas. Börja om och markera den.",
    )
    ODD_ANSWER = (
        MalformedError,
        "The old server's answer isn't in its form: %(what)s.",
        "Den gamla serverns svar har inte sin form: %(what)s.",
    )
    LINE_UNPROVEN = (
        MalformedError,
        "What came isn't what was signed, in %(name)s at %(key)s: %(why)s",
        "Det som kom är inte det som skrevs under, i %(name)s vid %(key)s: %(why)s",
    )
    CHAIN_UNSETTLED = (
        MalformedError,
        "The old server sent a part of your personal group that isn't settled.",
        "Den gamla servern skickade en del av din personliga grupp som inte ligger fast.",
    )
    OTHER_LOG = (
        MalformedError,
        "The entries before an item aren't the log to which it commits.",
        "Posterna före ett led är inte den logg som ledet binder sig till.",
    )
    COPY_OF_NO_PERSON = (
        MalformedError,
        "This isn't a person's own group.",
        "Det här är inte en persons egen grupp.",
    )
    MOVED_ELSEWHERE = (
        NotNowError,
        "Your account was recovered or moved to %(pod)s meanwhile, so nothing more is copied.",
        "Ditt konto har under tiden återställts eller flyttats till %(pod)s, så inget mer kopieras.",
    )
    LINES_DIFFER = (
        MalformedError,
        "The copy and your account aren't equal. These lines differ: %(lines)s",
        "Kopian och ditt konto är inte lika. De här raderna skiljer sig: %(lines)s",
    )
