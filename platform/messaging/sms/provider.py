"""What every provider of text messages can do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from kernel.settings import Settings
from kernel.work import Tenant
from messaging.outgoing.model import ChannelSetup
from messaging.outgoing.outcome import Outcome
from messaging.outgoing.setup import secret_of


@dataclass(frozen=True, kw_only=True)
class Account:
    """A company's account with its provider.  ``private`` allows addresses of our own network, for development."""

    access_key: str
    secret: str = field(repr=False)
    sign_name: str
    app_id: str = ""
    region: str = ""
    url: str = ""
    private: bool = False

    @classmethod
    def of(cls, settings: Settings, tenant: Tenant, setup: ChannelSetup) -> "Account":
        given = {name: str(setup.settings.get(name, "")) for name in ("access_key", "sign_name", "app_id", "region", "url")}
        return cls(secret=secret_of(settings, tenant, setup), private=settings.environment == "development", **given)


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text message: a template that the provider has approved with what goes into it in its order, or plain words.

    ``idem`` is the same whenever the same message is handed over.
    """

    phone: str
    template: str
    params: Mapping[str, str]
    words: str
    idem: str


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What a provider tells later: whether a message arrived, or what was answered (``reply``)."""

    phone: str
    provider_id: str = ""
    arrived: bool = False
    code: str = ""
    reply: str | None = None


class SmsProvider(Protocol):
    async def send(self, account: Account, text: Text) -> Outcome:
        """Hand one message over."""
        ...

    def receipts(self, payload: Any) -> Sequence[Receipt]:
        """What a call of the provider tells us; nothing where it is not understood."""
        ...
