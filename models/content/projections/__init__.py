"""Caches of records: folding the same records, in any order and any batches, leaves the same rows.

`project` takes records as the one door accepted them; `rebuild` empties everything and folds it anew.
"""

from models.content.projections.erasures import load_wishes
from models.content.projections.fold import accepted_of, project, refold_author
from models.content.projections.members import project_members
from models.content.projections.places import project_places
from models.content.projections.rebuild import dump_projection, rebuild, rebuild_and_compare
from models.content.projections.rows import Accepted

__all__ = [
    "Accepted",
    "accepted_of",
    "dump_projection",
    "load_wishes",
    "project",
    "project_members",
    "project_places",
    "rebuild",
    "rebuild_and_compare",
    "refold_author",
]
