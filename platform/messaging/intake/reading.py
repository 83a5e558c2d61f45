"""What a mail that came back says (RFC 3464 for bounces, RFC 5965 for complaints)."""

import email.policy
import enum
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from messaging.mailbox import text_of

BYTES_MAX = 5 * 2**20
TEXT_MAX = 4_000
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
# What people wrote ends where the quoted message begins.
_QUOTE = re.compile(
    r"^(?:>.*|-{2,}\s*(?:original message|原始邮件|原邮件)\s*-{2,}.*|on .{5,120} wrote:|.{0,40}在.{5,60}写道[:：]|发件人[:：].*|from: .*)$",
    re.I,
)


class Came(enum.StrEnum):
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    COMPLAINT = "complaint"
    AUTOMATIC = "automatic"
    REPLY = "reply"


@dataclass(frozen=True, kw_only=True)
class Reading:
    came: Came
    text: str
    sender: str = ""


def read_mail(content: bytes) -> Reading:
    """What ``content`` is, and what it says in short."""
    mail = BytesParser(policy=email.policy.default).parsebytes(content[:BYTES_MAX])
    if (report := _report(mail)) is not None:
        return report
    sender = str(mail["From"] or "")[:300]
    if _automatic(mail):
        return Reading(came=Came.AUTOMATIC, text=str(mail["Subject"] or "")[:300], sender=sender)
    return Reading(came=Came.REPLY, text=own_words(text_of(mail))[:TEXT_MAX], sender=sender)


def own_words(text: str) -> str:
    """What the writer added, without the message they answer to."""
    kept = []
    for line in text.splitlines():
        if _QUOTE.fullmatch(line.strip()):
            break
        kept.append(line.rstrip())
    return "\n".join(kept).strip() or text.strip()


def _report(mail: EmailMessage) -> Reading | None:
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/feedback-report":
            return Reading(came=Came.COMPLAINT, text=_plain(part)[:500])
        if kind == "message/delivery-status":
            return _bounce(part)
    return None


def _bounce(part: Any) -> Reading:
    """A delivery status has a block for the message and one for each recipient; ours have one."""
    blocks = part.get_payload() if part.is_multipart() else []
    action = status = words = ""
    for block in blocks:
        action = str(block.get("Action", action)).strip().lower()
        status = str(block.get("Status", status)).strip()
        words = str(block.get("Diagnostic-Code", words)).strip()
    found = _STATUS.search(status)
    text = " ".join(f"{found[0] if found else status} {words}".split())[:500]
    if action in ("delivered", "relayed", "expanded"):
        return Reading(came=Came.AUTOMATIC, text=text)
    hard = action == "failed" and found is not None and found[0].startswith("5.")
    return Reading(came=Came.HARD_BOUNCE if hard else Came.SOFT_BOUNCE, text=text)


def _automatic(mail: EmailMessage) -> bool:
    """Answers of machines, such as that somebody is on holiday (RFC 3834), are no answers of people."""
    auto = str(mail["Auto-Submitted"] or "no").strip().lower()
    bulk = str(mail["Precedence"] or "").strip().lower()
    return not auto.startswith("no") or bulk in ("bulk", "auto_reply", "junk", "list") or mail["X-Autoreply"] is not None


def _plain(part: Any) -> str:
    inner = part.get_payload()
    return " ".join(str(inner[0] if isinstance(inner, list) and inner else inner).split())
