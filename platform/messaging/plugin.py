"""What messaging contributes: the page of the local mailbox, templates and words."""

from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from kernel.events import Event
from kernel.i18n import N_
from messaging import mail  # noqa: F401 - declares its job
from messaging.intake.pages import MailIntake, SmsHooks
from messaging.outgoing import sending  # noqa: F401 - declares its job
from messaging.outgoing.events import OptedOut, ReplyReceived
from messaging.outgoing.model import ChannelSetup, Message
from messaging.pages import MailboxPages
from messaging.suppression.model import Suppression
from messaging.wording.model import MessageTemplate, TemplateVersion
from vertical import Manifest, Migrations, hookimpl


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        name="messaging",
        version="1.0",
        title=N_("Messages"),
        summary=N_("Mail to people"),
        publisher="Jingwei",
        requires_api=">=1.0,<2",
        icon="mail",
    )


@hookimpl
def models() -> Sequence[type]:
    return [Suppression, ChannelSetup, Message, MessageTemplate, TemplateVersion]


@hookimpl
def migrations() -> Migrations:
    return Migrations(directory=files("messaging") / "migrations")


@hookimpl
def pages() -> Sequence[Any]:
    return [MailboxPages, MailIntake, SmsHooks]


@hookimpl
def templates() -> Traversable:
    return files("messaging") / "templates"


@hookimpl
def translations() -> Traversable:
    return files("messaging") / "locale"


@hookimpl
def events() -> Sequence[type[Event]]:
    return [ReplyReceived, OptedOut]
