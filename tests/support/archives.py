"""An account's archive, made on a pod's parts alone, and looked into."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from zipfile import ZipFile

import msgspec

from models.moving.kept_copies import list_manifests
from pod.actions.moving.archive_whole import ArchiveStep, ArchiveWish, write_archive
from pod.archive.contents import CLASS_FILES, MANIFEST, SUMS
from pod.archive.zip_file import ZipOutput
from pod.deps import Deps
from tests.support.travellers import Traveller, kept_lines


class Archive:
    """The bytes of an archive, and what is in it; `steps`: how its making was told."""

    def __init__(self, whole: bytes, steps: list[ArchiveStep], shown: int) -> None:
        self.whole = whole
        self.steps = steps
        self.shown = shown

    @property
    def names(self) -> list[str]:
        return ZipFile(io.BytesIO(self.whole)).namelist()

    def bytes_of(self, name: str) -> bytes:
        return ZipFile(io.BytesIO(self.whole)).read(name)

    def text(self, name: str) -> str:
        return self.bytes_of(name).decode()

    def json(self, name: str) -> Any:
        return msgspec.json.decode(self.text(name))

    def changed(self, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> bytes:
        """The archive with each file as `change` gives it; None leaves it out."""
        before, out = ZipFile(io.BytesIO(self.whole)), io.BytesIO()
        with ZipFile(out, "w") as after:
            for entry in before.infolist():
                if (made := change(entry.filename, before.read(entry))) is not None:
                    after.writestr(*made)
        return out.getvalue()


async def archive_of(person: Traveller, *, private: bool = False) -> Archive:
    """All of somebody's account, as they would get it."""
    file, steps = io.BytesIO(), list[ArchiveStep]()

    async def told(step: ArchiveStep) -> None:
        steps.append(step)

    shown = await write_archive(person.deps, ArchiveWish(person.account, private), file, told)
    return Archive(file.getvalue(), steps, shown)


async def archive_of_copy(deps: Deps, copy: int, made: Archive, *, at: int) -> bytes:
    """The same file with the classes and the manifest of the copy that a pod made of it; the time in ms."""
    whole = io.BytesIO()
    out = ZipOutput(whole, at=at)
    for path in made.names:
        if path in CLASS_FILES:
            lines = await kept_lines(deps, copy, CLASS_FILES[path])
            out.put(path, b"".join(line.text + b"\n" for line in lines))
        elif path == MANIFEST:
            async with deps.store.database.read() as session:
                out.put(path, (await list_manifests(session, copy))[0])
        elif path != SUMS:
            out.put(path, made.bytes_of(path))
    out.close()
    return whole.getvalue()
