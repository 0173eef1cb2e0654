"""Every text has one form before it is compared: languages, mail addresses, hosts, handles, schemes, words."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pod.config import ConfigError, load_config
from pod.errors import BadAddressError
from pod.mail.letters import Mail, mail_address, normal_address, written
from pod.translations import preferred
from protocol.derivation import phrase_of, seed_of
from protocol.errors import PhraseError
from protocol.rules.phrases import PhraseRule
from tests.support.browsing import Browser
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call

SEED = bytes(range(32))
WORDS = phrase_of(SEED).split()


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("SV-se", "sv"),
        ("EN-us", "en"),
        ("sv_SE", "sv"),
        ("Sv-Latn-FI", "sv"),
        ("sv;q=0, en", "en"),
        ("en;Q=0.5, sv ; q = 0.6", "sv"),
        ("en;level=1;q=0.2,sv;q=0.3", "sv"),
        ("tlh, EN;q=0.1", "en"),
        ("sv;q=x", None),
        ("*", None),
        ("", None),
    ],
)
def test_public_03_a_language_is_known_in_any_case_and_form(accepted: str, language: str | None) -> None:
    assert preferred(accepted) == language


@pytest.mark.parametrize(
    "typed",
    [
        "=?utf-8?q?a?=@c.org",
        "=?x?q?a?=@c.org",
        "=?utf-8?q??=@c.org",
        "=?utf-8?q?a=40evil.org=28?=.x=?utf-8?q?=29?=@host.org",
        "a@b..org",
        "a@b.org..",
        "a b@c.org",
        "a@b.org\nBcc: x@y.org",
    ],
)
def test_public_04_what_the_mail_library_reads_otherwise_is_no_address(typed: str) -> None:
    with pytest.raises(BadAddressError):
        mail_address(typed)


LOCALS = st.text("ab=?.+'{}%/_-!#$&*^`|~qutf8", min_size=1, max_size=24)


@given(LOCALS)
def test_public_04_who_gets_a_mail_is_who_was_checked(local: str) -> None:
    try:
        address = mail_address(f"{local}@c.org")
    except BadAddressError:
        return
    message = written(Mail(address, "s", "t"), "pod@example.org", now=0, token="t")
    assert [found.addr_spec for found in message["To"].addresses] == [address] == [f"{local}@c.org"]
    assert f"To: {address}\r\n".encode() in bytes(message)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna@räksmörgås.se", "Anna@xn--rksmrgs-5wao1o.se"),
        ("cy@bücher.example", " cy@BÜCHER.example "),
        ("dan@bu\u0308cher.example", "dan@b\u00fccher.example"),
        ("ivy@例え.テスト", "ivy@xn--r8jz45g.xn--zckzah"),
        ("k@faß.de", "k@xn--fa-hia.de"),
        ("Bo.Plus+pod@Example.ORG.", "bo.plus+pod@example.org"),
    ],
)
def test_public_08_spellings_of_one_address_are_compared_as_one(one: str, other: str) -> None:
    assert normal_address(one) == normal_address(other)
    assert normal_address(one).isascii()


@pytest.mark.parametrize("typed", ["cy@example.org.", "cy@bücher.example."])
def test_public_09_a_dot_at_the_end_is_read_away(typed: str) -> None:
    assert mail_address(typed) == mail_address(typed.removesuffix("."))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("http://LOCALHOST:8097", "http://localhost:8097"),
        ("http://localhost:8096/", "http://localhost:8096"),
        ("http://[0:0::1]:8093", "http://[::1]:8093"),
        (" http://localhost:8092 ", "http://localhost:8092"),
        ("HTTPS://Räksmörgås.se", "https://xn--rksmrgs-5wao1o.se"),
        ("https://pod.example:443", "https://pod.example"),
    ],
)
def test_public_07_the_base_url_is_read_in_the_spelling_of_browsers(tmp_path: Path, typed: str, read: str) -> None:
    (tmp_path / "pod.toml").write_text(f"[server]\nbase_url = {json.dumps(typed)}\n", encoding="utf-8")
    assert load_config(tmp_path / "pod.toml").base_url == read


@pytest.mark.parametrize(
    "typed", ["pod.example", "ftp://pod.example", "https://a@pod.example", "https://pod.example/x"]
)
def test_public_07_what_is_no_origin_is_refused(tmp_path: Path, typed: str) -> None:
    (tmp_path / "pod.toml").write_text(f"[server]\nbase_url = {json.dumps(typed)}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="base_url"):
        load_config(tmp_path / "pod.toml")


@pytest.mark.parametrize(
    "typed",
    [
        ", ".join(WORDS),
        "\n".join(f"{place}. {word}" for place, word in enumerate(WORDS, 1)),
        " ".join(f"{place}) {word}" for place, word in enumerate(WORDS, 1)),
        f"“{' '.join(WORDS).upper()}”.\u200b",
        "\u00a0".join(WORDS),
    ],
    ids=["commas", "numbered-lines", "brackets", "quoted-capitals", "no-break"],
)
def test_public_31_words_are_read_as_people_paste_them(typed: str) -> None:
    assert seed_of(typed) == SEED


@pytest.mark.parametrize(
    ("words", "rule", "facts"),
    [
        (WORDS[:23], PhraseRule.WORD_COUNT, {"most": 24, "words": 23}),
        (["zebrah", *WORDS[1:7], "x", *WORDS[8:]], PhraseRule.UNKNOWN_WORDS, {"words": "1, 8"}),
        (["zebra", *WORDS[1:]], PhraseRule.CHECKSUM, {}),
    ],
)
def test_public_31_a_slip_is_told_by_its_place(words: list[str], rule: PhraseRule, facts: dict[str, object]) -> None:
    with pytest.raises(PhraseError) as refused:
        seed_of(" ".join(words))
    assert (refused.value.refused.rule, refused.value.refused.facts) == (rule, facts)


@pytest.fixture(scope="module")
def ada(pod: ServedPod) -> Person:
    person = pod.sign_up("ada")
    pod.start()
    return person


def known(pod: ServedPod, resource: str) -> str:
    try:
        query = urllib.parse.urlencode({"resource": resource})
        return str(call("GET", f"{pod.url}/.well-known/webfinger?{query}")["subject"])
    except RefusedByHttpError:
        return ""


@pytest.mark.parametrize(
    "resource", ["acct:Ada@{host}", "acct:@ada@{host}", "ACCT:ADA@{host}", "{url}/@ada", "{url}/@Ada", "{url}/u/ADA"]
)
def test_public_16_webfinger_knows_every_spelling_and_every_page(pod: ServedPod, ada: Person, resource: str) -> None:
    assert ada
    host = pod.url.removeprefix("http://")
    assert known(pod, resource.format(host=host, url=pod.url)) == f"acct:ada@{host}"
    assert not known(pod, resource.replace("da", "d").replace("DA", "D").format(host=host, url=pod.url))


def test_public_16_webfinger_knows_the_page_of_a_group(pod: ServedPod, ada: Person) -> None:
    group = ada.post("/api/v1/groups", {"name": "Parish"})["group"]
    assert known(pod, f"{pod.url}/g/{group}") == known(pod, f"{pod.url}/groups/{group}") != ""


@pytest.mark.parametrize("path", ["/@Ada", "/@ada/", "/u/Ada", "/about/"])
def test_public_16_pages_know_every_spelling(pod: ServedPod, ada: Person, path: str) -> None:
    assert ada
    assert Browser(pod).get(path).status == 200


@pytest.mark.parametrize("scheme", ["bearer", "Bearer", "BEARER"])
def test_public_24_a_scheme_has_no_case(pod: ServedPod, ada: Person, scheme: str) -> None:
    def status(field: str) -> int:
        asked = urllib.request.Request(f"{pod.url}/api/v1/me", headers={"Authorization": field})
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    token = ada.account["token"]
    assert status(f"{scheme} {token}") == 200
    assert status(f"{scheme} {token.swapcase()}") == 401
    assert status(f"Basic {token}") == 401
