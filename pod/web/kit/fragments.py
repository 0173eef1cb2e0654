"""Parts of pages that follow from their values alone are drawn once and held, so many characters of them in all.

What is drawn depends on nothing but the key, which has every value in it: so no reader sees what another one may not.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from markupsafe import Markup

MOST_CHARACTERS: Final = 6 * 1024 * 1024  # of all parts and of what their keys hold


class Fragments:
    """Drawn parts by what they were drawn from. When the room is used up, all begin anew."""

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        self._most = most
        self._drawn: dict[Hashable, Markup] = {}
        self.held = 0  # characters

    def get(self, key: Hashable, length: int, draw: Callable[[], Markup]) -> Markup:
        """What `draw` gives for this key, whose values have about so many characters."""
        found = self._drawn.get(key)
        if found is not None:
            return found
        drawn = draw()
        length += len(drawn)
        if length <= self._most // 16:
            if self.held + length > self._most:
                self._drawn.clear()
                self.held = 0
            self._drawn[key] = drawn
            self.held += length
        return drawn


FRAGMENTS: Final = Fragments()
