"""Real SMTP in, a readable letter out."""

import asyncio
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from messaging.links import with_links
from messaging.mailbox import LETTER_BYTES_MAX, Mailbox, MailboxServer


def mail(text: str, subject: str = "请确认您的邮箱") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Jingwei <no-reply@localhost>", "王芳 <wang@example.com>", subject
    message.set_content(text)
    return message


async def send(server: MailboxServer, message: EmailMessage) -> None:
    await aiosmtplib.send(message, hostname="127.0.0.1", port=server.port)


async def test_a_sent_mail_is_in_the_mailbox(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    async with MailboxServer(mailbox, port=0) as server:
        await send(server, mail("您好，请打开 http://localhost:8000/verify?token=abc 完成注册。"))
    [listed] = mailbox.letters()
    letter = mailbox.letter(listed.key)
    assert letter is not None
    assert (letter.subject, letter.recipients) == ("请确认您的邮箱", "王芳 <wang@example.com>")
    assert letter.text == "您好，请打开 http://localhost:8000/verify?token=abc 完成注册。"
    assert listed.text == ""


async def test_the_newest_come_first_and_the_oldest_go(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path, kept=3)
    for number in range(5):
        mailbox.add(mail("x", f"Letter {number}").as_bytes())
    assert [letter.subject for letter in mailbox.letters()] == ["Letter 4", "Letter 3", "Letter 2"]


async def test_a_huge_mail_is_refused(tmp_path: Path) -> None:
    async with MailboxServer(Mailbox(tmp_path), port=0) as server:
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await send(server, mail("x" * 76 + "\n" + "y" * (LETTER_BYTES_MAX + 1)))
    assert refused.value.code == 552
    assert list(Mailbox(tmp_path).letters()) == []


async def test_a_taken_port_is_no_obstacle(tmp_path: Path) -> None:
    async with MailboxServer(Mailbox(tmp_path), port=0) as first, MailboxServer(Mailbox(tmp_path), port=first.port) as second:
        assert second.port != first.port
        await asyncio.gather(send(first, mail("one")), send(second, mail("two")))
    assert len(list(Mailbox(tmp_path).letters())) == 2


def test_html_is_read_as_text_with_its_links(tmp_path: Path) -> None:
    message = mail("")
    message.set_content(
        '<style>p{}</style><script>alert(1)</script><p>Tom &amp; <b>Jerry</b></p><p><a href="https://example.com/a?b=1&amp;c=2">Open</a></p>',
        subtype="html",
    )
    mailbox = Mailbox(tmp_path)
    letter = mailbox.letter(mailbox.add(message.as_bytes()))
    assert letter is not None
    assert "Tom & Jerry" in letter.text
    assert "Open https://example.com/a?b=1&c=2" in letter.text
    assert "alert" not in letter.text
    assert "<" not in letter.text


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"Content-Type: text/plain; charset=nonsense\n\nhello", b"To: <<<>>>\nFrom: @@\n\nx"]
)
def test_whatever_arrives_can_be_shown(tmp_path: Path, content: bytes) -> None:
    mailbox = Mailbox(tmp_path)
    assert mailbox.letter(mailbox.add(content)) is not None


@pytest.mark.parametrize("key", ["../secret_key", "", "1", "00000000000000000000-00000000"])
def test_a_made_up_key_opens_nothing(tmp_path: Path, key: str) -> None:
    (tmp_path / "secret_key.eml").write_text("secret")
    assert Mailbox(tmp_path / "mailbox").letter(key) is None


def test_addresses_become_links_and_nothing_else_becomes_markup() -> None:
    html = with_links('<img src=x> See (https://example.com/a?x=1&y=2). "javascript:alert(1)" 打开http://localhost:8000/v/1，谢谢')
    assert "<img" not in html
    assert '<a href="https://example.com/a?x=1&amp;y=2" rel="noreferrer">' in html
    assert '<a href="http://localhost:8000/v/1" rel="noreferrer">http://localhost:8000/v/1</a>，谢谢' in html
    assert html.count("<a ") == 2
