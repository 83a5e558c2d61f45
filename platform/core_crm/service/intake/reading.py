"""What a mail says: who writes, what it answers to, text and files; whether a program wrote it.

A mail comes from anywhere.  Nothing of it is trusted: what cannot be read is left out, HTML loses all that runs or loads,
and names of files are names only.
"""

import email.policy
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses, parseaddr
from typing import Any

import nh3

from core_crm.service.tickets.thread import FILE_BYTES_MAX, FILES_MAX, TEXT_MAX, Upload
from kernel.errors import Invalid
from kernel.i18n import gettext as _

BYTES_MAX = 20 * 1024 * 1024
PARTS_MAX = 200
HTML_MAX = 500_000
TAGS = {
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i", "li", "ol", "p", "pre", "s", "span", "strong",
    "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip

_BREAKS = re.compile(r"<(?:br|/p|/div|/h[1-6]|/li|/tr|hr)\b[^>]*>", re.IGNORECASE)
_IDS = re.compile(r"<[^<>\s]{3,290}>")
_ADDRESS = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,180}")
_BULK = frozenset({"bulk", "list", "junk", "auto_reply"})


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A mail as far as it matters.  ``answers_to`` are ids of mails, the nearest last; ``bounced`` that of a mail that did not arrive."""

    message_id: str
    answers_to: tuple[str, ...]
    sender_name: str
    sender: str
    subject: str
    text: str
    html: str | None
    files: tuple[Upload, ...]
    left_out: tuple[str, ...] = ()
    automatic: bool = False
    bulk: bool = False
    bounced: str | None = None


def read_mail(content: bytes) -> Incoming:
    """Read a mail (RFC 5322).

    Raises:
        Invalid: it is too large, or no mail at all.
    """
    if len(content) > BYTES_MAX:
        raise Invalid(_("A mail has at most %(most)s MB.", most=BYTES_MAX >> 20))
    try:
        mail = BytesParser(policy=email.policy.default).parsebytes(content)
        return _read(mail)
    except (ValueError, LookupError, RecursionError, AttributeError, TypeError) as error:  # what the parser gives up on
        raise Invalid(_("This is no mail that can be read.")) from error


def harmless(markup: str) -> str:
    """HTML without anything that runs, loads or hides: text with its emphasis, lists, tables and links."""
    return nh3.clean(
        markup[:HTML_MAX],
        tags=TAGS,
        clean_content_tags={"script", "style", "title", "head"},
        attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )


def _read(mail: EmailMessage) -> Incoming:
    name, sender = parseaddr(_header(mail, "From"))
    if not _ADDRESS.fullmatch(sender):
        found = [each for _name, each in getaddresses([_header(mail, "Reply-To"), _header(mail, "Sender")]) if _ADDRESS.fullmatch(each)]
        sender = found[0] if found else ""
    text, markup = _words(mail)
    files, left_out = _files(mail)
    answers = [*_IDS.findall(_header(mail, "References"))[-30:], *_IDS.findall(_header(mail, "In-Reply-To"))[:5]]
    auto = _header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    own_id = _IDS.search(_header(mail, "Message-ID"))
    return Incoming(
        message_id=own_id[0] if own_id else "",
        answers_to=tuple(dict.fromkeys(answers)),
        sender_name=clean(name)[:80],
        sender=sender.lower()[:254],
        subject=" ".join(clean(_header(mail, "Subject")).split())[:200],
        text=text,
        html=markup,
        files=files,
        left_out=left_out,
        # RFC 3834: what a program sent by itself is never answered by a program.
        automatic=auto not in ("", "no") or bool(_header(mail, "X-Autoreply") or _header(mail, "X-Autorespond")),
        bulk=_header(mail, "Precedence").strip().lower() in _BULK or bool(_header(mail, "List-Id")),
        bounced=_bounced(mail),
    )


def clean(text: str) -> str:
    """Text that the database takes: no NUL, no halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _header(mail: Any, name: str) -> str:
    try:
        return clean(str(mail[name] or ""))[:10_000]
    except (ValueError, LookupError, AttributeError, TypeError):
        return ""


def _words(mail: EmailMessage) -> tuple[str, str | None]:
    """The text, and the HTML where there is some."""
    plain, markup = mail.get_body(("plain",)), mail.get_body(("html",))
    found = clean(_content(markup)) if markup is not None else ""
    text = clean(_content(plain)).strip() if plain is not None else ""
    if not text and found:
        text = html.unescape(
            nh3.clean(_BREAKS.sub("\n", found[:HTML_MAX]), tags=set(), clean_content_tags={"script", "style", "head"})
        ).strip()
    return re.sub(r"\n{3,}", "\n\n", text)[:TEXT_MAX], harmless(found).strip() or None if found else None


def _content(part: Any) -> str:
    try:
        content = part.get_content()
    except (LookupError, ValueError, KeyError):  # an unknown charset
        content = (part.get_payload(decode=True) or b"").decode("utf-8", "replace")
    return content if isinstance(content, str) else ""


def _files(mail: EmailMessage) -> tuple[tuple[Upload, ...], tuple[str, ...]]:
    """Files that came with it, and the names of those that were too many or too large."""
    files: list[Upload] = []
    left_out: list[str] = []
    for part in _attachments(mail):
        name = clean(part.get_filename() or "") or ("message.eml" if part.get_content_type() == "message/rfc822" else "file")
        content = _bytes(part)
        if not content:
            continue
        if len(content) > FILE_BYTES_MAX or len(files) >= FILES_MAX:
            left_out.append(name[:100])
        else:
            files.append(Upload(name=name, content=content, media_type=part.get_content_type()))
    return tuple(files), tuple(left_out[:FILES_MAX])


def _attachments(mail: EmailMessage) -> Iterator[Any]:
    inside: set[int] = set()
    for n, part in enumerate(mail.walk()):
        if n > PARTS_MAX:
            return
        if id(part) in inside:
            continue
        if part.get_content_type() == "message/rfc822":
            inside |= {id(each) for each in part.walk()}
            yield part
        elif not part.is_multipart() and (part.get_filename() or part.get_content_maintype() not in ("text", "multipart", "message")):
            yield part


def _bytes(part: Any) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        return bytes(inner[0].as_bytes()) if isinstance(inner, list) and inner else b""
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _bounced(mail: EmailMessage) -> str | None:
    """The id of our mail that could not be delivered (RFC 3464); empty where the report does not name it."""
    if mail.get_content_type() != "multipart/report" or "delivery-status" not in _header(mail, "Content-Type"):
        return None
    for part in mail.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            inner: Any = part.get_payload()
            text = str(inner[0]["Message-ID"] or "") if isinstance(inner, list) and inner else str(inner)
            if (found := _IDS.search(text)) is not None:
                return found[0]
    return ""
