"""The page behind the link to unsubscribe: open to everybody who holds one, without session or script (RFC 8058)."""

from dataclasses import replace
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from identity.access import visitor_of
from identity.house import house_of
from identity.opaque import digest
from identity.throttle.service import Limit, count_attempt
from kernel.i18n import gettext as _
from kernel.web import PUBLIC, page
from kernel.work import SYSTEM, Work
from master_data.consents.links import LinkUnknown, Subscription, subscription_of
from master_data.consents.model import ConsentSource
from master_data.consents.service import Proof, agree_again, take_back
from messaging.channels import CHANNELS
from messaging.intake.receiving import opt_out

PAGE = "master_data/unsubscribe.html"
GUESSES, USES = 20, 30
"""Wrong links from one address, and uses of one link, within a quarter of an hour.  Right links are not counted by sender:
the mail services that press the button for people (RFC 8058) do so from few addresses."""

AnyRequest = Request[Any, Any, Any]


class UnsubscribePages(Controller):
    path = "/u/{token:str}"
    include_in_schema = False

    @get("/", opt={"permission": PUBLIC})
    async def ask(self, request: AnyRequest, work: NamedDependency[Work], token: FromPath[str]) -> Template:
        return _page(work, token, await _asked(request, work, token), "ask")

    # Pressed by mail services for their users, from anywhere and without a cookie: the link itself is the proof.
    @post("/", opt={"permission": PUBLIC, "csrf": False}, status_code=200)
    async def end(self, request: AnyRequest, work: NamedDependency[Work], token: FromPath[str]) -> Template:
        found = await _asked(request, work, token)
        own, proof = replace(work, actor=SYSTEM), _proof(request)
        if found.message is not None:
            await opt_out(own, found.message, "", ip=proof.ip, agent=proof.agent)
        else:
            await take_back(own, found.party_id, found.channel, proof)
        return _page(work, token, found, "ended")

    @post("/again", opt={"permission": PUBLIC, "csrf": False}, status_code=200)
    async def again(self, request: AnyRequest, work: NamedDependency[Work], token: FromPath[str]) -> Template:
        found = await _asked(request, work, token)
        await agree_again(replace(work, actor=SYSTEM), found.party_id, found.channel, _proof(request), address=found.address)
        return _page(work, token, found, "again")


async def _asked(request: AnyRequest, work: Work, token: str) -> Subscription:
    house = house_of(request)
    try:
        found = await subscription_of(work, house.settings, token)
    except LinkUnknown:
        await count_attempt(house.database, [Limit(f"unsubscribe-guess|{visitor_of(request).ip}", GUESSES)])
        raise
    await count_attempt(house.database, [Limit(f"unsubscribe|{digest(token).hex()}", USES)])
    return found


def _proof(request: AnyRequest) -> Proof:
    visitor = visitor_of(request)
    return Proof(source=ConsentSource.LINK, ip=visitor.ip, agent=visitor.agent)


def _page(work: Work, token: str, found: Subscription, step: str) -> Template:
    policy = "default-src 'none'; style-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return page(PAGE, headers=headers, company=work.tenant.name, channel=_(CHANNELS[found.channel]), token=token, step=step)
