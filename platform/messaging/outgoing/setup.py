"""How a company sends: reading and writing it, with secrets sealed."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from kernel.errors import Conflict, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.sealing import SealBroken, seal, unseal
from kernel.settings import Settings
from kernel.work import Tenant, Work
from messaging.channels import Channel, address_key
from messaging.outgoing.model import PROVIDERS, ChannelSetup, Provider

PURPOSE = "channel-secrets"
SMTP_PORTS = (25, 465, 587, 2525)
Short = Annotated[str, msgspec.Meta(max_length=200)]
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?")

# What each provider must know, and which of it is secret.
NEEDED: Mapping[Provider, tuple[str, ...]] = {
    Provider.SMTP: ("host", "port", "sender_address"),
    Provider.ALIYUN: ("access_key", "sign_name"),
    Provider.TENCENT: ("access_key", "app_id", "sign_name"),
    Provider.GATEWAY: ("url",),
}
SECRET_NEEDED = frozenset({Provider.ALIYUN, Provider.TENCENT})


class SetupChanged(Conflict):
    code = "version_conflict"


class SetupInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``secret`` is a password or key; empty keeps the one that is there.  ``quiet_from`` and ``quiet_to`` are written as 21:00."""

    provider: Provider
    host: Short = ""
    port: int | None = None
    username: Short = ""
    sender_address: Short = ""
    access_key: Short = ""
    app_id: Short = ""
    region: Short = ""
    sign_name: Short = ""
    url: Annotated[str, msgspec.Meta(max_length=500)] = ""
    countries: Short = "86"
    intake_domain: Short = ""
    secret: Annotated[str, msgspec.Meta(max_length=500)] = ""
    sender_name: Annotated[str, msgspec.Meta(max_length=80)] = ""
    reply_to: Annotated[str, msgspec.Meta(max_length=254)] = ""
    cap_count: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    cap_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 7
    quiet_from: Annotated[str, msgspec.Meta(max_length=5)] = "21:00"
    quiet_to: Annotated[str, msgspec.Meta(max_length=5)] = "08:00"
    version: int | None = None


_PLAIN = ("host", "port", "username", "sender_address", "access_key", "app_id", "region", "sign_name", "url", "countries", "intake_domain")


async def setup_of(work: Work, channel: Channel) -> ChannelSetup:
    """How the company sends by ``channel``; what the platform offers where it has set up nothing."""
    found: ChannelSetup | None = await work.session.scalar(select(ChannelSetup).where(ChannelSetup.channel == channel))
    if found is not None:
        return found
    provider = Provider.PLATFORM if channel is Channel.EMAIL else Provider.NONE
    return ChannelSetup(
        channel=channel, provider=provider, settings={}, sender_name="", reply_to="", cap_count=3, cap_days=7,
        quiet_from=21 * 60, quiet_to=8 * 60, version=0,
    )  # fmt: skip


async def save_setup(work: Work, settings: Settings, channel: Channel, data: SetupInput) -> ChannelSetup:
    """Write how the company sends by ``channel``.

    Raises:
        Invalid: a value is missing or wrong; names each.
        SetupChanged: somebody saved meanwhile.
    """
    found: ChannelSetup | None = await work.session.scalar(
        select(ChannelSetup).where(ChannelSetup.channel == channel).with_for_update().execution_options(populate_existing=True)
    )
    if data.version is not None and data.version != (found.version if found else 0):
        raise SetupChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    row = found or ChannelSetup(channel=channel)
    same_place = found is not None and found.provider is data.provider and found.settings.get("host", "") == data.host.strip().lower()
    _check(channel, data, has_secret=bool(data.secret) or (same_place and bool(row.sealed)))
    row.provider, row.sender_name, row.reply_to = data.provider, data.sender_name.strip(), data.reply_to.strip().lower()
    plain = {name: getattr(data, name) for name in _PLAIN}
    row.settings = {name: value.strip() if isinstance(value, str) else value for name, value in plain.items() if value not in ("", None)}
    for name in ("host", "intake_domain"):
        if name in row.settings:
            row.settings[name] = row.settings[name].lower()
    row.cap_count, row.cap_days = data.cap_count, data.cap_days
    row.quiet_from, row.quiet_to = minutes(data.quiet_from) or 0, minutes(data.quiet_to) or 0
    if data.secret:
        row.sealed = seal(settings.derive(PURPOSE), _place(work.tenant, channel), data.secret)
    elif not same_place:
        row.sealed = None  # a password is not handed to another server than the one it was entered for
    work.session.add(row)
    await work.session.flush()
    return row


