"""All tables of this pod: importing this module is what makes `Base.metadata` complete."""

from sqlalchemy import MetaData

from models import accounts, chain, content, deliveries, keeping, log, outgoing, pending, records
from models.base import Base

AREAS = (accounts, chain, content, deliveries, keeping, log, outgoing, pending, records)
METADATA: MetaData = Base.metadata
