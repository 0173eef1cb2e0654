"""A passkey proves once more who somebody is, in a browser that is signed in."""

from __future__ import annotations

from tests.pod.actions.accounts.test_settings import QUARTER_MS, options_on, with_passkey
from tests.support.browsing import Browser
from tests.support.rig import ServedPod
from tests.support.shell import settle


def test_ax_07_a_passkey_is_a_fresh_proof_and_nobody_elses_is(pod: ServedPod) -> None:
    for name in ("ada", "bo"):
        settle(pod, name)
    pod.start()
    ada, bo = (Browser(pod).sign_in(name) for name in ("ada", "bo"))
    assert "Prove it by a passkey" not in ada.get("/settings/confirm").text
    key, theirs = with_passkey(pod, ada), with_passkey(pod, bo)
    pod.set_clock(QUARTER_MS + 1000)
    page = ada.get("/settings/tokens")
    assert "Prove it by a passkey" in page.text
    refused = ada.submit(page, "/confirm/passkey", credential=theirs.show(options_on(page)))
    assert refused.status == 400
    assert ada.get("/settings/tokens").path.startswith("/settings/confirm")
    page = ada.get("/settings/confirm?to=/settings/tokens")
    answer = ada.submit(page, "/confirm/passkey", credential=key.show(options_on(page)))
    assert answer.path == "/settings/tokens"