def secret_of(settings: Settings, tenant: Tenant, setup: ChannelSetup) -> str:
    """The password or key; empty where there is none, or where it can no longer be opened."""
    if not setup.sealed:
        return ""
    try:
        return unseal(settings.derive(PURPOSE), _place(tenant, setup.channel), setup.sealed)
    except SealBroken:
        return ""


def end_of_quiet(setup: ChannelSetup, zone: str, now: datetime) -> datetime | None:
    """When the quiet hours end in which ``now`` lies; None where it lies outside."""
    start, end = setup.quiet_from, setup.quiet_to
    local = now.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    quiet = start <= minute < end if start < end else (minute >= start or minute < end) if start != end else False
    if not quiet:
        return None
    day = local.date() + timedelta(days=1 if minute >= end else 0)
    return datetime(day.year, day.month, day.day, end // 60, end % 60, tzinfo=ZoneInfo(zone)).astimezone(now.tzinfo)


def minutes(text: str) -> int | None:
    """``21:30`` as minute of the day; None for anything else."""
    hour, colon, minute = text.strip().partition(":")
    if not (colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
        return None
    found = int(hour) * 60 + int(minute)
    return found if int(minute) < 60 and found < 24 * 60 else None


def as_time(minute: int) -> str:
    """``21:30`` of a minute of the day."""
    return f"{minute // 60:02}:{minute % 60:02}"


def facts(setup: ChannelSetup) -> dict[str, Any]:
    """What the audit log may know of it: no secrets."""
    kept = {name: value for name, value in setup.settings.items() if name != "access_key"}
    return {"provider": setup.provider.value, **kept, "cap": f"{setup.cap_count}/{setup.cap_days}"}


def _check(channel: Channel, data: SetupInput, *, has_secret: bool) -> None:
    errors = []
    if data.provider not in PROVIDERS[channel]:
        errors.append(FieldError("provider", _("This provider does not serve this channel.")))
    errors += [FieldError(name, _("Please fill this in.")) for name in NEEDED.get(data.provider, ()) if not getattr(data, name)]
    if data.provider in SECRET_NEEDED and not has_secret:
        errors.append(FieldError("secret", _("Please fill this in.")))
    errors += [*_wrong_addresses(data), *_wrong_values(data)]
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def _wrong_addresses(data: SetupInput) -> list[FieldError]:
    errors = []
    if data.host and not _HOST.fullmatch(data.host.strip().lower()):
        errors.append(FieldError("host", _("Enter the name of a server, for example smtp.example.com.")))
    if data.url and not data.url.startswith(("https://", "http://")):
        errors.append(FieldError("url", _("Enter an address that begins with https://.")))
    message = _("Please enter an e-mail address, for example name@example.com.")
    given = {name: getattr(data, name).strip() for name in ("sender_address", "reply_to")}
    errors += [FieldError(name, message) for name, value in given.items() if value and address_key(Channel.EMAIL, value) is None]
    return errors


def _wrong_values(data: SetupInput) -> list[FieldError]:
    errors = []
    if data.port is not None and data.port not in SMTP_PORTS and data.provider is Provider.SMTP and not 1024 <= data.port <= 65535:
        errors.append(FieldError("port", _("Mail servers listen at port 25, 465, 587 or 2525, or above 1023.")))
    if not data.sender_name.isprintable():
        errors.append(FieldError("sender_name", _("Leave out line breaks and control characters.")))
    if not all(part.strip().isdecimal() for part in data.countries.split(",")):
        errors.append(FieldError("countries", _("Enter country codes with commas between them, for example 86,852.")))
    message = _("Enter a time of day, for example 21:00.")
    errors += [FieldError(name, message) for name in ("quiet_from", "quiet_to") if minutes(getattr(data, name)) is None]
    return errors


def _place(tenant: Tenant, channel: Channel) -> str:
    return f"{tenant.id}:{channel.value}"
