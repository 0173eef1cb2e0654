"""Mastodon's archive: posts with their dates, warnings, languages, audiences and files; and what is no archive."""

import io
import tarfile
import tracemalloc
import zipfile

import pytest

from federation.elsewhere.foreign_posts import ForeignAttachment, ForeignBoost, ForeignPost
from federation.elsewhere.mastodon_archive import read_files, read_posts
from federation.elsewhere.rows import BOUNDS, FileBounds, RefusedRow
from federation.errors import ForeignFileError
from tests.support import foreign_files as files
from tests.support.foreign_files import boost, locked, note, outbox, tarred, with_wide_directory, zipped

ONE = outbox(note(1))
STRICT = FileBounds(small=256 * 1024, ratio=20, entries=50, rows=5, row_bytes=16 * 1024)


def posts_of(raw: bytes, name: str = "archive.zip", bounds: FileBounds = BOUNDS) -> list[ForeignPost]:
    found = list(read_posts(io.BytesIO(raw), name, bounds))
    assert all(isinstance(one, ForeignPost) for one in found), found
    return [one for one in found if isinstance(one, ForeignPost)]


# Every way in which people have the same post.
TAKEN: list[tuple[str, bytes]] = [
    ("outbox.json", ONE),
    ("my toots.json", ONE),
    ("outbox (2).json", b"\xef\xbb\xbf" + ONE),
    ("archive.zip", zipped({"actor.json": b"{}", "outbox.json": ONE, "likes.json": b"{}"})),
    ("archive.tar.gz", zipped({"outbox.json": ONE})),
    ("archive.zip", tarred({"actor.json": b"{}", "outbox.json": ONE})),
    ("archive.tar.gz", tarred({"./outbox.json": ONE}, tarfile.PAX_FORMAT)),
    ("archive.tar.gz", tarred({f"{'long ' * 40}/outbox.json": ONE}, tarfile.PAX_FORMAT)),
    ("archive.tar.gz", tarred({f"{'long ' * 40}/outbox.json": ONE}, tarfile.GNU_FORMAT)),
    ("archive.zip", zipped({"archive-2023\\outbox.json": ONE}, zipfile.ZIP_STORED)),
    ("archive.zip", zipped({"../../etc/outbox.json": outbox(note(9)), "/a/outbox.json": ONE})),
]


@pytest.mark.parametrize(("name", "raw"), TAKEN)
def test_mg_11_an_archive_is_known_by_its_content_however_it_is_packed_and_named(name: str, raw: bytes) -> None:
    (post,) = posts_of(raw, name)

    assert (post.row, post.id, post.at) == (1, f"{files.ANNA}/statuses/1", 1_614_834_361_000)
    assert [paragraph.text for paragraph in post.paragraphs] == ["Hello"]


