"""The pictures of the README, made anew from the demo: `python -m tests.support.pictures`."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ViewportSize

from tests.support.chromium import launched
from tests.support.folders import ROOT

FOLDER = ROOT / "docs" / "pictures"
LINK = re.compile(r"^  (\w+) +(https?://\S+/sign-in/link/\S+)$")
PAGE = re.compile(r"^  (https?://\S+)$")
DESK: ViewportSize = {"width": 1100, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 780}


@contextmanager
def demo() -> Iterator[tuple[list[str], dict[str, str]]]:
    """The demo, played and served: its pages, and by whom one signs in."""
    command = [sys.executable, "-u", "-m", "pod", "demo", "--port", "8281"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        pages: list[str] = []
        links: dict[str, str] = {}
        for line in process.stdout:
            if found := PAGE.match(line):
                pages.append(found[1])
            if found := LINK.match(line):
                links[found[1]] = found[2]
            if line.startswith("Later:"):
                break
        try:
            yield pages, links
        finally:
            process.send_signal(signal.SIGINT)


def main() -> None:
    """Draw all of them."""
    FOLDER.mkdir(exist_ok=True)
    with demo() as (pages, links), launched() as browser:
        village, critics = (page.rpartition("/g/")[2] for page in pages[1:3])
        here = pages[0].rstrip("/")
        (well,) = (page for page in pages if "/posts/" in page)
        post = f"{here}/g/{well.rpartition('/g/')[2]}"
        draw(browser, "group", f"{here}/g/{village}", sign_in=links["ada"])
        draw(browser, "post", post)
        draw(browser, "compare", f"{post}/compare?a={village}&b={critics}")
        draw(browser, "why", f"{post}/why?target={post.rpartition('/')[2]}")
        draw(browser, "phone", post, viewport=PHONE, color_scheme="dark", locale="sv")
        draw(browser, "members", f"{here}/g/{village}/members")
        water = next(page for page in pages if "/polls/" in page)
        draw(browser, "result", water)
        draw(browser, "my-vote", f"{water}/my-vote", sign_in=links["elin"])


def draw(browser: Browser, name: str, url: str, *, sign_in: str = "", **wishes: Any) -> None:
    """One picture of what is seen first."""
    context = browser.new_context(**({"viewport": DESK, "reduced_motion": "reduce"} | wishes))
    page = context.new_page()
    if sign_in:
        page.goto(sign_in)
        page.locator("main form button").first.click()
    page.goto(url)
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()
    print(name)


if __name__ == "__main__":
    main()
