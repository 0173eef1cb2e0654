"""Rules of groups: which are here, who belongs to them, how one finds and joins them."""

from __future__ import annotations

from federation.errors import MalformedDocumentError
from pod.errors import (
    MayNotJoinError,
    MovedAwayError,
    MovingError,
    NotFoundError,
    NotMemberError,
    ProposalOpenError,
    UnknownGroupError,
)
from protocol.errors import MalformedError, MayNotWriteError, Rule, TooLargeError, VoidOperationError


class GroupRule(Rule):
    """Rules of groups."""

    UNKNOWN_GROUP = (
        UnknownGroupError,
        "This pod doesn't hold that group, or it is private.",
        "Servern har inte den gruppen, eller så är den privat.",
    )
    UNKNOWN_AFTER = (UnknownGroupError, "This pod doesn't hold the group that `after` names.")
    NO_SUCH_INVITATION = (NotFoundError, "There is no such invitation here.", "Det finns ingen sådan inbjudan här.")
    NO_GROUP_AT_ADDRESS = (
        NotFoundError,
        "There is no group at this address.",
        "Det finns ingen grupp på den adressen.",
    )
    CLOSED = (
        MayNotWriteError,
        "This group is closed. It continues as another group, with those whom its owners invited.",
        "Den här gruppen är stängd. Den fortsätter som en annan grupp, med dem som dess ägare bjöd in.",
    )
    PROPOSAL_OPEN = (
        ProposalOpenError,
        "Your proposal still waits for signatures, and any other change of yours would void it: withdraw it first.",
        "Ditt förslag väntar på underskrifter, och varje annan ändring från dig upphäver det: dra tillbaka det först.",
    )
    NO_SUCH_PROPOSAL = (
        NotFoundError,
        "No such change waits for signatures here: it has enough, was withdrawn or has expired.",
        "Ingen sådan ändring väntar på underskrifter här: den har nog, drogs tillbaka eller har gått ut.",
    )
    NOT_ASKED_TO_SIGN = (
        MayNotWriteError,
        "The group's rules don't ask for your signature on this.",
        "Gruppens regler kräver inte din underskrift på det här.",
    )
    OWNERS_ARE_PROPOSED = (
        VoidOperationError,
        "The other owners have to agree. Invite with less weight, then propose the rest on the new member's page.",
        "De andra ägarna måste hålla med. Bjud in med lägre vikt och föreslå sedan resten på medlemmens sida.",
    )
    ONLY_OWNERS_PROPOSE = (MayNotWriteError, "Only owners propose this.", "Bara ägare föreslår det här.")
    NOT_YOUR_PROPOSAL = (
        MayNotWriteError,
        "Only who proposed it withdraws it.",
        "Bara den som föreslog det drar tillbaka det.",
    )
    NOT_YOUR_IDENTITY = (
        MalformedError,
        "An identity is the id of your own personal group.",
        "En identitet är id:t för din egen personliga grupp.",
    )
    UNKNOWN_IN_PRIVATE = (
        MayNotWriteError,
        "Who you are stands in a public log: it would tell everybody that you are in a private group.",
        "Vem du är står i en offentlig logg: den skulle berätta för alla att du är med i en privat grupp.",
    )
    KEPT_OUT = (
        MayNotJoinError,
        "The group gave you a weight below 0 before you left, so you can't come back by yourself.",
        "Gruppen gav dig en vikt under 0 innan du lämnade den, så du kan inte komma tillbaka på egen hand.",
    )
    TAKES_THE_INVITED = (
        MayNotJoinError,
        "You can join this group only by a member's invitation.",
        "Du kan bara gå med i gruppen om en medlem bjuder in dig.",
    )
    ONE_PERSONAL_GROUP = (
        MalformedError,
        "An account has one personal group, made at sign-up.",
        "Ett konto har en egen grupp, som skapas när kontot öppnas.",
    )
    MOVED_AWAY = (
        MovedAwayError,
        "Your membership moved to %(pod)s. Write and read there.",
        "Ditt medlemskap har flyttat till %(pod)s. Skriv och läs där.",
    )
    MEMBER_ALREADY = (
        MayNotJoinError,
        "You are a member of this group, or asked to be one already.",
        "Du är medlem i gruppen, eller har redan bett om att få bli det.",
    )
    NO_INVITATION_ANSWER = (
        MalformedDocumentError,
        "The pod's answer isn't an invitation.",
        "Serverns svar är ingen inbjudan.",
    )
    NOT_HELD_PASTE_WHOLE = (
        NotFoundError,
        "This pod doesn't hold that group; paste its whole address, with its pod.",
        "Servern har inte den gruppen; klistra in hela adressen, med server.",
    )
    PASTE_AN_ADDRESS = (
        MalformedError,
        "Paste a group's address, its id, an invitation, or a handle such as name@pod.",
        "Klistra in en grupps adress, dess id, en inbjudan eller ett namn som namn@server.",
    )
    NEITHER_GROUP_NOR_PERSON = (
        MalformedError,
        "There is neither a group nor a person at this address.",
        "Det finns varken en grupp eller en person på den adressen.",
    )
    NOBODY_THERE = (NotFoundError, "That server knows nobody of this name.", "Den servern känner ingen med det namnet.")
    HALF_AN_INVITATION = (
        MalformedError,
        "This isn't a whole invitation: its end is missing.",
        "Det är ingen hel inbjudan: slutet saknas.",
    )
    UNREADABLE_ADDRESS = (MalformedError, "This address can't be read.", "Adressen går inte att läsa.")
    NOBODY_OF_THAT_NAME = (NotFoundError, "There is nobody of that name here.", "Det finns ingen med det namnet här.")
    ANSWER_NAMES_NO_GROUP = (
        MalformedDocumentError,
        "The pod's answer names no group.",
        "Serverns svar anger ingen grupp.",
    )
    NO_POD_THERE = (
        NotFoundError,
        "That server isn't a pod, or knows nobody of this name.",
        "Den servern är ingen Althing-server, eller känner ingen med det namnet.",
    )
    INVITATION_IS_JOINED = (
        NotFoundError,
        "This is an invitation: it leads into a group by joining.",
        "Det här är en inbjudan: den leder in i en grupp genom att man går med.",
    )
    FOLLOWS_TOO_MANY = (
        TooLargeError,
        "One account follows at most 500 groups and people.",
        "Ett konto följer högst 500 grupper och personer.",
    )
    NOT_A_MEMBER_YET = (
        NotMemberError,
        "You aren't a member of this group, or your join isn't settled yet.",
        "Du är inte medlem i gruppen, eller så är ditt inträde inte avgjort än.",
    )
    ON_ITS_WAY = (
        MovingError,
        "Your membership is on its way here: write again once the group has sealed it.",
        "Ditt medlemskap är på väg hit. Skriv igen när gruppen har bekräftat det.",
    )
    RESTORED = (
        MovingError,
        "This pod was restored from a backup: write again once the group knows its new key.",
        "Servern återställdes från en säkerhetskopia: skriv igen när gruppen känner dess nya nyckel.",
    )
    NO_PERSONAL_GROUP = (NotMemberError, "This account has no personal group.", "Kontot har ingen egen grupp.")
    NOT_A_MEMBER_NUMBER = (
        NotFoundError,
        "The group has no member of this number.",
        "Gruppen har ingen medlem med det numret.",
    )
    NO_ITEM_AT_HEIGHT = (NotFoundError, "The chain has no item at this height.", "Kedjan har ingen länk på den höjden.")
    NAME_LENGTH = (
        MalformedError,
        "A group's name has 1 to %(most)s letters.",
        "En grupps namn har 1 till %(most)s bokstäver.",
    )
    DESCRIPTION_LENGTH = (
        MalformedError,
        "A description has at most %(most)s letters.",
        "En beskrivning har högst %(most)s bokstäver.",
    )
    ONLY_MEMBERS_INVITE = (NotMemberError, "Only members invite.", "Bara medlemmar bjuder in.")
    KEEPERS_BY_NUMBER = (
        MalformedError,
        "Name keepers by their member numbers, such as 1, 2, 3.",
        "Ange väktare med deras medlemsnummer, som 1, 2, 3.",
    )
    TOLD_TO_THE_INVITED = (
        NotFoundError,
        "This item names the group in which this one continues: only its owners and those who were invited are told.",
        "Den här länken anger gruppen som den här fortsätter i: det visas bara för ägarna och dem som bjudits in.",
    )
    LOG_FILTER = (
        MalformedError,
        "The log is filtered by a type of record, and by + or -.",
        "Loggen filtreras på slag, och på + eller -.",
    )
    YOUR_POD = (
        MalformedError,
        "Write your pod as its address, for example pod.example.",
        "Skriv din server som dess adress, till exempel pod.example.",
    )
    NO_GROUP_ABOUT_THIS = (
        NotFoundError,
        "No group that you may read writes about this.",
        "Ingen grupp som du får läsa skriver om det här.",
    )
    ONLY_MEMBERS_GIVE_WEIGHT = (NotMemberError, "Only members give weight.", "Bara medlemmar ger vikt.")
    ONLY_MEMBERS_HAVE_A_PROFILE = (
        NotMemberError,
        "Only members have a profile here.",
        "Bara medlemmar har en profil här.",
    )
    WEIGHT_FORM = (
        MalformedError,
        "A weight is a number with at most three decimals, such as 1 or 0.5.",
        "En vikt är ett tal med högst tre decimaler, som 1 eller 0,5.",
    )
    NO_ACTOR = (NotFoundError, "There is no such actor here.", "Det finns ingen sådan aktör här.")
