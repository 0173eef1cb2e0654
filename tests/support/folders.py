"""Vectors, seeds and real input are read where they lie: POD_VECTORS and so on, else beside the clone."""

import json
import os
from pathlib import Path
from typing import Any

from tests.support.require import do_without

ROOT = Path(__file__).resolve().parents[2]
OWN_VECTORS = ROOT / "tests" / "vectors"


def find_folder(what: str) -> Path | None:
    """The folder of `what` (vectors, seeds, data) by POD_VECTORS and so on, else ../shared/…, or None."""
    folder = Path(os.environ.get(f"POD_{what.upper()}") or ROOT.parent / "shared" / what)
    return folder if folder.is_dir() else None


def folder_of(what: str) -> Path:
    """Like find_folder, but skips the test (or fails it, see POD_REQUIRE) when there is none."""
    folder = find_folder(what)
    if folder is None:
        named = os.environ.get(f"POD_{what.upper()}") or f"../shared/{what}"
        do_without(what, f"No folder {named}: set POD_{what.upper()} to the folder with the {what}.")
    return folder


def read_vectors(name: str) -> Any:
    """The JSON of one vector file: our own copy in tests/vectors/ first, else the folder of vectors.

    Works in a test and at the top of a module, where cases for `parametrize` are needed.
    """
    own = OWN_VECTORS / name
    path = own if own.exists() else folder_of("vectors") / name
    if not path.exists():
        do_without("vectors", f"{path.parent.name}/ has no {name}.")
    return json.loads(path.read_text(encoding="utf-8"))
