"""Files as other software writes them, and as people and attackers spoil them."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from typing import Any

ANNA = "https://old.example/users/anna"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
FOLLOWERS = f"{ANNA}/followers"
PICTURE = b"\x89PNG\r\n\x1a\n picture"

FOLLOWING = (
    "Account address,Show boosts,Notify on new posts,Languages\n"
    'bo@pond.example,true,false,"sv, en"\n'
    "cilla@lake.example,false,true,\n"
)
MUTED = "Account address,Hide notifications\nloud@pond.example,true\nlouder@pond.example,false\n"
BLOCKED = "troll@pond.example\nspam@lake.example\n"
DOMAINS = "spam.example\nads.spam.example\n"
BOOKMARKS = "https://pond.example/@bo/1\nhttps://lake.example/users/cilla/statuses/2\n"
LISTS = "Neighbours,bo@pond.example\nNeighbours,cilla@lake.example\nWork,bo@pond.example\n"
FOLLOWERS_TABLE = "Account address\nbo@pond.example\ndora@sea.example\n"
SERVER_BLOCKS = (
    "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
    'spam.example,suspend,true,true,"spam, and\nmore spam",false\n'
    "loud.example,silence,false,false,,true\n"
)


def note(number: int, content: str = "<p>Hello</p>", **members: Any) -> dict[str, Any]:
    """A Create of a public note, as Mastodon's outbox.json has it."""
    own = f"{ANNA}/statuses/{number}"
    said: dict[str, Any] = {
        "id": own,
        "type": "Note",
        "summary": None,
        "inReplyTo": None,
        "published": f"2021-03-04T05:06:{number % 60:02}Z",
        "url": f"https://old.example/@anna/{number}",
        "attributedTo": ANNA,
        "to": [PUBLIC],
        "cc": [FOLLOWERS],
        "sensitive": False,
        "content": content,
        "contentMap": {"sv": content},
        "attachment": [],
        "tag": [],
        **members,
    }
    head = {"id": f"{own}/activity", "type": "Create", "actor": ANNA, "published": said["published"]}
    return {**head, "to": said["to"], "cc": said["cc"], "object": said}


def boost(number: int) -> dict[str, Any]:
    own = f"{ANNA}/statuses/{number}/activity"
    said = {"id": own, "type": "Announce", "actor": ANNA, "published": "2021-03-04T05:06:07Z"}
    return {**said, "to": [PUBLIC], "cc": [FOLLOWERS], "object": "https://pond.example/users/bo/statuses/9"}


def picture(path: str = "/media_attachments/files/1/original/a.png") -> dict[str, Any]:
    sized = {"blurhash": "UBL_:rOpGG-oBUNG", "focalPoint": [0.0, -0.5], "width": 2, "height": 1}
    return {"type": "Document", "mediaType": "image/png", "url": path, "name": "A duck", **sized}


def outbox(*entries: Any) -> bytes:
    head = {"@context": "https://www.w3.org/ns/activitystreams", "id": "outbox.json", "type": "OrderedCollection"}
    return json.dumps({**head, "totalItems": len(entries), "orderedItems": entries}, indent=1).encode()


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return raw.getvalue()


def tarred(files: Mapping[str, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=form) as made:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            made.addfile(entry, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), 6, mtime=0)


def locked(raw: bytes) -> bytes:
    """The zip with the flag that says: encrypted."""
    spoiled = bytearray(raw)
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = spoiled.find(sign)
        struct.pack_into("<H", spoiled, at + place, 1)
    return bytes(spoiled)


def with_wide_directory(raw: bytes) -> bytes:
    """The zip, which says that its directory has a gigabyte."""
    spoiled = bytearray(raw)
    struct.pack_into("<L", spoiled, spoiled.rfind(b"PK\x05\x06") + 12, 1024**3)
    return bytes(spoiled)


def lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


