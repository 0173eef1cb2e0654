"""What the code says to people: every sentence that `say(…)` marks, in Python and in templates, by the area it is of.

python -m tests.support.messages sv     adds what a language's catalogues lack, with empty translations
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from jinja2 import Environment, nodes

from pod.translations import catalogues
from tests.support.folders import ROOT

MARKERS = ("say",)
METHODS = ("many",)
FRAME = "kit"
QUIET = {"cli", "demo"}  # these speak to operators, in English
TEMPLATES = ROOT / "pod" / "web"

Message = str | tuple[str, str]


@cache
def messages() -> dict[Message, str]:
    """Every message with its area: the folder below pod/web with its templates; `kit` for what lies in none."""
    found: dict[Message, str] = {}
    for path in sorted(path for path in (ROOT / "pod").rglob("*.py") if not QUIET & set(path.relative_to(ROOT).parts)):
        for message in spoken(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(message, area_of(path))
    for path in sorted(TEMPLATES.rglob("*.*ml")):
        for message in shown(path.read_text(encoding="utf-8")):
            found.setdefault(message, area_of(path))
    return found


def area_of(path: Path) -> str:
    """The area whose catalogue translates what a file says."""
    parts = [part for part in path.relative_to(ROOT / "pod").parts[:-1] if part != "web"]
    return parts[0] if parts else FRAME


def spoken(tree: ast.AST) -> Iterator[Message]:
    """The messages of a Python module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            yield from _message(_spoken_by(node.func), texts)


def shown(source: str) -> Iterator[Message]:
    """The messages of a template."""
    for node in Environment(autoescape=True).parse(source).find_all(nodes.Call):
        texts = [arg.value for arg in node.args[:2] if isinstance(arg, nodes.Const) and isinstance(arg.value, str)]
        yield from _message(_shown_by(node.node), texts)


def _message(method: str | None, texts: list[str]) -> Iterator[Message]:
    if method == "many" and len(texts) == 2:
        yield (texts[0], texts[1])
    elif method == "" and texts:
        yield texts[0]


def _spoken_by(function: ast.expr) -> str | None:
    match function:
        case ast.Name(id=name) if name in MARKERS:
            return ""
        case ast.Attribute(value=ast.Name(id=name), attr=method) if name in MARKERS and method in METHODS:
            return method
        case ast.Attribute(attr="words" | "say"):
            return ""
        case ast.Attribute(value=ast.Attribute(attr="words" | "say"), attr=method) if method in METHODS:
            return method
        case _:
            return None


def _shown_by(function: nodes.Node) -> str | None:
    match function:
        case nodes.Name(name="say"):
            return ""
        case nodes.Getattr(node=nodes.Name(name="say"), attr=method) if method in METHODS:
            return method
        case _:
            return None


def bare_text(source: str) -> Iterator[str]:
    """What a template says without marking it: text between tags that has letters."""
    text = "".join(
        part.data if isinstance(part, nodes.TemplateData) else " "
        for output in Environment(autoescape=True).parse(source).find_all(nodes.Output)
        for part in output.nodes
    )
    inside = False
    word = ""
    for letter in text + "<":
        if letter == "<":
            if any(character.isalpha() for character in word):
                yield word.strip()
            inside, word = True, ""
        elif letter == ">":
            inside, word = False, ""
        elif not inside:
            word += letter


def add_missing(language: str) -> int:
    """Write what the catalogues of a language lack into them, and drop what nobody says; how many lack translation."""
    wanted, known = messages(), catalogues(language)
    told: dict[Message, Any] = {
        message.id if isinstance(message.id, str) else (message.id[0], message.id[1]): message.string
        for catalogue in known.values()
        for message in catalogue
        if message.id and message.string
    }
    for area in sorted({*wanted.values(), *known}):
        catalogue = Catalog(locale=language, fuzzy=False, charset="utf-8")
        for message in sorted((m for m, a in wanted.items() if a == area), key=str):
            catalogue.add(message, told.get(message))
        path = ROOT / "pod" / "locale" / language / f"{area}.po"
        if len(catalogue):
            with path.open("wb") as file:
                write_po(file, catalogue, width=120, omit_header=True)
        else:
            path.unlink(missing_ok=True)
    return sum(1 for message in wanted if not _is_whole(told.get(message)))


def _is_whole(translation: Message | None) -> bool:
    return bool(translation) and (isinstance(translation, str) or all(translation or ()))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(f"{name}: {add_missing(name)} messages lack their translation.")
