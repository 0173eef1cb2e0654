"""A public name that the pod lists is at the address that it lists, whatever the name is made of."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

import pytest

from tests.support.browsing import Browser
from tests.support.rig import ServedPod

NAMES = [
    "a{b", "a}b/../c", "{name}", ".", "..", "...", "./", "/", "//x", "AC/DC & co? #1", "50 %", "%2e%2e", "%2F", "a\\b",
    "a;b=c", "a+b", "räksmörgås 😀", "name=.", "?name=x", "<b>", "'\"'",
]  # fmt: skip


@pytest.fixture(scope="module")
def listed(pod: ServedPod) -> dict[str, str]:
    """The address that the group's list has for each name."""
    ada = pod.sign_up("ada")
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Names", "visibility": "public"})["group"]
    for name in NAMES:
        note = {"kind": "note", "reply_to": {"subject": name}, "paragraphs": [{"style": "text", "text": "A note"}]}
        ada.post(f"/api/v1/groups/{group}/posts", note)
    text = Browser(pod).get(f"/g/{group}/subjects").text
    rows = re.findall(r'<a [^>]*href="(/s/[^"]*)"[^>]*>(?:<bdi>)?(.*?)(?:</bdi>)?</a>', text)
    assert len(rows) == len(NAMES), text
    return {html.unescape(name): html.unescape(href) for href, name in rows}


@pytest.mark.parametrize("name", NAMES)
def test_public_17_the_address_that_is_listed_opens(pod: ServedPod, listed: dict[str, str], name: str) -> None:
    href = listed[name]
    assert not {".", "..", "%2E", "%2e"} & set(href.partition("?")[0].split("/")), "a browser would go elsewhere"
    page = Browser(pod).get(urljoin("/g/x", href))
    assert page.status == 200
    shown = re.search(r"<h1><bdi>(.*?)</bdi></h1>", page.text)
    assert shown
    assert html.unescape(shown[1]) == name
