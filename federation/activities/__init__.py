"""Activities between JSON and frozen values: what `build` writes, `parse` reads."""

from federation.activities.build import (
    accept,
    announce,
    ask_to_follow,
    delete,
    forget_actor,
    move,
    reject,
    take_back,
    update,
    wrap,
)
from federation.activities.parse import id_of, read_activity
from federation.activities.shapes import Activity, Follow, Gone, Ignored, Moved, RecordActivity, Unfollow

__all__ = [
    "Activity",
    "Follow",
    "Gone",
    "Ignored",
    "Moved",
    "RecordActivity",
    "Unfollow",
    "accept",
    "announce",
    "ask_to_follow",
    "delete",
    "forget_actor",
    "id_of",
    "move",
    "read_activity",
    "reject",
    "take_back",
    "update",
    "wrap",
]
