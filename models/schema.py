"""All tables of this pod: importing this module is what makes `Base.metadata` complete."""

from sqlalchemy import MetaData

from models.content import posts_and_votes, search
from models.decisions import (
    deadlines,
    decision_subscriptions,
    delegates,
    events,
    hidden_values,
    opened_bets,
    poll_calls,
    poll_drafts,
    poll_templates,
    polls,
    results,
    said,
)
from models.engine import commits
from models.engine.columns import Base
from models.fediverse import actor_keys, deliveries, followers, known_keys, peers, readers, seen_signatures, told_polls
from models.groups import (
    groups_and_items,
    log_tiles,
    proposals,
    proposed_operations,
    pull_cursors,
    records,
    rounds,
    seats_and_acks,
    settled_members,
    told_reposts,
    waiting_records,
)
from models.moving import (
    archives,
    asked_switches,
    boxes,
    brought_files,
    departures,
    former_actors,
    grants,
    imported_files,
    kept_copies,
    move_deliveries,
    moves,
    newcomers,
    standing_copies,
    unfolded_lines,
)
from models.people import (
    accounts,
    decision_notices,
    digests,
    factors,
    feed_secrets,
    mail_addresses,
    mailed_codes,
    mutes,
    notifications,
    own_calls,
    phrase_checks,
    sent_forms,
    sessions,
    sign_in_links,
    subscriptions,
    wanted_claims,
)
from models.pod import (
    audit,
    blocked_hosts,
    floor_groups,
    outside_checks,
    pod_invites,
    sent_mails,
    settings,
    setup_links,
    sign_ups,
    tries,
)

ROOMS = (
    *(posts_and_votes, search, polls, deadlines, events, hidden_values, opened_bets, results, said),
    *(poll_drafts, poll_templates, poll_calls, decision_subscriptions, delegates),
    *(commits, actor_keys, deliveries, followers, known_keys, peers, readers, seen_signatures, told_polls),
    *(groups_and_items, log_tiles, proposals, proposed_operations, pull_cursors),
    *(kept_copies, standing_copies),
    *(records, rounds, seats_and_acks, settled_members, told_reposts, waiting_records),
    *(archives, asked_switches, boxes, brought_files, departures, former_actors, imported_files, move_deliveries),
    newcomers,
    unfolded_lines,
    *(accounts, factors, mail_addresses, mailed_codes, mutes, notifications, phrase_checks, sent_forms),
    *(
        sessions,
        sign_in_links,
        subscriptions,
        wanted_claims,
        decision_notices,
        digests,
        feed_secrets,
        own_calls,
        grants,
        moves,
        audit,
        floor_groups,
        outside_checks,
        blocked_hosts,
        pod_invites,
        sent_mails,
        settings,
        setup_links,
        sign_ups,
        tries,
    ),
)
METADATA: MetaData = Base.metadata
