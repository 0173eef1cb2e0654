"""Mail: what the server says reaches the operator word for word; nobody's words become headers or commands."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from click.testing import CliRunner

from models.engine.databases import open_database
from models.engine.writer import running_writer
from models.pod.sent_mails import MOST_MAILS, list_mails
from pod.cli import main
from pod.config import Config, MailServer, Server
from pod.mail import BadAddressError, Mail, Mailer, MailError
from pod.mail.letters import mail_address
from tests.support.certificates import self_signed
from tests.support.post_office import Post, post_office
from tests.support.rig import worker_number
from tests.support.sinks import SetClock
from tests.support.tables import copy_tables

NOW = 1_800_000_000_000
LETTER = Mail("ada@pod.example", "Välkommen", "Hej Ada!\n\n.\nEn punkt ensam på en rad.\n")


@asynccontextmanager
async def mailing(folder: Path, **server: Any) -> AsyncIterator[tuple[Mailer, Any]]:
    """A mailer with a database behind it."""
    database = await open_database(copy_tables(folder / "pod.sqlite"))
    config = Config(Server("https://pod.example"), mail=MailServer(**server))
    try:
        async with running_writer(database) as writer:
            yield Mailer(config, SetClock(NOW), writer), database
    finally:
        await database.close()


async def test_a_mail_arrives_as_it_was_written_and_the_servers_word_is_kept(tmp_path: Path) -> None:
    post = Post()
    async with (
        post_office(post) as (host, port),
        mailing(tmp_path, host=host, port=port, security="none") as (mailer, database),
    ):
        sent = await mailer.send(LETTER)
        async with database.read() as session:
            (kept,) = await list_mails(session)
    assert "queued as 4711" in sent.answer
    assert (kept.at, kept.to, kept.subject, kept.answer, kept.ok) == (NOW, LETTER.to, "Välkommen", sent.answer, True)
    (mail,) = post.mails()
    assert mail["From"] == "althing@pod.example"
    assert post.got[0].rcpt_tos == ["ada@pod.example"]
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n") == LETTER.text
    assert "Välkommen".encode() not in (post.got[0].original_content or b"")  # headers are ASCII


@pytest.mark.parametrize(
    ("refuse", "said"),
    [
        ({"RCPT": "550 5.1.1 No such user here"}, "550 5.1.1 No such user here"),
        ({"DATA": "554 5.7.1 Looks like spam to us"}, "554 5.7.1 Looks like spam to us"),
    ],
    ids=["recipient", "message"],
)
async def test_op_23_a_refusal_is_told_word_for_word(tmp_path: Path, refuse: dict[str, str], said: str) -> None:
    post = Post()
    post.refuse = refuse
    async with (
        post_office(post) as (host, port),
        mailing(tmp_path, host=host, port=port, security="none") as (mailer, database),
    ):
        with pytest.raises(MailError) as told:
            await mailer.send(LETTER)
        async with database.read() as session:
            (kept,) = await list_mails(session)
    assert told.value.answer == said
    assert not told.value.refused.facts  # the answer is for admins, not for people
    assert (kept.answer, kept.ok) == (said, False)


async def test_op_23_a_wrong_password_is_told_word_for_word(tmp_path: Path) -> None:
    def nobody(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    options = {"authenticator": nobody, "auth_require_tls": False}
    async with post_office(Post(), **options) as (host, port):
        server = {"host": host, "port": port, "security": "none", "user": "pod", "password": "not it"}
        async with mailing(tmp_path, **server) as (mailer, _):
            with pytest.raises(MailError) as told:
                await mailer.send(LETTER)
    assert told.value.answer.startswith("535 ")
    assert "not it" not in told.value.answer


def asked(folder: Path, host: str, port: int, *address: str) -> tuple[int, str]:
    """`pod mail test` of a pod whose mail server is there."""
    if not folder.exists():
        assert CliRunner().invoke(main, ["init", "localhost", "--data", str(folder)]).exit_code == 0
    environment = {"POD_MAIL_HOST": host, "POD_MAIL_PORT": str(port), "POD_MAIL_SECURITY": "none"}
    done = CliRunner().invoke(main, ["mail", "test", "--data", str(folder), *address], env=environment)
    return done.exit_code, done.output


async def test_op_23_the_command_shows_the_servers_word(tmp_path: Path) -> None:
    post = Post()
    async with post_office(post) as (host, port):
        code, text = await asyncio.to_thread(asked, tmp_path / "pod", host, port, "ada@pod.example")
        assert (code, "queued as 4711" in text) == (0, True), text
        post.refuse = {"RCPT": "535 5.7.8 You again"}
        code, text = await asyncio.to_thread(asked, tmp_path / "pod", host, port, "ada@pod.example")
        assert (code, "\n535 5.7.8 You again\n" in text) == (1, True), text
        code, text = await asyncio.to_thread(asked, tmp_path / "pod", host, port, "ada")
        assert (code, "isn't a mail address" in text) == (1, True), text
    assert [mail["To"] for mail in post.mails()] == ["ada@pod.example"]


async def test_nothing_is_sent_in_plain_text_when_tls_was_asked_for(tmp_path: Path) -> None:
    post = Post()
    async with post_office(post) as (host, port):
        for security in ("starttls", "tls"):
            folder = tmp_path / security
            folder.mkdir()
            async with mailing(folder, host=host, port=port, security=security) as (mailer, _):
                with pytest.raises(MailError):
                    await mailer.send(LETTER)
    assert post.got == []


async def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    post = Post()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))
    async with (
        post_office(post, tls_context=context) as (host, port),
        mailing(tmp_path, host=host, port=port, security="starttls") as (mailer, _),
    ):
        with pytest.raises(MailError) as told:
            await mailer.send(LETTER)
    assert "certificate" in told.value.answer.lower()
    assert post.got == []


async def test_a_name_and_password_reach_a_server_that_is_vouched_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[bytes, bytes]] = []

    def known(*arguments: Any) -> AuthResult:
        said.append((arguments[-1].login, arguments[-1].password))
        return AuthResult(success=True)

    certificate, key = self_signed(tmp_path, f"127.77.{worker_number()}.25")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    (tmp_path / "password").write_text("correct horse\n")
    post = Post()
    server = {"user": "pod", "password_file": str(tmp_path / "password"), "security": "starttls"}
    async with (
        post_office(post, tls_context=context, authenticator=known, auth_required=True) as (host, port),
        mailing(tmp_path, host=host, port=port, **server) as (mailer, _),
    ):
        await mailer.send(LETTER)
    assert said == [(b"pod", b"correct horse")]
    assert len(post.got) == 1


async def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    host = f"127.77.{worker_number()}.26"
    async with mailing(tmp_path, host=host, port=2526, security="none") as (mailer, _):
        with pytest.raises(MailError) as told:
            await mailer.send(LETTER)
    assert told.value.answer.startswith(f"{host}:2526: ")


async def test_without_a_server_mails_are_shown_on_the_console(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with mailing(tmp_path) as (mailer, _):
        await mailer.send(LETTER)
    assert "Mail to ada@pod.example: Välkommen\n| Hej Ada!\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "@pod.example",
        "ada@",
        "ada@pod.example\nBcc: bo@pod.example",
        "ada@pod.example\r\nRCPT TO:<bo@pod.example>",
        "ada\n@pod.example",
        "ada@pod.example, bo@pod.example",
        "ada@pod.example>",
        "Ada <ada@pod.example>",
        '"ada b"@pod.example',
        "ada@bo@pod.example",
        "ada..b@pod.example",
        "ada@pod..example",
        "ada@pod example",
        "ädä@pod.example",
        "a" * 65 + "@pod.example",
        "ada@" + "a." * 130 + "example",
    ],
)
async def test_what_is_not_one_address_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(BadAddressError):
        mail_address(address)
    async with mailing(tmp_path) as (mailer, database):
        with pytest.raises(BadAddressError):
            await mailer.send(Mail(address, "x", "y"))
        async with database.read() as session:
            assert await list_mails(session) == []


def test_addresses_that_are_in_use_are_taken() -> None:
    for address in ("ada@pod.example", "ada.b+pod@mail.pod.example", "o'neil@pod.example", "a@[127.0.0.1]"):
        assert mail_address(address) == address
    assert mail_address("ada@blåbär.example") == "ada@xn--blbr-noae.example"


async def test_a_subject_of_several_lines_is_one_header(tmp_path: Path) -> None:
    post = Post()
    async with (
        post_office(post) as (host, port),
        mailing(tmp_path, host=host, port=port, security="none") as (mailer, _),
    ):
        await mailer.send(Mail(LETTER.to, "Hello\r\nBcc: bo@pod.example\n\nbody", "x"))
    (mail,) = post.mails()
    assert mail["Subject"] == "Hello Bcc: bo@pod.example body"
    assert mail["Bcc"] is None
    assert post.got[0].rcpt_tos == ["ada@pod.example"]


async def test_of_many_mails_the_last_twenty_are_kept(tmp_path: Path) -> None:
    async with mailing(tmp_path) as (mailer, database):
        for number in range(MOST_MAILS + 5):
            await mailer.send(Mail(LETTER.to, str(number), ""))
        async with database.read() as session:
            assert [kept.subject for kept in await list_mails(session)] == [str(n) for n in range(24, 4, -1)]
