"""Every table of the pod says whether a copy of an account has it: in which class, or why it stays behind."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Boolean, Column, Integer, LargeBinary, MetaData, Table, insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.columns import RecordIdType
from models.moving import own_rows
from models.moving.own_rows import OwnTable
from models.schema import METADATA
from protocol.copies import CLASSES
from tests.support.travellers import a_traveller
from tests.support.writing import an_id

# What a class tells of a table, column by column, but for these, which stay here.
IN_A_CLASS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "memberships": ("memberships", {"context": "a key's derivation from this pod's seed", "counter": "that key's"}),
    "followings": ("follows", {}),
    "followers": ("follows", {"follow": "an id to answer here", "since_seq": "this pod's count of records"}),
    "readers": ("follows", {"told_term": "what this pod sent them", "until": "how long a copy's word holds"}),
    "blocks": ("choices", {}),
    "decision_subscriptions": ("choices", {}),
    "poll_drafts": ("choices", {}),
    "wanted_claims": ("choices", {}),
}
# Read by statements of their own.
ALSO_IN_A_CLASS: Final = {
    "items": "personal",
    "acks": "personal",
    "records": "records",
    "accounts": "choices",
    "digests": "choices",
    "call_mails": "choices",
    "actor_keys": "actor",
    "boxes": "box",
    "former_actors": "actor",
    "unfolded_lines": "choices",  # and what else was brought and is handed on
}
STAYS: Final = {
    "tokens": "secret of a program here",
    "sessions": "a browser's stay here",
    "feed_secrets": "secret of a feed here",
    "recovery_keys": "unused ones only come from the words; used ones stand in the chains",
    "words_checks": "what this pod keeps to check the 24 words",
    "passkeys": "a factor, bound to this origin",
    "authenticators": "a factor",
    "recovery_codes": "a factor",
    "codes": "sent by mail, for minutes",
    "sign_in_links": "sent by mail, for minutes",
    "mail_addresses": "a mail address; the new pod asks for one itself",
    "sign_ups": "a wish for an account here, with a mail address",
    "mails_sent": "the operator's log, with mail addresses",
    "invitations": "links, which a rehome ends",
    "invites": "links to this pod",
    "invited": "who came to this pod by whom",
    "notifications": "what this pod told",
    "decision_notices": "mails under way",
    "own_calls": "calls under way; polls call anew where one is at home",
    "archives": "files that lie here for a week",
    "imports": "files of other software that are worked through here",
    "imported_rows": "the same, by row",
    "sent_forms": "forms sent here, so that nothing is done twice",
    "hidden_values": "unopened values go in the sealed box, or at the switch, never in clear",
    "audit": "what those who run the pod did and noted",
    "grants": "who may read a copy of an account of this pod",
    "asked_grants": "the same, not agreed to yet",
    "asked_switches": "which pod asks to be its home",
    "moves": "an account that comes here",
    "departures": "an account of this pod that goes",
    "departing_groups": "the same, by group",
    "move_deliveries": "which servers this pod told of an account that went",
    "newcomers": "an account that comes here, with the seed of its keys",
    "newcomer_groups": "the same, by group",
    "written_anew": "the same, by record",
    "copies": "an account of another pod",
    "standing_copies": "an account of another pod, and how far its copy follows it",
    "copy_classes": "an account of another pod",
    "copy_lines": "an account of another pod",
    "file_copies": "an account of another pod",
    "uploads": "an account that comes here",
    "copy_manifests": "an account of another pod",
    "unfolded_copies": "how far what somebody brought was written here",
}
# What everybody who holds the group has, folded from its chain and log; none of it names an account.
OF_GROUPS: Final = {
    *("groups", "members", "settled_members", "used_invitations", "log_tiles", "side_logs", "faults", "claims"),
    *("posts", "sheets", "votes", "scores", "profiles", "erasures", "searched", "polls", "ballots", "delegations"),
    *("delegate_offers", "followed_delegates", "said_in_polls", "poll_openings", "poll_events", "poll_results"),
    *("deadlines", "due_statements", "opened_bets", "poll_calls", "receipts", "withheld", "proposed_operations"),
    *("pending_operations", "waiting", "disputes", "proposals", "keepers", "poll_templates"),
}
# How this pod works; none of it names an account.
OF_THE_POD: Final = {
    *("activities", "deliveries", "hosts", "peers", "known_keys", "seen_signatures", "spent_challenges", "buckets"),
    *("commits", "cursors", "rounds", "looks", "settings", "setup_links", "floor_groups", "announced", "readings"),
    *("told_polls", "told_reposts", "blocked_hosts"),
}
NAMES_PEOPLE: Final = {"account_id", "inviter_id", "address", "normal", "who", "visit", "made_by", "owner_id"}


def faults(metadata: MetaData) -> Iterator[str]:
    """What the lists above don't say of these tables, or say wrongly."""
    placed = [*IN_A_CLASS, *ALSO_IN_A_CLASS, *STAYS, *OF_GROUPS, *OF_THE_POD]
    yield from (f"{name} stands in two lists" for name in set(placed) if placed.count(name) > 1)
    yield from (f"{name} is no table" for name in set(placed) - set(metadata.tables))
    for name, table in metadata.tables.items():
        if name not in placed:
            yield f"{name} stands in no class and stays behind for no reason"
        if name in OF_GROUPS | OF_THE_POD and (_names_accounts(table) or NAMES_PEOPLE & set(table.c.keys())):
            yield f"{name} names people of this pod"


