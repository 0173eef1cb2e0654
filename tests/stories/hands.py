"""Somebody at a browser: with a mouse, or by the keyboard alone. Forms are named by where they go, fields by name."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

from tests.support.chromium import Window

MOST_TABS = 400
IS_FOCUSED = "e => e === document.activeElement"
IS_SEEN = """e => {
  const box = e.getClientRects()[0];  // the first line of a link that is broken over several
  const top = document.elementFromPoint(box.x + Math.min(box.width, 40) / 2, box.y + Math.min(box.height, 40) / 2);
  const style = getComputedStyle(e);
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return e.matches(":focus-visible") && ring && top !== null && (e.contains(top) || top.contains(e));
}"""


class Hand:
    """Points and clicks."""

    def __init__(self, window: Window, url: str) -> None:
        self.window = window
        self.url = url

    @property
    def page(self) -> Page:
        return self.window.page

    @property
    def text(self) -> str:
        """What is seen on the page."""
        return self.page.locator("main").inner_text()

    @property
    def whole_text(self) -> str:
        """What stands on the page, folded or not."""
        return self.page.locator("main").text_content() or ""

    def open(self, path: str) -> None:
        answer = self.page.goto(path if path.startswith("http") else self.url + path)
        assert answer is not None
        assert answer.status < 400, f"{path}: {answer.status} {self.text}"

    def follow(self, href: str) -> None:
        """Follow the page's link whose address ends, or before its query ends, like this."""
        self.press(self.page.locator(f'main a[href$="{href}"], main a[href*="{href}?"]').first)

    def send(self, action: str, press: tuple[str, str] | None = None, **fields: str) -> None:
        """Fill the form that goes there in, and press its main button or the one with this name and value."""
        form = self.page.locator(f'form[action$="{action}"]').first
        for name, value in fields.items():
            self._fill(form.locator(f'[name="{name}"]'), value)
        button = f'button[name="{press[0]}"][value="{press[1]}"]' if press else "button.main, button"
        self.press(form.locator(button).first)

    def act(self, value: str) -> None:
        """Press the button of the reading pages' one form that does this; `value` is its beginning."""
        self.press(self.page.locator(f'button[form="acts"][value^="{value}"]').first)

    def fill(self, found: Locator, value: str) -> None:
        """Write into a field."""
        self._fill(found, value)

    def touch(self, found: Locator) -> None:
        """Press what leads to no other page."""
        found.click()

    def hold(self, found: Locator) -> None:
        """Be where keys go to this control."""
        found.focus()

    def _fill(self, found: Locator, value: str) -> None:
        if found.first.get_attribute("type") in ("radio", "checkbox"):
            found.and_(self.page.locator(f'[value="{value}"]')).check()
        elif found.first.evaluate("e => e.localName") == "select":
            found.first.select_option(value)
        else:
            found.last.fill(value)

    def press(self, found: Locator) -> None:
        self.unfold(found)
        with self.page.expect_navigation():
            found.click()

    def unfold(self, found: Locator) -> None:
        """Open what the thing is folded in."""
        for summary in found.locator("xpath=ancestor::details[not(@open)]/summary").all():
            self._open(summary)

    def _open(self, summary: Locator) -> None:
        summary.click()


class Keys(Hand):
    """Has no mouse; looks where the focus is, and that it is seen."""

    def _reach(self, found: Locator) -> None:
        for _ in range(MOST_TABS):
            if found.evaluate(IS_FOCUSED):
                assert found.evaluate(IS_SEEN), f"The focus isn't seen: {found.evaluate('e => e.outerHTML')[:200]}"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never leads to {found}")

    def _fill(self, found: Locator, value: str) -> None:
        kind = found.first.get_attribute("type")
        if kind == "radio":
            self._choose(found, value)
        elif kind == "checkbox":
            self._reach(found.and_(self.page.locator(f'[value="{value}"]')))
            self.page.keyboard.press("Space")
        elif found.first.evaluate("e => e.localName") == "select":
            self._reach(found.first)
            wanted = found.first.locator(f'option[value="{value}"]').inner_text()
            self.page.keyboard.type(wanted)
        else:
            self._reach(found.last)
            self.page.keyboard.press("Control+A")
            self.page.keyboard.insert_text(value)

    def _choose(self, found: Locator, value: str) -> None:
        wanted = found.and_(self.page.locator(f'[value="{value}"]'))
        checked = found.and_(self.page.locator(":checked"))
        self._reach(checked.first if checked.count() else found.first)
        for _ in range(found.count() + 1):
            if wanted.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"The arrows never lead to {value}.")

    def touch(self, found: Locator) -> None:
        self._reach(found)
        self.page.keyboard.press("Enter")

    def hold(self, found: Locator) -> None:
        self._reach(found)

    def press(self, found: Locator) -> None:
        self.unfold(found)
        self._reach(found)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def _open(self, summary: Locator) -> None:
        self._reach(summary)
        self.page.keyboard.press("Enter")
