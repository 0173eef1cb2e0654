"""README.html as people open it: from their own disk, in chromium, without a server; nothing leaves it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from models.people.accounts import load_account, set_language
from pod.actions.posts.posts import WrittenPost, publish
from protocol.records.content import Paragraph
from tests.support.archives import archive_of
from tests.support.chromium import launched, too_small, too_wide, violations
from tests.support.travellers import a_traveller

pytestmark = pytest.mark.slow

EVIL = '<img src="http://127.0.0.1:9/x" onerror="document.title=1"><script>document.title = "taken"</script>'


async def write_readme(folder: Path, language: str) -> None:
    """The file of somebody who wrote an article, notes and what looks like a page of its own."""
    async with a_traveller(folder) as ada:
        well = await ada.founds("Well & mill")
        await ada.writes(well, EVIL, "Vi möts i Malmö.", "Vi möts i Lund.")
        parts = [Paragraph("heading-1", "One"), Paragraph("list-item", "Dig"), Paragraph("code", "dig()" * 60)]
        article = WrittenPost("article", parts, title="On wells", language="sv")
        await publish(ada.deps, ada.signer, ada.own, article)
        await ada.deps.store.write(partial(set_language, account=ada.account.id, language=language))
        async with ada.deps.store.database.read() as session:
            told = await load_account(session, ada.account.id)
        assert told is not None
        ada.account = told
        (folder / "README.html").write_text((await archive_of(ada)).text("README.html"))


@pytest.fixture(scope="module")
def readmes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The file in each language; made first, because no other loop runs beside the browser's."""
    made = {language: tmp_path_factory.mktemp(language) for language in ("en", "sv")}
    for language, folder in made.items():
        asyncio.run(write_readme(folder, language))
    return {language: folder / "README.html" for language, folder in made.items()}


@pytest.fixture(scope="module")
def chromium(readmes: dict[str, Path]) -> Iterator[Browser]:
    assert readmes
    with launched() as browser:
        yield browser


@pytest.fixture(params=["en", "sv"])
def readme(request: pytest.FixtureRequest, readmes: dict[str, Path]) -> Path:
    return readmes[request.param]


@pytest.fixture
def narrow(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A small window, with or without scripts, light or dark."""
    wish = getattr(request, "param", {})
    context = chromium.new_context(viewport={"width": 320, "height": 800}, **wish)
    yield context
    context.close()


@pytest.mark.parametrize("narrow", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True)
def test_mg_16_the_readme_searches_all_posts_by_file_and_no_request_leaves_it(
    readme: Path, narrow: BrowserContext
) -> None:
    page, asked, said = narrow.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(readme.as_uri())
    posts, told = page.locator("article"), page.get_by_role("status")
    assert posts.count() == 4

    page.get_by_role("searchbox").fill("MALMO möts")
    expect(page.locator("article:visible")).to_have_count(1)
    assert page.locator("article:visible .words").inner_text() == "Vi möts i Malmö."
    assert told.inner_text().endswith("1")
    assert page.locator("main > section:visible").count() == 1
    page.get_by_role("searchbox").fill("nowhere")
    expect(page.locator("article:visible")).to_have_count(0)
    page.get_by_role("searchbox").fill("")
    expect(page.locator("article:visible")).to_have_count(4)

    assert EVIL in page.locator("article", has_text="onerror").locator(".words").inner_text()
    assert "taken" not in page.title()
    assert (asked, said) == ([readme.as_uri()], [])
    assert (too_wide(page), too_small(page), violations(page)) == ([], [], [])


@pytest.mark.parametrize("narrow", [{"java_script_enabled": False}], indirect=True)
def test_mg_16_the_readme_is_a_plain_list_without_scripts(readme: Path, narrow: BrowserContext) -> None:
    page = narrow.new_page()
    page.goto(readme.as_uri())

    assert page.locator("article:visible").count() == 4
    assert page.locator(".search").is_hidden()
    assert "Ctrl+F" in page.locator("noscript").inner_text()
    assert page.locator("h1").count() == 1
