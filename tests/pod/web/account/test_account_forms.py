"""Every form of accounts and admins: none works without its token, none from another site; cookies over https."""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from migrations import upgrade
from models.engine.databases import open_database
from pod.actions.accounts.first_admin import make_setup_link
from pod.app import make_app
from pod.app_keys import DEPS
from pod.config import Config, Server, Storage
from pod.keyring import create_key_file
from pod.web import account, admin
from tests.support.browsing import Browser
from tests.support.rig import ServedPod
from tests.support.shell import settle

POSTS = sorted(
    route.path
    for table in (*account.ROUTES, *admin.ROUTES)
    for route in table
    if isinstance(route, web.RouteDef) and route.method == "POST"
)


@pytest.fixture(scope="module")
def served(pod: ServedPod) -> ServedPod:
    settle(pod, "root")
    pod.run("user", "promote", "root")
    pod.start()
    return pod


def test_ax_10_all_forms_are_walked() -> None:
    assert len(POSTS) > 35


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("case", ["no token", "another visit's", "another site", "another origin"])
def test_ax_10_a_forged_form_does_nothing(served: ServedPod, path: str, case: str) -> None:
    browser = Browser(served).sign_in("root")
    token = dict(browser.get("/language").forms[0].fields)["form_token"]
    headers = {"another site": {"Sec_Fetch_Site": "cross-site"}, "another origin": {"Origin": "https://evil.example"}}
    fields = {
        "no token": [],
        "another visit's": [("form_token", dict(Browser(served).get("/language").forms[0].fields)["form_token"])],
    }
    real = re.sub(r"{\w+}", "x", path)
    answer = browser.post(real, fields.get(case, [("form_token", token)]), **headers.get(case, {}))
    assert answer.status == 403
    assert "isn&#39;t from this visit" in answer.text
    assert 'href="/@root"' in browser.get("/").text


async def test_ax_10_over_https_cookies_are_secure_and_bound_to_the_host(tmp_path: Path) -> None:
    """The pod behind its proxy: it speaks plain HTTP to it, and its name begins with https."""
    storage = Storage(data=str(tmp_path))
    config = Config(Server("https://pod.example"), storage)
    create_key_file(config.key_file)
    database = await open_database(config.database_url)
    await upgrade(database)
    await database.close()
    app = await make_app(config)
    async with TestClient(TestServer(app)) as client:
        path = f"/setup/{await make_setup_link(app[DEPS])}"
        page = await client.get(path)
        (visit,) = page.headers.getall("Set-Cookie")
        (token,) = re.findall(r'name="form_token" value="([0-9a-f]+)"', await page.text())
        fields = {"form_token": token, "name": "root", "mail": "root@mail.example", "pod": "Pod"}
        own = visit.partition(";")[0]
        answer = await client.post(path, data=fields, headers={"Cookie": own, "Origin": "https://pod.example"})
        assert answer.status == HTTPStatus.OK, await answer.text()
        cookies = answer.headers.getall("Set-Cookie")
        for cookie in (visit, *cookies):
            assert cookie.startswith("__Host-")
            assert all(flag in cookie for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
            assert "Domain" not in cookie
        assert any(cookie.startswith("__Host-session=") for cookie in cookies)
        assert any(cookie.startswith('__Host-visit=""; ') and "Max-Age=0" in cookie for cookie in cookies)
