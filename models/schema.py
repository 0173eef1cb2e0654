"""All tables of this pod: importing this module is what makes `Base.metadata` complete."""

from sqlalchemy import MetaData

from models import (
    accounts,
    actors,
    blocks,
    chain,
    content,
    deliveries,
    followings,
    follows,
    keeping,
    log,
    mails,
    notifications,
    outgoing,
    pending,
    records,
    searched,
    sessions,
    settings,
    setup,
)
from models.base import Base

AREAS = (
    *(accounts, actors, blocks, chain, content, deliveries, follows, keeping, log, mails, outgoing, pending, records),
    *(sessions, settings, setup, followings, notifications, searched),
)
METADATA: MetaData = Base.metadata