def _names_accounts(table: Table) -> bool:
    return any(key.column.table.name == "accounts" for key in table.foreign_keys)


def test_every_table_stands_in_a_class_or_stays_behind_for_a_reason() -> None:
    assert list(faults(METADATA)) == []
    assert {told for told, _ in IN_A_CLASS.values()} | set(ALSO_IN_A_CLASS.values()) <= set(CLASSES)


def test_a_table_that_nobody_placed_is_found_and_so_is_one_that_names_people() -> None:
    tables = MetaData()
    for table in METADATA.sorted_tables:
        table.to_metadata(tables)
    Table("bookmarks", tables)
    tables.remove(tables.tables["buckets"])
    Table("buckets", tables, Column("account_id"))
    assert set(faults(tables)) == {
        "bookmarks stands in no class and stays behind for no reason",
        "buckets names people of this pod",
    }


def test_each_column_of_a_table_in_a_class_is_told_or_stays_for_a_reason() -> None:
    read = {one.table.name: one for one in vars(own_rows).values() if isinstance(one, OwnTable)}
    assert set(read) == set(IN_A_CLASS)
    for name, own in read.items():
        left = IN_A_CLASS[name][1]
        told = {own.owner, *own.keys, *own.told}
        assert told | set(left) == set(own.table.c.keys()), name
        assert not told & set(left), name


async def test_a_copy_has_no_secret_no_address_and_nothing_that_others_noted(tmp_path: Path) -> None:
    """Each table that stays gets a row about ada with a canary in every text and number; none of them is told."""
    staying = [table for name, table in METADATA.tables.items() if name in STAYS and all(map(_own, table.foreign_keys))]
    assert len(staying) > len(STAYS) // 2

    async def plant(session: AsyncSession, account: int, group: str, tables: list[Table]) -> None:
        for table in tables:
            await session.execute(insert(table).prefix_with("OR REPLACE").values(_canaries(table, account, group)))

    async with a_traveller(tmp_path) as ada:

        async def told_after(*tables: Table) -> bool:
            await ada.deps.store.write(partial(plant, account=ada.account.id, group=ada.own, tables=list(tables)))
            lines = [line.text for name in CLASSES for line in await ada.lines(name, private=True)]
            return any(canary in line for line in lines for canary in (b"canary", str(CANARY).encode()))

        await ada.writes(ada.own, "One.")
        await ada.mutes(ada.own, 3)
        assert not await told_after(*staying)
        assert await told_after(METADATA.tables["poll_drafts"]), "what is in a class would have been seen"


CANARY: Final = 987_654_321


def _own(key: Any) -> bool:
    return bool(key.column.table.name == "accounts")


def _canaries(table: Table, account: int, group: str) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in table.columns:
        if any(_own(key) for key in column.foreign_keys):
            row[column.name] = account
        elif column.name == "group_id":
            row[column.name] = group
        elif isinstance(column.type, RecordIdType):
            row[column.name] = an_id("canary")
        elif isinstance(column.type, Boolean):
            row[column.name] = True
        elif isinstance(column.type, LargeBinary):
            row[column.name] = b"canary"
        else:
            number = isinstance(column.type, Integer) or "INT" in str(column.type)
            row[column.name] = CANARY if number else "canary"
    return row
