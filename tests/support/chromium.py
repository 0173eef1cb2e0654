"""A real browser for tests: chromium without a screen, that tells whom a page asks for what and how it fits."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.support.require import do_without

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)
# The first has no windows at all, which spares a quarter of the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN_AXE = "options => axe.run(document, options)"
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > width + 1);
  return wide.slice(-3).map(e => e.outerHTML.slice(0, 120)).concat(wide.length ? [] : ["the page"]);
}"""
# A word of a table that scrolls is never broken over lines; folded tables are opened for it.
BROKEN = """() => {
  const folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach(one => one.open = true);
  const texts = [...document.querySelectorAll(".scroll th, .scroll td")].flatMap(e => [...e.childNodes])
    .filter(node => node.nodeType === Node.TEXT_NODE);
  const broken = texts.flatMap(node => [...node.data.matchAll(/[\\p{L}\\p{N}]+/gu)].filter(word => {
    const range = document.createRange();
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1;
  })).map(word => word[0]);
  folded.forEach(one => one.open = false);
  return broken.slice(0, 3);
}"""
# WCAG 2.2, 2.5.8: links within a sentence are exempt, so only controls and links that stand alone are measured.
TOO_SMALL = """() => [...document.querySelectorAll(
  "button, input:not([type=hidden]), select, textarea, summary, nav a, .button")]
  .filter(e => e.checkVisibility({visibilityProperty: true}))
  .map(e => [e, e.getBoundingClientRect()])
  .filter(([e, box]) => box.width && Math.min(box.width, box.height) < 24 && box.right > 0)
  .map(([e]) => e.outerHTML.slice(0, 120))"""


def executable() -> str:
    """Where chromium is; skips the test, or fails it where browsers are required."""
    found = os.environ.get("POD_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        do_without("browser", "There is no chromium here: apt-get install chromium.")
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless browser."""
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Window:
    """A browser's window of somebody with cookies of their own; `strangers` are requests that left its hosts.

    `complaints`: errors in the console, each with the address of what it is about at its end.
    """

    def __init__(self, browser: Browser, hosts: set[str], **wishes: Any) -> None:
        self.hosts = hosts
        self.strangers: list[str] = []
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(**({"locale": "en", "reduced_motion": "reduce"} | wishes))
        self.context.on("request", lambda request: self._look(request.url))
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _look(self, url: str) -> None:
        if not any(url.startswith(f"{host}/") for host in self.hosts) and not url.startswith("data:"):
            self.strangers.append(url)

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complaints.append(f"{said.text} {said.location['url']}".rstrip())

    def expect_axe(self) -> None:
        """Have axe in each page from the beginning: half the work of bringing it into each."""
        self.context.add_init_script(AXE_SCRIPT)

    def close(self) -> None:
        self.context.close()


def violations(page: Page, but: Sequence[str] = ()) -> list[str]:
    """What axe finds against WCAG A and AA, each with its place; rules that are left out are named."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    rules = {"runOnly": {"type": "tag", "values": AA}, "rules": {name: {"enabled": False} for name in but}}
    found = page.evaluate(RUN_AXE, {**rules, "resultTypes": ["violations"]})
    return [
        f"{fault['id']}: {node['target']} {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways at the present width."""
    found: list[str] = page.evaluate(TOO_WIDE)
    return found


def broken(page: Page) -> list[str]:
    """Words of tables that are broken over lines at the present width."""
    found: list[str] = page.evaluate(BROKEN)
    return found


def too_small(page: Page) -> list[str]:
    """Controls smaller than 24 by 24 CSS pixels."""
    found: list[str] = page.evaluate(TOO_SMALL)
    return found