LEMMY = {
    "display_name": "Anna\u0007",
    "bio": "Ducks.\n\nAnd geese.",
    "avatar": None,
    "bot_account": False,
    "settings": {"theme": "darkly", "show_nsfw": False},
    "followed_communities": ["https://lemmy.example/c/ducks", "not a link", 7],
    "saved_posts": ["https://lemmy.example/post/1"],
    "saved_comments": ["https://lemmy.example/comment/2"],
    "blocked_communities": ["https://lemmy.example/c/cats"],
    "blocked_users": ["https://lemmy.example/u/troll"],
    "blocked_instances": ["spam.example", "no server"],
}
TOPIC = {
    "post_stream": {
        "posts": [
            {
                "id": 11, "name": "Bo Ek", "username": "bo", "created_at": "2019-05-01T10:00:00.123Z", "post_number": 1,
                "post_type": 1, "cooked": "<p>Who feeds the ducks?</p>", "reply_to_post_number": None, "topic_id": 5,
            },
            {
                "id": 12, "name": "", "username": "cilla", "created_at": "2019-05-01T11:00:00.000Z", "post_number": 2,
                "post_type": 1, "cooked": "<p>I do.</p>", "reply_to_post_number": None, "topic_id": 5,
            },
            {
                "id": 13, "name": "Bo Ek", "username": "bo", "created_at": "2019-05-01T12:00:00.000Z", "post_number": 3,
                "post_type": 1, "cooked": "<p>Thanks!</p>", "reply_to_post_number": 2, "topic_id": 5,
            },
            {"id": 14, "post_number": 4, "post_type": 3, "action_code": "closed.enabled", "cooked": ""},
        ],
        "stream": [11, 12, 13, 14],
    },
    "id": 5,
    "title": "The  ducks",
}  # fmt: skip
DISCOURSE_TABLE = (
    "topic_title,categories,is_pm,post_raw,post_cooked,like_count,reply_count,url,created_at\n"
    'The ducks,Pond,No,"I do.\n\nDaily.",,1,0,https://forum.example/t/x/5/2,2019-05-01 11:00:00 UTC\n'
    "Secret,-,Yes,psst,,0,0,https://forum.example/t/y/6/1,2019-05-01 11:00:00 UTC\n"
)
REDDIT = [
    {
        "id": "aa1", "author": "bo", "created_utc": 1556704800, "title": "Who feeds the ducks?",
        "selftext": "Somebody?", "permalink": "/r/ducks/comments/aa1/who/", "subreddit": "ducks", "is_self": True,
        "url": "https://www.reddit.com/r/ducks/comments/aa1/who/",
    },
    {
        "id": "bb2", "author": "cilla", "created_utc": "1556708400", "body": "I do.", "link_id": "t3_aa1",
        "parent_id": "t3_aa1", "permalink": "/r/ducks/comments/aa1/who/bb2/", "subreddit": "ducks",
    },
    {
        "id": "cc3", "author": "[deleted]", "created_utc": 1556712000, "body": "[removed]", "link_id": "t3_aa1",
        "parent_id": "t1_bb2", "permalink": "/r/ducks/comments/aa1/who/cc3/", "subreddit": "ducks",
    },
]  # fmt: skip
REDDIT_TABLE = (
    "id,permalink,date,ip,subreddit,gildings,link,parent,body,media\n"
    "bb2,https://www.reddit.com/r/ducks/comments/aa1/who/bb2/,2019-05-01 11:00:00 UTC,,ducks,0,"
    'https://www.reddit.com/r/ducks/comments/aa1/who/,,"I do.\n\nDaily.",\n'
    "bb3,short row\n"
)
LOOMIO = [
    {"table": "groups", "record": {"id": 1, "name": "Pond", "created_at": "2019-01-01T00:00:00.000Z"}},
    {"table": "users", "record": {"id": 3, "name": "Bo Ek", "username": "bo", "email": "bo@pond.example"}},
    {
        "table": "discussions",
        "record": {
            "id": 8, "group_id": 1, "author_id": 3, "title": "Ducks", "description": "<p>Who <b>feeds</b> them?</p>",
            "description_format": "html", "created_at": "2019-05-01T10:00:00.000Z", "discarded_at": None,
        },
    },
    {
        "table": "comments",
        "record": {
            "id": 9, "discussion_id": 8, "user_id": 4, "body": "I do.", "body_format": "md",
            "parent_type": "Discussion", "parent_id": 8, "created_at": "2019-05-01T11:00:00.000Z",
        },
    },
    {"table": "stances", "record": {"id": 2, "poll_id": 1, "reason": "secret ballot"}},
    {"table": "comments", "record": {"id": 10, "body": "gone", "discarded_at": "2019-06-01T00:00:00.000Z"}},
]  # fmt: skip
