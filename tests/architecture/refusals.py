"""Refusals are types with facts: what reads a sentence to find out what happened is a fault, each rule by its tree."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.tree import nodes_of

READERS = {"startswith", "endswith", "partition", "split", "find", "index", "match", "search", "fullmatch", "count"}
TELLS = re.compile(r"[a-z0-9_]+")  # a code or rule as a problem document has it; a sentence has blanks and capitals


def read_sentences(tree: ast.AST) -> Iterator[str]:
    """`str(error)`, `.detail` or `["detail"]` of a refusal that is compared, searched or taken apart."""
    for node in nodes_of(tree):
        match node:
            case ast.Compare():
                asked: list[ast.expr] = [node.left, *node.comparators]
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in READERS:
                asked = [value, *node.args]
            case _:
                continue
        if any(_is_sentence(part) for expression in asked for part in ast.walk(expression)):
            yield f"{node.lineno}: reads a sentence"


def _is_sentence(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="str"), args=[ast.Name(id="error" | "refusal" | "refused")]):
            return True
        case ast.Call(func=ast.Name(id="sentence_of")):
            return True
        case ast.Attribute(attr="detail"):
            return True
        case ast.Subscript(slice=ast.Constant(value="detail")):
            return True
        case _:
            return False


def matched_sentences(tree: ast.AST, families: set[str]) -> Iterator[str]:
    """`pytest.raises(Family, match=…)`, and a match over HTTP that is neither code nor rule."""
    for node in nodes_of(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="raises"), args=[ast.Name(id=name), *_], keywords=keywords):
                words = [word.value for word in keywords if word.arg == "match"]
            case _:
                continue
        if words and name in families:
            yield f"{node.lineno}: matches the sentence of {name}"
        if name == "RefusedByHttpError" and not all(
            isinstance(word, ast.Constant) and TELLS.fullmatch(str(word.value)) for word in words
        ):
            yield f"{node.lineno}: matches the sentence of an answer"


def told_facts(tree: ast.AST) -> Iterator[tuple[int, str, str, set[str]]]:
    """Line, enum, rule and facts of each refusal that a module makes."""
    for node in nodes_of(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(value=ast.Name(id=enum), attr=rule), attr="error" | "refused"),
                keywords=keywords,
            ) if enum.endswith("Rule"):
                yield node.lineno, enum, rule, {str(word.arg) for word in keywords}
            case ast.Call(args=[ast.Attribute(value=ast.Name(id=enum), attr=rule), *_], keywords=keywords) if (
                enum.endswith("Rule") and isinstance(node.func, ast.Name) and node.func.id.endswith("Error")
            ):
                yield node.lineno, enum, rule, {str(word.arg) for word in keywords}
            case _:
                continue


def remote_failures(tree: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """The way and the facts of each failure of another server that a module tells."""
    for node in nodes_of(tree):
        match node:
            case ast.Call(func=ast.Name(id="RemoteError"), args=[ast.Attribute(attr=way)], keywords=keywords):
                if way != "fault":  # the same failure, raised once more
                    yield way, {name for keyword in keywords for name in _keys(keyword)}
            case ast.Call(func=ast.Name(id="RemoteError")):
                yield "", set()
            case _:
                pass


def _keys(keyword: ast.keyword) -> Iterator[str]:
    if keyword.arg == "status":
        yield "status"
    if keyword.arg == "because":
        yield "why"
    if keyword.arg == "facts" and isinstance(keyword.value, ast.Dict):
        yield from (str(key.value) for key in keyword.value.keys if isinstance(key, ast.Constant))
