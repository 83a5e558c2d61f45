"""A message as it goes over the wire: headers by which people and mail services end it, and where bounces and answers go."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from markupsafe import Markup, escape

from kernel import clock, i18n
from kernel.i18n import gettext as _
from kernel.settings import Settings
from kernel.work import Tenant
from messaging.outgoing.model import ChannelSetup, Message, Provider, Purpose
from messaging.tokens import Subject, make_token

LINKS = "message-links"
KIND = "m"
"""Letter of tokens about a message."""

OPT_OUT_WORDS = "拒收请回复R"
"""How to end advertising by text message: 《通信短信息服务管理规定》第十八条 asks for a plain way to refuse."""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """``sender`` is where bounces go (RFC 5321), ``message`` what the recipient reads."""

    sender: str
    recipient: str
    message: EmailMessage


def token_of(settings: Settings, tenant: Tenant, message: Message) -> str:
    """The signed word by which this message is known outside."""
    return make_token(settings.derive(LINKS), Subject(tenant_id=tenant.id, kind=KIND, id=message.id))


def intake_domain(settings: Settings, setup: ChannelSetup) -> str:
    """Where bounces and answers come in: the company's own domain for that, else the platform's if it sends."""
    own = str(setup.settings.get("intake_domain", ""))
    return own or (settings.mail_intake_domain if setup.provider is Provider.PLATFORM else "")


def sender_of(settings: Settings, tenant: Tenant, setup: ChannelSetup) -> Address:
    """Whom the recipient sees: the company's name, at its own address or at the platform's."""
    address = str(setup.settings.get("sender_address", "")) if setup.provider is Provider.SMTP else parseaddr(settings.mail_from)[1]
    name = setup.sender_name or tenant.name
    return Address(display_name=name, addr_spec=address or "no-reply@localhost")


def compose(settings: Settings, tenant: Tenant, setup: ChannelSetup, message: Message) -> Envelope:
    """The mail of ``message``."""
    sender, token, domain = sender_of(settings, tenant, setup), token_of(settings, tenant, message), intake_domain(settings, setup)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = message.address
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = f"<{message.id}@{sender.domain}>"
    if domain:
        mail["Reply-To"] = f"r+{token}@{domain}"
    elif setup.reply_to:
        mail["Reply-To"] = setup.reply_to
    text, html = message.text, message.html
    if message.purpose is Purpose.MARKETING:
        link = settings.tenant_url(tenant.slug, f"/u/{token}")
        ways = [f"<{link}>", *([f"<mailto:u+{token}@{domain}>"] if domain else [])]
        mail["List-Unsubscribe"] = ", ".join(ways)
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail["Feedback-ID"] = f"{message.source_id or message.source or 'message'}:{tenant.id}:jingwei"
        mail["Precedence"] = "bulk"
        text, html = _with_footer(message, tenant, link)
    else:
        mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return Envelope(sender=f"b+{token}@{domain}" if domain else sender.addr_spec, recipient=message.address, message=mail)


def sms_text(message: Message, sign_name: str) -> str:
    """A text message for gateways that take words: with the sender's name, and how to refuse more."""
    words = message.text.strip()
    if message.purpose is Purpose.MARKETING and OPT_OUT_WORDS not in words:
        words = f"{words} {OPT_OUT_WORDS}"
    return words if words.startswith("【") or not sign_name else f"【{sign_name}】{words}"


def _with_footer(message: Message, tenant: Tenant, link: str) -> tuple[str, str | None]:
    with i18n.using(message.locale):
        words = _("You receive this because you agreed to advertising from %(company)s.", company=tenant.name)
        label = _("Unsubscribe")
    text = f"{message.text.rstrip()}\n\n--\n{words}\n{label}: {link}\n"
    if not message.html:
        return text, None
    foot = Markup('<p style="color:#706b62;font-size:12px">{} <a href="{}">{}</a></p>').format(words, escape(link), label)
    head, body_end, tail = message.html.rpartition("</body>")
    return text, f"{head}{foot}{body_end}{tail}" if body_end else message.html + foot
