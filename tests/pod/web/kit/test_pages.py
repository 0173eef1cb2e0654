"""The plain pages over real HTTP: what they show, that they escape it, and that nothing else is loaded."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message

import pytest

from pod.web.kit.templates import static_file, templates
from tests.support.folders import ROOT
from tests.support.rig import Person, ServedPod, eventually

EVIL = "<script>alert('x')</script>"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    text: str


@dataclass(frozen=True)
class Place:
    pod: ServedPod
    ada: Person
    group: str
    post: str
    private: str

    def get(self, path: str, **headers: str) -> Answer:
        try:
            with urllib.request.urlopen(urllib.request.Request(self.pod.url + path, headers=headers)) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read().decode())


@pytest.fixture(scope="module")
def place(pod: ServedPod) -> Place:
    ada = pod.sign_up("ada")
    pod.start()
    group = ada.post("/api/v1/groups", {"name": f"Council {EVIL}", "description": "Of the parish."})["group"]
    ada.post(f"/api/v1/groups/{group}/records", {"type": "Profile", "nickname": f"Ada {EVIL}"})
    styles = ["heading-1", "text", "quote", "code", "list-item"]
    paragraphs = [{"style": style, "text": f"{style} {EVIL}"} for style in styles]
    body = {"kind": "article", "title": "The well", "language": "de", "paragraphs": paragraphs}
    post = ada.post(f"/api/v1/groups/{group}/posts", body)["record"]
    private = ada.post("/api/v1/groups", {"name": "Secret", "visibility": "private"})["group"]
    hide = {"target": {"paragraph": {"record": post, "index": 1}}, "value": -1000}
    ada.post(f"/api/v1/groups/{group}/votes", hide)
    eventually(lambda: ada.get(f"/api/v1/groups/{group}")["log"]["size"] == 4)
    return Place(pod, ada, group, post, private)


@pytest.fixture(params=["group", "post"])
def page(request: pytest.FixtureRequest, place: Place) -> Answer:
    return place.get(f"/g/{place.group}" + (f"/posts/{place.post}" if request.param == "post" else ""))


def test_a_page_loads_nothing_but_its_own_stylesheet(page: Answer, place: Place) -> None:
    assert page.status == 200
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'")
    assert "unsafe" not in policy
    assert not re.search(r'\bsrc="(?!/static/)|https?://(?!127\.)', page.text)
    assert not re.search(r"<script|style=|\bon\w+=|http-equiv", page.text)
    (sheet,) = re.findall(r'href="(/static/[^"]+css[^"]*)"', page.text)
    answer = place.get(sheet)
    assert answer.headers["Content-Type"] == "text/css"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_what_people_write_is_escaped_wherever_it_stands(page: Answer) -> None:
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


@pytest.mark.parametrize("path", ["", "/posts/{post}"])
def test_a_private_group_has_no_page_and_its_refusal_is_one(place: Place, path: str) -> None:
    answer = place.get(f"/g/{place.private}{path.format(post=place.post)}")
    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "This pod doesn&#39;t hold that group, or it is private." in answer.text
    assert "Secret" not in answer.text


@pytest.mark.parametrize(("path", "status"), [("/g/parish", 400), ("/g/{group}?before=x", 400), ("/g/{group}/x", 404)])
def test_an_address_that_is_none_is_refused(place: Place, path: str, status: int) -> None:
    assert place.get(path.format(group=place.group)).status == status


def test_a_static_file_is_answered_by_its_tag_and_nothing_else_is_served(place: Place) -> None:
    answer = place.get("/static/althing.css")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert place.get("/static/althing.css", **{"If-None-Match": answer.headers["ETag"]}).status == 304
    for path in ("/static/nothing.css", "/static/..%2fpyproject.toml", "/static/%2e%2e", "/static/.gitkeep"):
        assert place.get(path).status == 404, path


def test_the_stylesheet_names_its_colours_once_and_loads_nothing() -> None:
    sheet = (static_file("althing.css") or b"").decode()
    assert "url(" not in sheet
    assert "@import" not in sheet
    rules = sheet[sheet.index("* {") :]
    assert not re.search(r"#[0-9a-f]{3,6}\b", rules), "a colour outside the custom properties"
    light, dark = re.findall(r":root {(.*?)}", sheet, re.DOTALL)
    names = [set(re.findall(r"(--[a-z-]+): #", part)) for part in (light, dark)]
    assert names[0] == names[1]


OWN_SCRIPT = re.compile(r"<script src=\"\{\{ static\('[\w.]+'\) \}\}\" defer></script>")


def test_every_template_is_well_formed_and_has_no_script_but_files_of_ours() -> None:
    for name in templates().list_templates(extensions=("html", "xml")):
        source, _, _ = templates().loader.get_source(templates(), name)  # type: ignore[union-attr]
        assert not re.search(r"<script|\bstyle=|\bon\w+=[\"']", OWN_SCRIPT.sub("", source)), name
        templates().get_template(name)


AREAS = ("reading", "groups", "accounts+admin")


def test_no_two_areas_of_pages_style_the_same_class() -> None:
    styled: dict[str, set[str]] = {}
    for area in AREAS:
        for part in area.split("+"):
            sheet = re.sub(r"/\*.*?\*/", "", (ROOT / "static" / "css" / f"{part}.css").read_text(), flags=re.DOTALL)
            for selector in re.findall(r"(?:^|[,}])\s*\.([\w-]+)", sheet):
                styled.setdefault(selector, set()).add(area)
    assert {name: areas for name, areas in styled.items() if len(areas) > 1 and name != "plot"} == {}
