"""Text messages of a company, through the provider it has chosen."""

from collections.abc import AsyncIterator, Mapping, Sequence

from kernel.egress import EgressRefused
from kernel.settings import Settings
from kernel.work import Tenant
from messaging.outgoing.composing import sms_text
from messaging.outgoing.model import ChannelSetup, Message, Provider
from messaging.outgoing.outcome import Outcome, begin, failed
from messaging.sms.aliyun import Aliyun
from messaging.sms.gateway import Gateway
from messaging.sms.provider import Account, SmsProvider, Text
from messaging.sms.tencent import Tencent

ADAPTERS: Mapping[Provider, SmsProvider] = {Provider.ALIYUN: Aliyun(), Provider.TENCENT: Tencent(), Provider.GATEWAY: Gateway()}


async def send_sms(
    settings: Settings, tenant: Tenant, setup: ChannelSetup, messages: Sequence[Message]
) -> AsyncIterator[tuple[Message, Outcome]]:
    """Hand the messages over one by one; each with what the provider said."""
    account, adapter = Account.of(settings, tenant, setup), ADAPTERS[setup.provider]
    for message in messages:
        sms = message.sms or {}
        text = Text(
            phone=message.address,
            template=str(sms.get("template", "")),
            params={str(name): str(value) for name, value in (sms.get("params") or {}).items()},
            words=sms_text(message, account.sign_name),
            idem=message.id.hex,
        )
        if setup.provider is not Provider.GATEWAY and not text.template:
            yield message, failed("the provider takes only templates that it has approved")
            continue
        begin(message)
        try:
            yield message, await adapter.send(account, text)
        except EgressRefused as error:
            yield message, failed(str(error))
