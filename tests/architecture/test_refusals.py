"""Each rule stands once, with both sentences and their facts; nobody reads a sentence to find out what happened."""

import ast
import re
from collections.abc import Iterator
from enum import Enum

import pytest

import federation
import pod
import protocol
from federation.rules.answers import RemoteFault
from protocol.errors import RefusedError, Rule
from tests.architecture import refusals
from tests.architecture.test_docs import modules
from tests.architecture.tree import code_files, name_of, python_files, tree_of

FACT = re.compile(r"%\((\w+)\)s")
ENGINEERS_WORDS = re.compile(r"I-JSON|\bCID|JSON|[0-9]{4,} bytes|did:key|canonical|base64|base58", re.IGNORECASE)
UNTOLD = {"back"}  # where a refused form is found again: for the page that answers, not for a sentence


def kinds() -> list[type[Rule]]:
    for floor in (protocol, federation, pod):
        list(modules(floor))
    return [kind for kind in Rule.__subclasses__() if not kind.__module__.startswith("tests.")]


def rules() -> Iterator[Rule]:
    for kind in kinds():
        yield from kind


def families(kind: type[RefusedError] = RefusedError) -> Iterator[type[RefusedError]]:
    for family in kind.__subclasses__():
        yield family
        yield from families(family)


def test_a_rule_has_the_same_facts_in_both_languages() -> None:
    told = [(rule, set(FACT.findall(rule.en)), set(FACT.findall(rule.sv))) for rule in rules()]
    assert len(told) > 300
    assert [rule for rule, english, swedish in told if rule.sv and english != swedish] == []


def test_a_rule_has_a_key_of_its_own_and_isnt_another_one_by_another_name() -> None:
    keys = [rule.key for rule in rules()]
    assert sorted(key for key in set(keys) if keys.count(key) > 1) == []
    assert [name for kind in kinds() for name, rule in kind.__members__.items() if rule.name != name] == []


def test_every_family_says_to_people_what_happened_in_both_languages() -> None:
    assert [family for family in families() if not (family.en.endswith(".") and family.sv.endswith("."))] == []
    told = [rule.en for rule in rules() if rule.sv] + [family.en for family in families()]
    assert [sentence for sentence in told if ENGINEERS_WORDS.search(sentence)] == []


def test_whoever_refuses_gives_the_facts_that_the_sentence_tells_and_every_rule_is_used() -> None:
    known = {(type(rule).__name__, rule.name): set(FACT.findall(rule.en)) for rule in rules()}
    made = [(name_of(path), *made) for path in code_files() for made in refusals.told_facts(tree_of(path))]
    assert [one for one in made if one[4] - UNTOLD != known[one[2], one[3]]] == []
    assert set(known) - {(enum, rule) for _, _, enum, rule, _ in made} == set()


def test_another_servers_failure_is_told_in_both_languages_with_the_same_facts() -> None:
    facts = {fault.name: set(FACT.findall(fault.en)) for fault in RemoteFault}
    assert {fault.name: set(FACT.findall(fault.sv)) for fault in RemoteFault} == facts
    made = [one for path in code_files() for one in refusals.remote_failures(tree_of(path))]
    assert [name for name, given in made if not facts[name] <= given] == []
    assert {name for name, _ in made} == set(facts)


def test_nobody_reads_a_sentence() -> None:
    read = [f"{name_of(path)}:{fault}" for path in python_files() for fault in refusals.read_sentences(tree_of(path))]
    names = {family.__name__ for family in families()}
    read += [
        f"{name_of(path)}:{fault}"
        for path in python_files()
        for fault in refusals.matched_sentences(tree_of(path), names)
    ]
    assert read == []


@pytest.mark.parametrize(
    "source",
    [
        "if str(error) == 'An owner must remain.': ...",
        "if 'owner' in str(refusal): ...",
        "re.match(PATTERN, refused.detail)",
        "known = SENTENCES[refused.detail] == 1",
        "assert problem['detail'].startswith('An')",
        "with pytest.raises(MalformedError, match='twice'): ...",
        "with pytest.raises(RefusedByHttpError, match='another recovery'): ...",
    ],
)
def test_a_sentence_that_is_read_is_found(source: str) -> None:
    tree = ast.parse(source)
    assert [*refusals.read_sentences(tree), *refusals.matched_sentences(tree, {"MalformedError"})]


def test_an_enum_of_rules_is_seen() -> None:
    assert issubclass(Rule, Enum)
    assert {kind.__name__ for kind in kinds()} >= {"OperationRule", "SeatRule", "AddressRule", "PostRule"}
