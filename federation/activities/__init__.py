"""Activities between JSON and frozen values: what is built in `writing` is what `reading` reads."""

from federation.activities.reading import id_of, read_activity
from federation.activities.shapes import Activity, Follow, Gone, Ignored, RecordActivity, Unfollow
from federation.activities.writing import accept, announce, reject, wrap

__all__ = [
    "Activity",
    "Follow",
    "Gone",
    "Ignored",
    "RecordActivity",
    "Unfollow",
    "accept",
    "announce",
    "id_of",
    "read_activity",
    "reject",
    "wrap",
]
