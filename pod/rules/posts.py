"""Rules of posts: what is here, who writes, what is judged."""

from __future__ import annotations

from pod.errors import (
    MayNotSignError,
    NeverErasedError,
    NotFoundError,
    NotMemberError,
    PendingFullError,
    StaleEditError,
)
from protocol.errors import MalformedError, MayNotWriteError, Rule


class PostRule(Rule):
    """Rules of posts."""

    PENDING_FULL = (
        PendingFullError,
        "Member %(author)s has too much waiting for the group's log; try again later.",
        "För mycket av medlem %(author)s väntar på gruppens logg; försök igen senare.",
    )
    WRITTEN_MUCH = (
        PendingFullError,
        "Member %(author)s has written more here lately than one person writes; try again in an hour.",
        "Medlem %(author)s har nyligen skrivit mer här än en person skriver; försök igen om en timme.",
    )
    NO_SUCH_POST = (NotFoundError, "There is no such post.", "Det finns inget sådant inlägg.")
    NO_SUCH_RECORD = (NotFoundError, "There is no such record.", "Det finns ingen sådan post.")
    NO_RECORD_IN_GROUP = (
        NotFoundError,
        "There is no such record in this group.",
        "Det finns ingen sådan post i gruppen.",
    )
    NO_POST_IN_GROUP = (
        NotFoundError,
        "There is no such post in this group.",
        "Det finns inget sådant inlägg i gruppen.",
    )
    NO_SUCH_PARAGRAPH = (
        NotFoundError,
        "There is no such paragraph in this post.",
        "Det finns inget sådant stycke i inlägget.",
    )
    PARAGRAPH_GONE = (
        NotFoundError,
        "There is no such paragraph in this post, or it was erased.",
        "Det finns inget sådant stycke i inlägget, eller så är det raderat.",
    )
    PARAGRAPH_ERASED = (
        MayNotWriteError,
        "This paragraph was erased; nothing brings it back.",
        "Stycket är raderat; inget för det tillbaka.",
    )
    TITLE_LENGTH = (
        MalformedError,
        "A title has at most %(most)s letters, a language code %(language)s.",
        "En rubrik har högst %(most)s bokstäver, en språkkod %(language)s.",
    )
    ERASE_ONLY_OWN = (
        MalformedError,
        "Only what you wrote in this post, and what isn't erased yet, can be erased here.",
        "Bara det du skrev i inlägget, och som inte redan är raderat, kan raderas här.",
    )
    WRITE_SOMETHING = (MalformedError, "Write something first.", "Skriv något först.")
    TOO_MANY_PARAGRAPHS = (
        MalformedError,
        "At most %(most)s paragraphs are written at once; these are %(paragraphs)s.",
        "Det går att skriva %(most)s stycken på en gång; det här är %(paragraphs)s.",
    )
    STALE_EDIT = (
        StaleEditError,
        "Somebody wrote another version meanwhile. Compare it with yours, then send yours once more.",
        "Någon har skrivit en annan version under tiden. Jämför den med din och skicka sedan din igen.",
    )
    DELETED_MEANWHILE = (
        StaleEditError,
        "Somebody deleted this paragraph meanwhile. If you want your version nevertheless, send it once more.",
        "Någon har tagit bort stycket under tiden. Vill du ändå ha din version, skicka den igen.",
    )
    KEPT_FOR_EVER = (
        NeverErasedError,
        "This is never erased: votes, and what was said in a poll. A proposal can be withdrawn, and stays a choice.",
        "Det raderas aldrig: röster och vad som sagts i en omröstning. Ett förslag kan dras tillbaka men står kvar.",
    )
    NOTHING_CHANGED = (MalformedError, "Nothing was changed.", "Inget ändrades.")
    PRIVATE_STAYS_INSIDE = (
        MayNotWriteError,
        "What a private group wrote can't be voted on elsewhere.",
        "Det som står i en privat grupp kan inte bedömas någon annanstans.",
    )
    TOLD_ELSEWHERE = (NotFoundError, "The page of another post tells why.", "Sidan för ett annat inlägg säger varför.")
    COMPARE_TWO = (
        NotFoundError,
        "Two versions are compared, or two paragraphs.",
        "Två versioner jämförs, eller två stycken.",
    )
    NOT_OF_THIS_POST = (
        NotFoundError,
        "One of these versions is none of this post's.",
        "En av de här versionerna hör inte till inlägget.",
    )
    REACTION_WITHOUT_SCORE = (
        MalformedError,
        "A reaction gives no score, so there is nothing to explain.",
        "En reaktion ger ingen poäng, så det finns inget att förklara.",
    )
    LENS_OF_POSTS = (
        MalformedError,
        "A lens judges posts, subjects and profiles here; paragraphs come with their post.",
        "En lins bedömer inlägg, ämnen och profiler här; stycken följer med sina inlägg.",
    )
    PARAGRAPH_ONLY = (MalformedError, "This is done to a paragraph.", "Det här görs med ett stycke.")
    NO_SUCH_BUTTON = (MalformedError, "There is no such button.", "Det finns ingen sådan knapp.")
    MUTE_A_WRITER = (
        MalformedError,
        "Only somebody who wrote a post is muted.",
        "Den som tystas är den som skrev ett inlägg.",
    )
    LENS_NAMES_ONE = (
        MalformedError,
        "The address names the one group to follow.",
        "Adressen anger den enda grupp som ska följas.",
    )
    LENS_TOO_LARGE = (MalformedError, "A lens has at most %(most)s groups.", "En lins har högst %(most)s grupper.")
    LENS_CHOICES = (
        MalformedError,
        "The lens in the address has a choice that there isn't.",
        "Linsens val i adressen är inte ett av dem som finns.",
    )
    NO_SUCH_STYLE = (MalformedError, "There is no such style of paragraph.", "Det finns ingen sådan styckestil.")
    ONLY_MEMBERS_WRITE = (
        NotMemberError,
        "Only members write here; join the group first.",
        "Bara medlemmar skriver här; gå med i gruppen först.",
    )
    PARAGRAPH_NOT_SHOWN = (
        NotFoundError,
        "This pod doesn't show this paragraph.",
        "Servern visar inte det här stycket.",
    )
    POST_OR_PARAGRAPH = (
        MalformedError,
        "Only a post or a paragraph is explained.",
        "Frågan gäller ett inlägg eller ett stycke.",
    )
    PARAGRAPH_BY_NUMBER = (
        MalformedError,
        "A paragraph is named by its record and its number there.",
        "Ett stycke anges med sin post och sitt nummer där.",
    )
    MEMBER_NUMBER = (MalformedError, "A member has a number.", "En medlem har ett nummer.")
    NOTHING_TO_SEE = (
        MalformedError,
        "Of this name or title nothing would be seen: write letters, numbers or signs.",
        "Av det namnet eller den titeln skulle inget synas: skriv bokstäver, siffror eller tecken.",
    )
    OWN_ROUTES = (MayNotSignError, "Groups, invitations and joins have routes of their own.")
    NOTHING_TO_VOTE_ON = (
        NotFoundError,
        "There is nothing of that name to vote on here.",
        "Det finns inget sådant här att rösta om.",
    )
