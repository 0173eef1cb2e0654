"""What of an account couldn't be taken here is there for its own person to download, with reasons."""

from __future__ import annotations

from functools import partial

from models.moving.unfolded_lines import FAILED, UnfoldedLine, insert_unfolded_lines
from models.people.accounts import load_account_named
from pod.actions.moving.unfolded_copy import FailedRow, failed_table
from pod.deps import Deps
from tests.support.browsing import Browser
from tests.support.rig import ServedPod

PAGE = "/settings/moved"
FILE = f"{PAGE}/failed.csv"


def test_mg_09_rows_that_couldnt_be_taken_are_downloaded_by_their_own_person_alone(pod: ServedPod) -> None:
    for name in ("ada", "bo"):
        pod.sign_up(name)

    async def fail(deps: Deps) -> None:
        async with deps.store.database.read() as session:
            ada = await load_account_named(session, "ada")
        assert ada is not None
        line = UnfoldedLine(ada.id, "choices", FAILED, "=1+1", b"{}", "draft_taken")
        await deps.store.write(partial(insert_unfolded_lines, lines=[line]))

    pod.act(fail)
    pod.start()
    ada, bo = (Browser(pod).sign_in(name) for name in ("ada", "bo"))
    assert FILE in ada.get(PAGE).text
    file = ada.get(FILE)
    assert file.status == 200
    assert "choices,'=1+1,Another account has a draft under this number." in file.text
    assert FILE not in bo.get(PAGE).text, "nobody is led to an empty file"
    empty = bo.get(FILE)
    assert empty.status == 410
    assert "Every row that came along was taken." in empty.text
    assert "draft" not in Browser(pod).get(FILE).text


def test_mg_09_the_reasons_are_in_the_readers_language() -> None:
    rows = [FailedRow("follows", "k", "beyond_bound"), FailedRow("follows", "m", "a rule of tomorrow")]
    table = failed_table(rows, "sv")
    assert "follows,k,Kontot har redan så många av de här som det får ha." in table
    assert "follows,m,a rule of tomorrow" in table
