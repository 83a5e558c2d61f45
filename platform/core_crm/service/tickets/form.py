"""The forms of tickets: texts in, values out, and messages beside what is wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar.datastructures import FormMultiDict, UploadFile

from core_crm.service.tickets.model import Priority, Ticket, TicketChannel
from core_crm.service.tickets.service import TicketChange, TicketInput
from core_crm.service.tickets.thread import FILE_BYTES_MAX, FILES_MAX, Upload
from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.web import id_in

TEXTS = (
    "subject", "text", "channel", "priority", "category_id", "queue_id", "owner_id", "party_id", "party_name", "contact_id",
    "requester_name", "requester_email", "requester_phone", "order_id", "product_id", "product_name", "serial", "version",
)  # fmt: skip
LENGTHS = {"subject": 200, "text": 50_000, "requester_name": 80, "requester_email": 254, "requester_phone": 40, "serial": 80}


def typed(form: Mapping[str, Any]) -> dict[str, str]:
    """What was typed into a ticket's form."""
    return {name: str(form.get(name, "")).strip() for name in TEXTS}


def values_of(ticket: Ticket, *, party: str, product: str) -> dict[str, str]:
    """A ticket as its form shows it."""
    shown = {name: getattr(ticket, name, None) for name in TEXTS if name not in ("text", "party_name", "product_name")}
    values = {name: "" if value is None else str(getattr(value, "value", value)) for name, value in shown.items()}
    return values | {"text": "", "party_name": party, "product_name": product}


def ticket_in(values: Mapping[str, str]) -> TicketInput:
    """The ticket that was typed.

    Raises:
        Invalid
    """
    errors = [FieldError(name, _("Please fill this in.")) for name in ("subject", "text") if not values[name]]
    _refuse(values, errors)
    return TicketInput(
        text=values["text"],
        channel=TicketChannel(values["channel"]) if values["channel"] in set(TicketChannel) else TicketChannel.PHONE,
        priority=Priority(values["priority"]) if values["priority"] in set(Priority) else None,
        owner_id=id_in(values["owner_id"]),
        **_common(values),
    )


def change_in(values: Mapping[str, str]) -> TicketChange:
    """The change that was typed: all fields of the form.

    Raises:
        Invalid
    """
    _refuse(values, [] if values["subject"] else [FieldError("subject", _("Please fill this in."))])
    return TicketChange(
        version=int(values["version"]) if values["version"].isdecimal() else None,
        priority=Priority(values["priority"]) if values["priority"] in set(Priority) else Priority.NORMAL,
        order_id=id_in(values["order_id"]),
        **_common(values),
    )


async def uploads(form: FormMultiDict, name: str = "file") -> Sequence[Upload]:
    """Files of a form; empty fields are none.

    Raises:
        Invalid: too many, or one too large.
    """
    found = [
        Upload(name=file.filename or "file", content=content, media_type=file.content_type or "application/octet-stream")
        for file in form.getall(name, [])
        if isinstance(file, UploadFile) and (content := await file.read(FILE_BYTES_MAX + 1))
    ]
    if len(found) > FILES_MAX:
        raise Invalid(_("At most %(most)s files at once.", most=FILES_MAX), field="file")
    return found


def _common(values: Mapping[str, str]) -> dict[str, Any]:
    ids = ("category_id", "queue_id", "party_id", "contact_id", "product_id")
    return {name: id_in(values[name]) for name in ids} | {
        name: values[name] for name in ("subject", "requester_name", "requester_email", "requester_phone", "serial")
    }


def _refuse(values: Mapping[str, str], errors: list[FieldError]) -> None:
    errors += [FieldError(name, _("At most %(most)s characters.", most=most)) for name, most in LENGTHS.items() if len(values[name]) > most]
    if values["party_name"] and not values["party_id"]:
        errors.append(FieldError("party_id", _("Choose a customer from the list.")))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
