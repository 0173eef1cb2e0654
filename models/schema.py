"""All tables of this pod: importing this module is what makes `Base.metadata` complete."""

from sqlalchemy import MetaData

from models import (
    accounts,
    actors,
    chain,
    content,
    deliveries,
    follows,
    keeping,
    log,
    outgoing,
    pending,
    records,
    sessions,
)
from models.base import Base

AREAS = (accounts, actors, chain, content, deliveries, follows, keeping, log, outgoing, pending, records, sessions)
METADATA: MetaData = Base.metadata
