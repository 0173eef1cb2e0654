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
    .map((e, place) => {
      const markup = e.outerHTML.replace(/[?]back=[^"]*/, "");
      e.setAttribute("data-place", place);
      return [markup, e.closest("main") !== null];
    });
}"""
STOPS_OF_A_DATE = 8  # a field for a date has one for each of its parts
FOCUSED = f"""() => {{
  const at = document.activeElement?.getAttribute("data-place") ?? "";
  return [at, !at || ({IS_SEEN})(document.activeElement)];
}}"""


class Tabulator:
    """Goes through pages by the tabulator, past what stands around their own parts and was reached before."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._known: set[str] = set()

    def unreached(self) -> list[str]:
        """Controls that the tabulator never comes to, or where one doesn't see that it came."""
        controls: list[tuple[str, bool]] = self.page.evaluate(CONTROLS)
        passed = {str(place) for place, (markup, own) in enumerate(controls) if not own and markup in self._known}
        first = next((place for place, (_, own) in enumerate(controls) if own or str(place) not in passed), 0)
        if first:
            self.page.evaluate(f"document.querySelector('[data-place=\"{first - 1}\"]').focus()")
        reached, faults = self._walk(len(controls), passed)
        faults = [f"not seen: {controls[int(at)][0][:120]}" for at in faults]
        self._known |= {markup for place, (markup, own) in enumerate(controls) if not own and str(place) in reached}
        missed = [markup for place, (markup, _) in enumerate(controls) if str(place) not in reached | passed]
        return faults + [f"not reached: {markup[:120]}" for markup in missed]

    def _walk(self, controls: int, passed: set[str]) -> tuple[set[str], list[str]]:
        """The places that the tabulator comes to from where the focus is, and those where it isn't seen."""
        reached: set[str] = set()
        faults, before = [], ""
        for _ in range(STOPS_OF_A_DATE * controls + 5):
            self.page.keyboard.press("Tab")
            at, seen = self.page.evaluate(FOCUSED)
            if at != before and (at in reached or at in passed):
                break
            if at and at != before:
                reached.add(at)
                if not seen:
                    faults.append(at)
            before = at
        return reached, faults


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("width", [360])
def test_ax_04_every_control_of_every_page_is_reached_by_the_tabulator(
    place: Place, chromium: Browser, width: int
) -> None:
    shown = Window(chromium, place.hosts, viewport={"width": width, "height": 900})
    secret, cookie = session_secret(place.alpha, "ada")
    shown.context.add_cookies([{"name": cookie, "value": secret, "url": place.alpha.url}])
    tabulator, faults = Tabulator(shown.page), []
    for paths in PATHS.values():
        for path in paths(place):
            shown.page.goto(place.alpha.url + path)
            faults += [f"{path}: {fault}" for fault in tabulator.unreached()]
    shown.close()
    assert not faults, "\n".join(faults)
