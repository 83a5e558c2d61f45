"""The page that shows the local mailbox, for development only."""

from typing import Any

from litestar import Controller, Request, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template

from kernel.settings import Settings
from kernel.web import PUBLIC, page
from messaging.links import with_links
from messaging.mailbox import Mailbox, mailbox_of


class MailboxPages(Controller):
    """The received messages, on the platform's own host. In production there is no such page."""

    path = "/mailbox"
    opt = {"permission": PUBLIC, "host": "apex"}  # noqa: RUF012 - Litestar's way

    @get("/")
    async def show_letters(self, request: Request[Any, Any, Any]) -> Template:
        """All messages, newest first."""
        return page("messaging/mailbox.html", letters=list(_mailbox(request).letters()))

    @get("/{key:str}")
    async def show_letter(self, request: Request[Any, Any, Any], key: FromPath[str]) -> Template:
        """One message with its links ready to click."""
        letter = _mailbox(request).letter(key)
        if letter is None:
            raise NotFoundException
        return page("messaging/letter.html", letter=letter, text=with_links(letter.text))


def _mailbox(request: Request[Any, Any, Any]) -> Mailbox:
    settings: Settings = request.app.state.settings
    if settings.environment != "development":
        raise NotFoundException
    return mailbox_of(settings)
