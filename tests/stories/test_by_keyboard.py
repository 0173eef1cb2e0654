"""AX-04: on every page each control is reached by the tabulator alone, and is seen where the focus is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.stories.hands import IS_SEEN
from tests.stories.paths import PATHS
from tests.stories.place import Place
from tests.support.browsing import session_secret
from tests.support.chromium import Window

# What there is to reach: of radio buttons with one name the tabulator stops at one; nothing in a closed fold counts,
# and no button that is there for the Enter key alone.
CONTROLS = """() => {
  return [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
    .filter(e => !e.disabled && e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true}))
    .filter(e => {
      if (e.type !== "radio") return true;
      const alike = [...document.querySelectorAll(`input[type=radio][name="${e.name}"]`)];
      const group = alike.filter(radio => radio.form === e.form);
      return e === (group.find(radio => radio.checked) ?? group[0]);
    })
    .map((e, place) => { e.setAttribute("data-place", place); return e.outerHTML.slice(0, 120); });
}"""
STOPS_OF_A_DATE = 8  # a field for a date has one for each of its parts
FOCUSED = f"""() => {{
  const at = document.activeElement?.getAttribute("data-place") ?? "";
  return [at, !at || ({IS_SEEN})(document.activeElement)];
}}"""


def unreached(page: Page) -> list[str]:
    """Controls that the tabulator never comes to, or where one doesn't see that it came."""
    controls: list[str] = page.evaluate(CONTROLS)
    reached: set[str] = set()
    faults, before = [], ""
    for _ in range(STOPS_OF_A_DATE * len(controls) + 5):
        page.keyboard.press("Tab")
        at, seen = page.evaluate(FOCUSED)
        if at in reached and at != before:
            break
        if at and at != before:
            reached.add(at)
            if not seen:
                faults.append(f"not seen: {controls[int(at)]}")
        before = at
    return faults + [f"not reached: {text}" for number, text in enumerate(controls) if str(number) not in reached]


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("width", [360])
def test_ax_04_every_control_of_every_page_is_reached_by_the_tabulator(
    place: Place, chromium: Browser, width: int
) -> None:
    shown = Window(chromium, place.hosts, viewport={"width": width, "height": 900})
    secret, cookie = session_secret(place.alpha, "ada")
    shown.context.add_cookies([{"name": cookie, "value": secret, "url": place.alpha.url}])
    faults = []
    for paths in PATHS.values():
        for path in paths(place):
            shown.page.goto(place.alpha.url + path)
            faults += [f"{path}: {fault}" for fault in unreached(shown.page)]
    shown.close()
    assert not faults, "\n".join(faults)
