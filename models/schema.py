"""All tables of this pod: importing this module is what makes `Base.metadata` complete."""

from sqlalchemy import MetaData

from models import (
    accounts,
    actors,
    audit,
    blocks,
    chain,
    codes,
    content,
    deliveries,
    factors,
    followings,
    follows,
    invites,
    keeping,
    links,
    log,
    looks,
    mail_addresses,
    mails,
    notifications,
    outgoing,
    pending,
    records,
    searched,
    sessions,
    settings,
    setup,
    signups,
    words_checks,
)
from models.base import Base

AREAS = (
    *(accounts, actors, blocks, chain, content, deliveries, follows, keeping, log, mails, outgoing, pending, records),
    *(sessions, settings, setup, followings, notifications, searched),
    *(audit, codes, factors, invites, links, looks, mail_addresses, signups, words_checks),
)
METADATA: MetaData = Base.metadata
