"""Words that stand nowhere else: who may find each of them at which addresses, and where they must find it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

STRANGER, READER, MEMBER, FOUNDER = "stranger", "reader", "member", "founder"
FORMER, BANNED, MUTER, ADMIN = "former", "banned", "muter", "admin"
EVERYBODY: Final = frozenset({STRANGER, READER, MEMBER, FOUNDER, FORMER, BANNED, MUTER, ADMIN})
INSIDE: Final = frozenset({MEMBER, FOUNDER})
# Other pods, by the signatures of their requests: each read what strangers read, and what is pulled by who may pull it.
HOME, FORMER_HOME, BANNED_HOME, OTHER_POD = "home of a member", "home of who left", "home of the banned", "other pod"
# Holders of keys, by theirs: of an invitation, and the recovery key of who left and of who belongs.
INVITED, FORMER_KEY, MEMBER_KEY = "invited", "recovery key of who left", "recovery key of a member"
PODS: Final = frozenset({HOME, FORMER_HOME, BANNED_HOME, OTHER_POD, INVITED, FORMER_KEY, MEMBER_KEY})

ANYWHERE: Final = r"/.*"
NOT_HOME: Final = r"/(?!\?|$).*|/\?(?:.*&)?(?:showing=everything|show=all)(?:&.*)?"
# Signed records travel whole between pods (protocol.md section 5): whoever checks a log needs their bytes.
PULLED: Final = r"/groups/\w+/(?:log|pending|chain)(?:\?.*)?"
SIGNED: Final = rf"{PULLED}|/api/v1/groups/\w+/(?:log|items)(?:\?.*)?|/api/v1/groups/\w+/records/\w+"
# Where a reader opened what is hidden: pages of the one post, what another lens would show, and lists that show
# everything or have no lens.
OPENED: Final = (
    r"/g/\w+/posts/\w+(?:[/?].*)?|/api/v1/groups/\w+/posts/\w+(?:[/?].*)?"
    r"|/g/\w+/preview\?.*|/(?:g/\w+|search|api/v1/groups/\w+/posts)?\?(?:.*&)?(?:showing=everything|show=all|lens=off)(?:&.*)?"
)
# Lists and news that one's own hides reach.
OWN_LISTS: Final = r"/|/g/\w+|/notifications|/search\?.*"


@dataclass(frozen=True)
class Canary:
    """`word` may be found by each reader at addresses that match; `met` is where every reader named there finds it.

    `pulled` is where the pods and keys of `pullers` find it, who may pull it in lists; else they are strangers.
    """

    word: str
    places: Mapping[str, str]
    met: str = ""
    by: frozenset[str] = field(default=frozenset())
    pulled: str = ""
    pullers: frozenset[str] = field(default=frozenset())

    def may_stand(self, reader: str, path: str) -> bool:
        """Whether this reader may find the word at this address."""
        if reader in self.pullers and path.partition("?")[0] == self.pulled:
            return True
        allowed = self.places.get(STRANGER if reader in PODS else reader)
        return allowed is not None and re.fullmatch(allowed, path) is not None


# Who may pull a private group: a member's home, and who holds a member's recovery key, which a new home does.
HOMES: Final = frozenset({HOME, MEMBER_KEY})
OPEN_LOG: Final = "/groups/{open}/log"
LOG, CHAIN, WAITING = "/groups/{private}/log", "/groups/{private}/chain", "/groups/{private}/operations"


def _inside(word: str, met: str, pulled: str = LOG, pullers: frozenset[str] = HOMES) -> Canary:
    return Canary(f"qx{word}xq", dict.fromkeys(INSIDE, ANYWHERE), met, INSIDE, pulled, pullers)


def _out_of_sight(word: str, met: str = "") -> Canary:
    """A word by the founder that a verdict or an edit hides: found where it is opened, and by its author."""
    opened = f"{OPENED}|{SIGNED}"
    own = rf"{opened}|/(?:\?.*)?|/g/\w+(?:\?.*)?|/@ada(?:\?.*)?|/g/\w+/members/1(?:\?.*)?|/me/.*"
    by = EVERYBODY if met else frozenset[str]()
    return Canary(f"qx{word}xq", {**dict.fromkeys(EVERYBODY, opened), FOUNDER: own}, met, by, OPEN_LOG, PODS)


_OWN_POST: Final = rf"{PULLED}|(?:/g|/api/v1/groups)/\w+/posts/\w+(?:[/?].*)?"


_OWN_PROFILE: Final = rf"{PULLED}|(?:/g|/api/v1/groups)/\w+/(?:members|profile).*"


def _floored(word: str, by: str = FOUNDER, own: str = "") -> Canary:
    """What the pod's floor hides leaves it only as a signed record that other pods pull, and its author may see it.

    `own`: the address of a name, which repeats it to whoever made it up.
    """
    author = _OWN_POST if by == FOUNDER else _OWN_PROFILE
    places = {**dict.fromkeys(EVERYBODY, PULLED), by: author}
    told = {name: f"{found}|{own}" if own else found for name, found in places.items()}
    return Canary(f"qx{word}xq", told, pulled=OPEN_LOG, pullers=PODS)


def _muted(word: str) -> Canary:
    """What one reader mutes: found by everybody else in lists, and by that reader where it is opened."""
    opened = rf"(?!(?:{OWN_LISTS})$)/.*|/[^?]*\?(?:.*&)?show=all(?:&.*)?"
    return Canary(
        f"qx{word}xq", {**dict.fromkeys(EVERYBODY, ANYWHERE), MUTER: opened}, "/g/{open}", EVERYBODY - {MUTER}
    )


def _unlisted(word: str, met: str = "", pulled: str = "/groups/{unlisted}/log") -> Canary:
    """Read by whoever knows the address; told at no other address but to who is in the group."""
    asked = r"/.*{unlisted poll}.*|/.*{unlisted early}.*|/.*{unlisted proposal}.*|/.*{unlisted prediction}.*"
    asked += r"|/.*{unlisted comment}.*"
    known = rf"/.*{{unlisted}}.*|/.*{{quiet}}.*|/.*{{unlisted answer}}.*|/.*{{unlisted edit}}.*|{asked}"
    return Canary(
        f"qx{word}xq",
        {**dict.fromkeys(EVERYBODY, known), **dict.fromkeys(INSIDE, ANYWHERE)},
        met,
        EVERYBODY if met else frozenset(),
        pulled,
        PODS,
    )


# Records of the private group's polls: only who may read it finds their ids, but in addresses that were asked for.
PRIVATE_IDS: Final = ("poll", "early", "proposal", "prediction", "comment", "statement", "ballot")

CANARIES: Final[Mapping[str, Canary]] = {
    # The private group, its post, and what was written after somebody left.
    "private name": _inside("privatename", "/g/{private}", CHAIN, HOMES | {INVITED}),
    "private description": _inside("privatedescription", "/g/{private}/about", CHAIN, HOMES | {INVITED}),
    "private title": _inside("privatetitle", "/g/{private}"),
    "private words": _inside("privatewords", "/g/{private}/posts/{secret}"),
    "private proposal": _inside("privateproposal", "/g/{private}/polls/{private early}/proposals"),
    "private prediction": _inside("privateprediction", "/g/{private}/polls/{private early}/predictions"),
    "private poll": _inside("privatepoll", "/g/{private}/polls/{private poll}"),
    "private comment": _inside("privatecomment", "/g/{private}/polls/{private poll}/talk"),
    "private statement": _inside("privatestatement", "/g/{private}/delegates"),
    # Only its author reads a poll that isn't published.
    "draft": Canary(
        "qxdraftxq",
        {FOUNDER: r"/me/drafts(?:\?.*)?|/g/\w+/polls/new/.*"},
        "/me/drafts",
        frozenset({FOUNDER}),
    ),
    "private reply": _inside("privatereply", "/g/{private}/posts/{secret}"),
    "private nickname": _inside("privatenickname", "/g/{private}/members"),
    "private reason": _inside("privatereason", "/g/{private}/log"),
    # A subject's own address repeats its name to whoever made the name up.
    "private subject": Canary(
        "qxprivatesubjectxq",
        {**dict.fromkeys(EVERYBODY, r"/(?:s/|@)qxprivatesubjectxq"), **dict.fromkeys(INSIDE, ANYWHERE)},
        "/g/{private}/subjects",
        INSIDE,
        LOG,
        HOMES,
    ),
    "proposed name": _inside("proposedname", "/g/{private}/proposals", WAITING),
    "after leaving": _inside("afterleaving", "/g/{private}"),
    # The unlisted group.
    "unlisted name": _unlisted("unlistedname", "/g/{unlisted}", "/groups/{unlisted}/chain"),
    "unlisted words": _unlisted("unlistedwords", "/g/{unlisted}/posts/{quiet}"),
    "unlisted poll": _unlisted("unlistedpoll", "/g/{unlisted}/polls/{unlisted poll}"),
    "unlisted comment": _unlisted("unlistedcomment", "/g/{unlisted}/polls/{unlisted poll}/talk"),
    "unlisted proposal": _unlisted("unlistedproposal", "/g/{unlisted}/polls/{unlisted early}/proposals"),
    "unlisted prediction": _unlisted("unlistedprediction", "/g/{unlisted}/polls/{unlisted early}/predictions"),
    # Answers to a post of the open group and edits of it, from groups that repost it.
    "private edit": _inside("privateedit", "/g/{open}/posts/{plain}?mode=wiki"),
    "unlisted edit": _unlisted("unlistededit"),
    "private answer": _inside("privateanswer", "/g/{open}/posts/{plain}"),
    "unlisted answer": _unlisted("unlistedanswer", "/g/{unlisted}"),
    # The open group: shown, hidden by its votes, changed by edits, withdrawn, erased.
    "shown": Canary("qxshownxq", dict.fromkeys(EVERYBODY, ANYWHERE), "/g/{open}", EVERYBODY, OPEN_LOG, PODS),
    "hidden title": _out_of_sight("hiddentitle", "/g/{open}?showing=everything"),
    "hidden words": _out_of_sight("hiddenwords", "/g/{open}/posts/{hidden}?showing=everything"),
    "hidden paragraph": _out_of_sight("hiddenparagraph", "/g/{open}/posts/{edited}?showing=everything"),
    "deleted paragraph": _out_of_sight("deletedparagraph"),
    "replaced paragraph": _out_of_sight("replacedparagraph"),
    "withdrawn": _out_of_sight("withdrawn"),
    "erased": Canary("qxerasedxq", {}),
    "old profile": Canary("qxoldprofilexq", dict.fromkeys(EVERYBODY, SIGNED), pulled=OPEN_LOG, pullers=PODS),
    # The pod's floor.
    "floored title": _floored("flooredtitle"),
    "floored poll": _floored("flooredpoll"),
    "floored proposal": _floored("flooredproposal"),
    "floored prediction": _floored("flooredprediction"),
    "floored statement": _floored(
        "flooredstatement", own=r"/(?:g/\w+/delegates/offer|api/v1/groups/\w+/delegations)(?:\?.*)?"
    ),
    "floored words": _floored("flooredwords"),
    "floored paragraph": _floored("flooredparagraph"),
    "floored reply": _floored("flooredreply"),
    "floored nickname": _floored("floorednickname", by=BANNED),
    "floored profile": _floored("flooredprofile", by=BANNED),
    # Whoever made the name up finds it at its own address, and in what is asked there.
    "floored subject": _floored("flooredsubject", own=r"/(?:s/|@)qxflooredsubjectxq"),
    "subject of nothing shown": _floored("unshownsubject", own=r"/(?:s/|@)qxunshownsubjectxq"),
    "private floor": Canary("qxprivatefloorxq", {}),
    # What a member's moderators hide, which is hidden at that member's home alone.
    "moderated": Canary("qxmoderatedxq", {**dict.fromkeys(EVERYBODY, ANYWHERE), MEMBER: NOT_HOME}),
    "moderated paragraph": Canary("qxmoderatedparagraphxq", {**dict.fromkeys(EVERYBODY, ANYWHERE), MEMBER: NOT_HOME}),
    # A writer whom one reader mutes.
    "muted": _muted("muted"),
    "muted title": _muted("mutedtitle"),
    "muted paragraph": _muted("mutedparagraph"),
}
