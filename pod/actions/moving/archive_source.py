"""A checked archive as the source of a copy. The person's own group, in it, says whose its manifest must be.

Nothing of a file is stored before every hash in it fits, its chain holds, and its manifest is signed by the key that
this chain names last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from pod.actions.moving.copy_classes import CopyPage, page_of
from pod.actions.moving.folded_personal import FoldedPersonal, opened_line
from pod.actions.moving.taken_copies import LeafPage, leaves_of
from pod.actions.sync.page_budget import ENTRIES
from pod.archive.opened import CheckedArchive, check_archive
from pod.rules.archives import ArchiveRule
from protocol.canonical import parse_json
from protocol.copies import PERSONAL, CopyLine, CopyManifest, parse_manifest
from protocol.errors import RefusedError
from protocol.limits import MAX_ITEM_DEPTH, MAX_LINE_BYTES
from protocol.rules.copies import CopyRule
from protocol.state import GroupState

Told = Callable[[str, int, int], None]


class ArchiveSource:
    """An archive of which everything fits, from `open_archive`. `state`: of the personal group, as it was settled."""

    def __init__(self, archive: CheckedArchive, manifest: CopyManifest, state: GroupState) -> None:
        self._archive = archive
        self._manifest = manifest
        self.state = state
        self._readers: dict[str, _Reader] = {}

    @property
    def told(self) -> CopyManifest:
        """Whose copy it is, from which pod, and of when."""
        return self._manifest

    async def marks(self) -> Mapping[str, str]:
        """The roots: a file stays as it is."""
        return {name: total.root for name, total in self._manifest.classes.items()}

    async def manifest(self) -> tuple[CopyManifest, bytes]:
        return self._manifest, self._archive.manifest

    async def page(self, name: str, after: str, until: str) -> CopyPage:
        page = await asyncio.to_thread(self._page, name, after)
        lines = tuple(line for line in page.lines if not until or line.key < until)
        return page if len(lines) == len(page.lines) else CopyPage(lines, None)

    async def leaves(self, name: str, after: str) -> LeafPage:
        return leaves_of(await asyncio.to_thread(self._page, name, after))

    def _page(self, name: str, after: str) -> CopyPage:
        reader = self._readers.get(name)
        if reader is None or reader.at > after:
            reader = self._readers[name] = _Reader(self._archive.lines(name))
        return reader.page(after)


class _Reader:
    """A class read on, page by page; `at`: the key of the last line that a page had."""

    def __init__(self, lines: Iterator[CopyLine]) -> None:
        self._lines = lines
        self._ahead: list[CopyLine] = []  # read and not given yet
        self.at = ""

    def page(self, after: str) -> CopyPage:
        """The lines after a key that isn't below `at`."""
        some = [line for line in self._ahead if line.key > after]
        for line in self._lines:
            if line.key > after:
                some.append(line)
            if len(some) > ENTRIES:
                break
        page = page_of(some)
        self.at = page.lines[-1].key if page.lines else after
        self._ahead = some[len(page.lines) :]
        return page


def open_archive(file: BinaryIO, told: Told = lambda _part, _done, _of: None) -> ArchiveSource:
    """Check an archive to its end; raises what names the file, the line or the manifest that doesn't fit."""
    checked = check_archive(file, told)
    state = _folded(checked, told)
    try:
        body = parse_json(checked.manifest, max_bytes=MAX_LINE_BYTES, max_depth=MAX_ITEM_DEPTH)
        if type(body) is not dict:
            raise ArchiveRule.NOT_SIGNED_BY_THEM.error()
        manifest = parse_manifest(body, state)
    except RefusedError as error:
        raise ArchiveRule.NOT_SIGNED_BY_THEM.error() from error
    return ArchiveSource(checked, manifest, state)


def _folded(checked: CheckedArchive, told: Told) -> GroupState:
    """The person's own group as the file has it, settled; raises MalformedError, which names the line."""
    folded: FoldedPersonal | None = None
    for count, line in enumerate(checked.lines(PERSONAL), 1):
        try:
            record = opened_line(line)
            folded = folded or FoldedPersonal(record.id)
            folded.add(line)
        except RefusedError as error:
            raise CopyRule.OTHER_LINE.error(key=line.key) from error
        if count % ENTRIES == 0:
            told(PERSONAL, count, count + 1)
    try:
        state = folded.settled() if folded is not None else None
    except RefusedError as error:
        raise CopyRule.NOT_SETTLED.error() from error
    if state is None or state.kind != "person":
        raise CopyRule.NOT_SETTLED.error()
    return state
