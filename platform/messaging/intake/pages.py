"""Where mail servers and providers of text messages tell what became of messages.  Whoever calls shows a secret, not a session."""

import hmac
import json
from typing import Any
from uuid import UUID

from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from kernel.database import Database
from kernel.settings import Settings
from kernel.web import PUBLIC
from kernel.work import SYSTEM, Tenant, Work
from messaging.channels import Channel
from messaging.intake.doors import find_door
from messaging.intake.reading import BYTES_MAX
from messaging.intake.receiving import take_mail, take_receipts
from messaging.intake.server import SIZE_BYTES_MAX
from messaging.outgoing.setup import setup_of
from messaging.sms.sending import ADAPTERS
from messaging.tokens import Subject, make_token, read_token

INTAKE = "mail-intake"
HOOK = "sms-hook"
NOBODY = UUID(int=0)

AnyRequest = Request[Any, Any, Any]


class MailIntake(Controller):
    """``curl --data-binary @- -H "X-Intake-Key: ..." https://<platform>/mail-intake?to=<recipient>``, from a mail server."""

    path = "/mail-intake"
    include_in_schema = False
    opt = {"permission": PUBLIC, "host": "apex", "csrf": False}  # noqa: RUF012 - Litestar's way

    @post("/", status_code=204, request_max_body_size=SIZE_BYTES_MAX + 1)
    async def take(self, request: AnyRequest, to: FromQuery[str] = "") -> None:
        settings: Settings = request.app.state.settings
        database: Database = request.app.state.database
        shown = request.headers.get("x-intake-key", "")
        if not hmac.compare_digest(shown.encode(), settings.derive(INTAKE).encode()):
            raise NotFoundException
        content = await request.body()
        if (found := find_door(settings, to)) is not None:
            taken = len(content) <= SIZE_BYTES_MAX and await found[0].take(database, settings, found[1], content)
        else:
            taken = len(content) <= BYTES_MAX and await take_mail(database, settings, to, content)
        if not taken:
            raise NotFoundException


class SmsHooks(Controller):
    """The address that a company enters at its provider of text messages."""

    path = "/hooks/sms/{token:str}"
    include_in_schema = False

    @post("/", opt={"permission": PUBLIC, "csrf": False}, status_code=200)
    async def take(self, request: AnyRequest, work: NamedDependency[Work], token: FromPath[str]) -> dict[str, Any]:
        """Providers ask for ``code`` 0; what is not about our messages is taken and forgotten."""
        settings: Settings = request.app.state.settings
        subject = read_token(settings.derive(HOOK), token)
        if subject is None or subject.tenant_id != work.tenant.id:
            raise NotFoundException
        setup = await setup_of(work, Channel.SMS)
        adapter = ADAPTERS.get(setup.provider)
        try:
            payload = json.loads((await request.body())[: 2**20])
        except ValueError:
            return {"code": 1, "result": 1, "errmsg": "JSON expected"}
        receipts = adapter.receipts(payload)[:500] if adapter else ()
        taken = await take_receipts(_own(work), receipts)
        return {"code": 0, "result": 0, "errmsg": "", "msg": "ok", "taken": taken}


def hook_address(settings: Settings, tenant: Tenant) -> str:
    """Where the company's provider of text messages reports to."""
    token = make_token(settings.derive(HOOK), Subject(tenant_id=tenant.id, kind="h", id=NOBODY))
    return settings.tenant_url(tenant.slug, f"/hooks/sms/{token}")


def _own(work: Work) -> Work:
    """The platform acts: whoever is signed in in the caller's browser has nothing to do with it."""
    return Work(tenant=work.tenant, actor=SYSTEM, session=work.session, bus=work.bus, request_id=work.request_id, ip=work.ip)
