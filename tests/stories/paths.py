"""Where each page of a pod is found in the place that stories look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.stories.place import Place

Paths = Callable[[Place], list[str]]

PATHS: Mapping[str, Paths] = {
    "/": lambda _: ["/"],
    "/g/{group}": lambda place: [f"/g/{group}" for group in (place.village, place.critics, place.private)],
    "/g/{group}/posts/{post}": lambda place: [f"/g/{place.village}/posts/{place.post}"],
    "/language": lambda _: ["/language"],
}