# What is refused as a whole: the bytes, and the reason.
REFUSED: list[tuple[str, bytes, str]] = [
    ("empty.zip", b"", "file_empty"),
    ("cut.zip", zipped({"outbox.json": ONE})[:-30], "file_damaged"),
    ("cut.tar.gz", tarred({"outbox.json": outbox(*map(note, range(200)))})[:-3000], "file_damaged"),
    ("locked.zip", locked(zipped({"outbox.json": ONE})), "file_locked"),
    ("packed.zip", zipped({"outbox.json": ONE}, zipfile.ZIP_LZMA), "file_packed_oddly"),
    ("wide.zip", with_wide_directory(zipped({"outbox.json": ONE})), "file_crowded"),
    ("many.zip", zipped({f"{number}": b"" for number in range(60)}), "file_crowded"),
    ("many.tar.gz", tarred({f"{number}": b"" for number in range(60)}), "file_crowded"),
    (
        "bomb.zip",
        zipped({"a": bytes(1_000_000), "outbox.json": b" " * 1_000_000 + ONE}),
        "file_unfolds",
    ),
    ("bomb.tar.gz", tarred({"outbox.json": b" " * 1_000_000 + ONE}), "file_unfolds"),
    ("other.zip", zipped({"holiday.png": files.PICTURE}), "file_without_posts"),
    ("holiday.png", files.PICTURE, "file_damaged"),
    ("outbox.json", b'{"type": "OrderedCollection"}', "file_unknown"),
    ("outbox.json", ONE[:-40], "file_damaged"),
    ("outbox.json", b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", "file_too_deep"),
    ("outbox.json", b'{"orderedItems":[' + b"[" * 100 + b"]" * 100 + b"]}", "file_too_deep"),
]


@pytest.mark.parametrize(("name", "raw", "reason"), REFUSED)
def test_mg_11_a_file_that_is_broken_or_hostile_is_refused_with_its_name_and_the_reason(
    name: str, raw: bytes, reason: str
) -> None:
    with pytest.raises(ForeignFileError) as refused:
        list(read_posts(io.BytesIO(raw), name, STRICT))

    assert refused.value.refused.rule.key == reason
    assert refused.value.refused.facts["file"] in {name, "outbox.json"}


def test_mg_11_a_post_keeps_date_warning_language_audience_answer_and_files() -> None:
    bo = {"type": "Mention", "href": "https://pond.example/users/bo", "name": "@bo@pond.example"}
    said = note(
        7,
        '<p><span class="h-card"><a href="https://social.pond.example/@bo" class="u-url mention">@<span>bo</span></a>'
        "</span> look</p>",
        summary="Ducks,\n naked",
        inReplyTo="https://pond.example/users/bo/statuses/1",
        attachment=[files.picture(), files.picture("https://cdn.example/b.png")],
        tag=[bo, {"type": "Hashtag", "href": "x", "name": "#ducks"}],
    )
    (post,) = posts_of(outbox(said))

    assert post.warning == "Ducks, naked"
    assert (post.language, post.audience, post.url) == ("sv", "public", "https://old.example/@anna/7")
    assert post.reply_to == "https://pond.example/users/bo/statuses/1"
    assert [paragraph.text for paragraph in post.paragraphs] == ["@bo@pond.example look"]
    assert post.attachments == (
        ForeignAttachment("media_attachments/files/1/original/a.png", "image/png", "A duck"),
        ForeignAttachment("", "image/png", "A duck"),
    )


@pytest.mark.parametrize(
    ("to", "cc", "audience"),
    [
        ([files.PUBLIC], [files.FOLLOWERS], "public"),
        (["as:Public"], [], "public"),
        ([files.FOLLOWERS], [files.PUBLIC], "unlisted"),
        ([files.FOLLOWERS], [], "followers"),
        (["https://pond.example/users/bo"], [], "direct"),
        (None, 7, "direct"),
    ],
)
def test_mg_11_who_was_meant_to_read_a_post_is_read_from_its_addresses(to: object, cc: object, audience: str) -> None:
    (post,) = posts_of(outbox(note(1, to=to, cc=cc)))

    assert post.audience == audience


def test_mg_11_one_bad_row_doesnt_end_the_reading() -> None:
    raw = outbox(
        note(1),
        boost(2),
        7,
        note(3, published="long ago"),
        note(4, ""),
        note(5, "<script>alert(1)</script>"),
        {**note(6), "actor": "https://old.example/users/eva"},
        note(7, attributedTo="https://old.example/users/eva"),
        {**note(8), "type": "Delete"},
        note(9, "<p>" + "a" * 20_000 + "</p>"),
        note(10),
    ).replace(b'"Hello"', b"Hello")
    found = list(read_posts(io.BytesIO(raw), "outbox.json", FileBounds(row_bytes=16 * 1024)))

    assert [one.row for one in found] == list(range(1, 12))
    assert isinstance(found[1], ForeignBoost)
    assert [(one.row, one.refused.rule.key) for one in found if isinstance(one, RefusedRow)] == [
        (3, "row_odd"),
        (4, "row_no_date"),
        (5, "row_no_text"),
        (6, "row_no_text"),
        (7, "row_others_words"),
        (8, "row_others_words"),
        (9, "row_not_read"),
        (10, "row_too_long"),
    ]


def test_mg_11_entries_beyond_the_bound_are_named_where_reading_ends() -> None:
    *taken, last = read_posts(io.BytesIO(outbox(*map(note, range(9)))), "outbox.json", STRICT)

    assert len(taken) == 5
    assert isinstance(last, RefusedRow)
    assert (last.row, last.refused.rule.key) == (6, "file_too_long")


@pytest.mark.parametrize("packed", [zipped, tarred])
def test_mg_11_only_files_that_posts_name_are_read_from_the_archive(packed: object) -> None:
    assert callable(packed)
    raw = packed(
        {
            "top/outbox.json": ONE,
            "top/media_attachments/files/1/original/a.png": files.PICTURE,
            "top/media_attachments/files/2/original/a.png": b"another",
            "top/header.jpg": b"header",
        }
    )
    wanted = frozenset({"media_attachments/files/1/original/a.png"})
    found = {entry.path: entry.stream.read() for entry in read_files(io.BytesIO(raw), "archive", wanted)}

    assert found == {"media_attachments/files/1/original/a.png": files.PICTURE}


def test_a_long_outbox_costs_the_memory_of_its_longest_entry() -> None:
    raw = outbox(*(note(number, f"<p>{'word ' * 2000}</p>") for number in range(400)))
    assert len(raw) > 8_000_000
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_posts(io.BytesIO(raw), "outbox.json"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 400
    assert peak < 1_000_000
