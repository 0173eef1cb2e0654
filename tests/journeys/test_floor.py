"""A pod takes a group of another pod for its floor: looked at first, followed within seconds, let go again."""

from __future__ import annotations

from typing import Final

import pytest

from models.fediverse.readers import list_readers
from pod.deps import Deps
from pod.doctor.database import check_floor
from pod.doctor.findings import Finding, Level
from pod.rules.admin import AdminRule
from protocol.ids import RecordId
from tests.support.browsing import Browser, Seen
from tests.support.reading_room import write
from tests.support.rig import ServedPod, eventually

pytestmark = pytest.mark.timeout(300)
MINUTE_MS: Final = 60_000
WISH: Final = {"visibility": "public", "default_score": 1_000_000, "weight": 3000}
OUTPUTS: Final = (
    *("/g/{group}", "/g/{group}?showing=everything&show=all", "/g/{group}?lens={group}", "/?show=all", "/@ada"),
    *("/g/{group}/posts/{post}?showing=everything", "/g/{group}/posts/{post}/why", "/g/{group}/log"),
    *(
        "/search?q=vanill",
        "/g/{group}/log.atom",
        "/records/{post}",
        "/groups/{group}/outbox?before=0",
        "/admin/floor/{floor}",
    ),
    *("/api/v1/groups/{group}/posts?showing=everything", "/api/v1/groups/{group}/records/{post}"),
)


class Street:
    """mod's groups, `floor` and `other`, stand on pod A; root runs pod B, where ada wrote `post` into `group`."""

    def __init__(self, pods: list[ServedPod]) -> None:
        self.a, self.b = pods
        self.mod, self.root, self.ada = self.a.sign_up("mod"), self.b.sign_up("root"), self.b.sign_up("ada")
        self.b.run("user", "promote", "root")
        for pod in pods:
            pod.start()
        self.floor = self.mod.post("/api/v1/groups", {"name": "What we won't host", **WISH})["group"]
        self.other = self.mod.post("/api/v1/groups", {"name": "Nor this", **WISH})["group"]
        self.group = self.ada.post("/api/v1/groups", {"name": "Parish", "visibility": "public"})["group"]
        self.post = write(self.ada, self.group, [("text", "vanilla text")], kind="article", title="vanilla title")
        write(self.ada, self.group, [("text", "The well is dry.")])
        self.admin = Browser(self.b).sign_in("root")

    def told(self) -> list[str]:
        """Where B still tells the words."""
        found = []
        for path in OUTPUTS:
            address = path.format(group=self.group, post=self.post, floor=self.floor)
            for browser, kind in ((Browser(self.b), "application/activity+json"), (self.admin, "text/html")):
                text = browser.get(address, Accept=f"{kind}, */*;q=0.1").text.replace("?q=vanill", "")
                found += [f"{address} as {kind}"] if "vanilla" in text else []
        return found

    def vote(self, value: int) -> None:
        body = {"target": {"post": self.post}, "value": value, "from": {"group": self.group, "pod": self.b.url}}
        self.mod.post(f"/api/v1/groups/{self.floor}/votes", body)

    def look(self, group: str) -> Seen:
        page = self.admin.get("/admin/floor")
        return self.admin.submit(page, "/admin/floor", address=f"{self.a.url}/g/{group}")

    def readers(self, group: str) -> list[str]:
        async def look(deps: Deps) -> list[str]:
            async with deps.store.database.read() as session:
                return await list_readers(session, RecordId(group), 9)

        return self.a.act(look)

    def doctor(self) -> Level:
        async def look(deps: Deps) -> Finding:
            return await check_floor(deps.config, deps.store.database)

        return self.b.act(look).level


@pytest.fixture(scope="module")
def street(pods: list[ServedPod]) -> Street:
    return Street(pods)


def test_r3_a_group_elsewhere_is_looked_at_chosen_followed_within_seconds_and_let_go(street: Street) -> None:
    seen = street.look(street.floor)
    assert seen.path.startswith(f"/admin/floor/{street.floor}"), seen.text
    assert "What we won&#39;t host" in seen.text
    assert "Of 2 posts on this pod it hides 0." in seen.text
    assert 'id="floor"' not in Browser(street.b).get("/about").text, "nothing is chosen by looking"
    assert street.admin.press(seen, "Let it decide").path == "/admin/floor?said=floor"
    assert "What we won&#39;t host" in Browser(street.b).get("/about").text
    eventually(lambda: street.readers(street.floor) == [street.b.url])
    street.b.set_clock(-4 * MINUTE_MS)  # no look round comes to help what follows

    assert street.told() != []
    street.vote(-1000)
    eventually(lambda: street.told() == [])
    preview = street.admin.get(f"/admin/floor/{street.floor}")
    assert "Of 2 posts on this pod it hides 1." in preview.text
    assert f"/posts/{street.post}" in preview.text

    assert street.admin.press(preview, "Remove").status == 200
    assert street.told() != []
    eventually(lambda: street.readers(street.floor) == [])
    acts = street.admin.get("/admin/audit.csv?act=floor").text
    assert acts.count(street.floor) == 2
    street.b.set_clock(0)


def test_r3_a_group_of_pod_toml_is_fetched_when_its_pod_answers_and_until_then_that_is_said(street: Street) -> None:
    address = f"{street.a.url}/g/{street.other}"
    street.a.kill()
    street.b.kill()
    with (street.b.folder / "pod.toml").open("a") as config:
        config.write(f'\n[moderation]\nfloor = ["{address}"]\n')
    street.b.start()

    assert f"{address} isn&#39;t here yet" in Browser(street.b).get("/about").text
    page = street.admin.get("/admin/floor").text
    assert "what it would hide is shown" in page
    assert "from pod.toml" in page
    assert address in street.admin.get("/admin").text
    assert street.doctor() is Level.WARN

    street.a.start()
    street.b.set_clock(2 * MINUTE_MS)
    eventually(lambda: "Nor this" in Browser(street.b).get("/about").text)
    eventually(lambda: street.readers(street.other) == [street.b.url])
    assert street.doctor() is Level.OK
    refused = street.admin.post(
        f"/admin/floor/{street.other}/remove", street.admin.get("/admin/floor").forms[-1].fields[:1]
    )
    assert refused.status == 400
    assert AdminRule.FLOOR_OF_THE_FILE.en in refused.text
