"""An account's archive: what stands in it, what never does, and that all of it is what its hashes say."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from federation.contexts import PUBLIC
from federation.elsewhere.foreign_posts import ForeignPost
from federation.elsewhere.known_files import origin_of
from federation.elsewhere.mastodon_archive import read_posts
from models.people.accounts import load_account
from models.people.subscriptions import Following, save_following
from pod.actions.groups.founding import sign_up
from pod.actions.groups.membership import join_at
from pod.actions.groups.pasted_links import PastedLink
from pod.actions.posts.posts import WrittenPost, add_paragraphs, describe_versions, erase, publish, replace_paragraph
from pod.actions.posts.votes_and_marks import cast_vote
from pod.archive.contents import NAMES
from pod.archive.opened import check_archive
from protocol.copies import CLASSES
from protocol.records.content import Address, Paragraph, ParagraphTarget, PostTarget
from tests.support.archives import archive_of
from tests.support.travellers import Traveller, a_traveller


@pytest.fixture
async def ada(tmp_path: Path) -> AsyncIterator[Traveller]:
    async with a_traveller(tmp_path) as traveller:
        yield traveller


async def bo_at(ada: Traveller) -> Traveller:
    """Somebody else on the same pod."""
    opened = await sign_up(ada.deps, "bo")
    async with ada.deps.store.database.read() as session:
        account = await load_account(session, opened.account)
    assert account is not None
    return Traveller(ada.deps, account)


async def test_mg_16_an_archive_holds_every_file_with_its_hash_and_each_class_with_its_root(ada: Traveller) -> None:
    well = await ada.founds("Well")
    await ada.writes(well, "Dry.", "Dig.")
    await ada.writes(ada.own, "Mine.")

    made = await archive_of(ada)

    assert made.names == list(NAMES)
    sums = [f"{sha256(made.bytes_of(name)).hexdigest()}  {name}" for name in NAMES[:-1]]
    assert made.text("SHA256SUMS").splitlines() == sums
    checked = check_archive(io.BytesIO(made.whole))
    for name in CLASSES:
        assert list(checked.lines(name)) == await ada.lines(name)
    assert made.shown == 3
    last = made.steps[-1]
    assert (last.file, last.done, last.total) == ("README.html", 3, 3)
    assert [step.bytes for step in made.steps] == sorted(step.bytes for step in made.steps)


async def test_mg_16_the_outbox_is_mastodons(ada: Traveller) -> None:
    well = await ada.founds("Well")
    unlisted, private = await ada.founds("Mill", "unlisted"), await ada.founds("Attic", "private")
    article = WrittenPost("article", [Paragraph("text", "Dry & <old>.")], title="On wells", language="sv")
    post = await publish(ada.deps, ada.signer, well, article)
    await ada.writes(unlisted, "Grind.")
    await ada.writes(private, "Hush.")

    outbox = (await archive_of(ada, private=True)).json("outbox.json")

    base, own = ada.deps.identity.base_url, f"{ada.deps.identity.base_url}/u/ada"
    assert {name: outbox[name] for name in ("id", "type", "totalItems")} == {
        "id": "outbox.json",
        "type": "OrderedCollection",
        "totalItems": 3,
    }
    created = {item["object"]["content"]: item for item in outbox["orderedItems"]}
    whole = created["<h1>On wells</h1><p>Dry &amp; &lt;old&gt;.</p>"]
    note = whole["object"]
    assert (whole["type"], whole["id"], whole["actor"]) == ("Create", f"{base}/activities/{post}", own)
    assert (note["type"], note["id"], note["attributedTo"]) == ("Note", f"{base}/records/{post}", own)
    assert note["contentMap"] == {"sv": note["content"]}
    assert (note["summary"], note["sensitive"], note["attachment"], note["tag"]) == (None, False, [], [])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", note["published"])
    assert whole["published"] == note["published"]
    audiences = [(item["to"], item["cc"]) for item in (whole, created["<p>Grind.</p>"], created["<p>Hush.</p>"])]
    assert audiences == [
        ([PUBLIC], [f"{own}/followers"]),
        ([f"{own}/followers"], [PUBLIC]),
        ([f"{base}/groups/{private}"], []),
    ]


async def test_mg_16_lists_are_in_mastodons_shapes_and_likes_are_of_others_posts(ada: Traveller) -> None:
    bo = await bo_at(ada)
    await ada.writes(ada.own, "Mine, and my own vote for it.")
    following = Following(ada.account.id, bo.own, lens=False, since_at=1)
    await ada.deps.store.write(partial(save_following, following=following))

    made = await archive_of(ada)

    host = ada.deps.identity.base_url.removeprefix("http://")
    head = "Account address,Show boosts,Notify on new posts,Languages\n"
    assert made.text("following_accounts.csv") == f"{head}bo@{host},true,false,\n"
    assert made.text("muted_accounts.csv") == "Account address,Hide notifications\n"
    for name in ("blocked_accounts.csv", "blocked_domains.csv", "bookmarks.csv", "lists.csv", "followers.csv"):
        assert made.text(name) == ""
    actor = made.json("actor.json")
    assert (actor["preferredUsername"], actor["outbox"], actor["likes"]) == ("ada", "outbox.json", "likes.json")
    assert made.json("likes.json")["orderedItems"] == made.json("bookmarks.json")["orderedItems"] == []


async def test_mg_16_likes_are_the_posts_of_others_that_one_voted_for(ada: Traveller) -> None:
    bo, well = await bo_at(ada), await ada.founds("Well")
    good, bad = await ada.writes(well, "Dig.", "Fill it.")
    await join_at(bo.deps, bo.signer, PastedLink(well, ada.deps.identity.base_url), known=True)
    await ada.settles(well)
    for post, value in ((good, 1000), (bad, -1000)):
        await cast_vote(bo.deps, bo.signer, well, PostTarget(post), value)

    likes = (await archive_of(bo)).json("likes.json")

    assert likes["orderedItems"] == [f"{ada.deps.identity.base_url}/records/{good}"]


async def test_mg_11_what_reads_mastodons_archives_here_reads_ours(ada: Traveller) -> None:
    well, mill = await ada.founds("Well"), await ada.founds("Mill", "unlisted")
    await ada.writes(mill, "Grind.")
    article = WrittenPost("article", [Paragraph("text", "Dry.\nOld.")], title="On wells", language="sv")
    post = await publish(ada.deps, ada.signer, well, article)

    whole = (await archive_of(ada)).whole
    assert origin_of(io.BytesIO(whole), "ada.zip") == "mastodon"
    found = {one.id: one for one in read_posts(io.BytesIO(whole), "ada.zip") if isinstance(one, ForeignPost)}

    told = found[f"{ada.deps.identity.base_url}/records/{post}"]
    assert {one.audience for one in found.values()} == {"public", "unlisted"}
    assert (told.language, told.audience) == ("sv", "public")
    assert told.paragraphs == (Paragraph("heading-1", "On wells"), Paragraph("text", "Dry.\nOld."))


async def test_erased_words_never_come_out_and_replaced_ones_are_told_as_former(ada: Traveller) -> None:
    well = await ada.founds("Well")
    post, gone = await ada.writes(well, "Wet heliotrope.", "Erased amaranth.")
    text = Paragraph("text", "Dry magnolia.")
    place = Address(post, 0)
    seen = await describe_versions(ada.deps, ada.account, well, post, place, well)
    await replace_paragraph(ada.deps, ada.signer, well, post, place, text, seen=seen)
    await ada.settles(well)
    await erase(ada.deps, ada.signer, well, gone, [gone])
    await ada.settles(well)

    made = await archive_of(ada)

    assert not any("amaranth" in made.text(name) for name in made.names)
    readme, outbox = made.text("README.html"), made.text("outbox.json")
    assert readme.index("Dry magnolia.") < readme.index("Your earlier words") < readme.index("Wet heliotrope.")
    assert ("magnolia" in outbox, "heliotrope" in outbox) == (True, False)


async def test_private_groups_come_only_if_asked_for_and_are_counted(ada: Traveller) -> None:
    attic = await ada.founds("Attic", "private")
    await ada.writes(attic, "Hush.")

    without, whole = await archive_of(ada), await archive_of(ada, private=True)

    assert "What was written in 1 private group was left out." in without.text("README.html")
    for name in ("README.html", "outbox.json", "classes/records.jsonl"):
        assert ("Hush." in without.text(name), "Hush." in whole.text(name)) == (False, True)


async def test_words_of_others_dont_come_and_what_votes_hide_stays_ones_own(ada: Traveller) -> None:
    bo, well = await bo_at(ada), await ada.founds("Well")
    (post,) = await ada.writes(well, "Mine, and hidden by votes.")
    await cast_vote(ada.deps, ada.signer, well, ParagraphTarget(Address(post, 0)), -1000)
    await join_at(bo.deps, bo.signer, PastedLink(well, ada.deps.identity.base_url), known=True)
    await ada.settles(well)
    await add_paragraphs(bo.deps, bo.signer, well, post, Address(post, 0), [Paragraph("text", "Theirs.")])
    await ada.settles(well)

    made, theirs = await archive_of(ada), await archive_of(bo)

    for name in ("README.html", "outbox.json"):
        assert ("Mine, and hidden by votes." in made.text(name), "Theirs." in made.text(name)) == (True, False)
    readme = theirs.text("README.html")
    assert ("Edit of another&#39;s post" in readme, "Theirs." in readme, "Mine" in readme) == (True, True, False)
    assert theirs.json("outbox.json")["totalItems"] == 0
