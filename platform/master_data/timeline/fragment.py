"""The card that shows a record's timeline and takes an entry in a few taps, for the page of any kind of record."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from litestar.datastructures import FormMultiDict, UploadFile

from kernel.errors import DomainError, Invalid
from kernel.files import Upload
from kernel.i18n import gettext as _
from kernel.orm import detached
from kernel.work import Work
from master_data.timeline.files import add_files, files_of
from master_data.timeline.model import Activity, ActivityKind
from master_data.timeline.service import PAGE_ROWS, Where, add_activity, timeline_of
from master_data.timeline.words import ICONS, kind_options, label_of_kind

TIMELINE = "master_data/timeline.html"


async def timeline_context(work: Work, row: Any, stem: str, base: str, *, before: str = "") -> dict[str, Any]:
    """What the card needs; ``base`` is the record's page, ``before`` the place of the entry above."""
    found = detached(work.session, await timeline_of(work, row, stem, before=place_of(before)))
    shown = found[:PAGE_ROWS]
    last = shown[-1] if len(found) > PAGE_ROWS else None
    return {
        "base": base,
        "files": await files_of(work, [entry.id for entry in shown]),
        "entries": [(entry, label_of_kind(entry.kind), ICONS[entry.kind], entry.author_id == work.actor.id) for entry in shown],
        "kinds": kind_options(),
        "more": place(last) if last else "",
        "whole": not before,
        "values": {"kind": ActivityKind.CALL.value},
    }


async def add_from_form(work: Work, row: Any, stem: str, form: FormMultiDict, *, at: datetime | None = None) -> Activity:
    """The entry that the card's form says, with the files that were chosen.

    Raises:
        Invalid: names the field.
        TooManyFiles
    """
    kind = str(form.get("kind", ""))
    if kind not in set(ActivityKind):
        raise Invalid(_("Choose how you were in touch."), field="kind")
    entry = await add_activity(
        work,
        row,
        stem,
        kind=ActivityKind(kind),
        body=str(form.get("body", "")),
        at=at,
        next_contact_on=_day(str(form.get("next_contact_on", ""))),
        private=form.get("private") == "1",
        where=_where(form),
    )
    if uploads := await _uploads(form):
        await add_files(work, entry, uploads, keep_location=form.get("keep_location") == "1")
    return entry


def typed(form: FormMultiDict) -> dict[str, str]:
    """What was typed, to draw the form again; files that were chosen are gone then, as browsers want it."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


def told(error: DomainError, form: FormMultiDict) -> Invalid:
    """The refusal, which reminds of choosing the files again."""
    chosen = any(isinstance(value, UploadFile) and value.filename for value in form.getall("files", []))
    message = f"{error.message} {_('Choose the files again before you save.')}" if chosen else error.message
    return Invalid(message, field=error.errors[0].field if error.errors else "")


async def _uploads(form: FormMultiDict) -> list[Upload]:
    sent = [value for value in form.getall("files", []) if isinstance(value, UploadFile) and value.filename]
    return [Upload(value.filename, await value.read()) for value in sent]


def _where(form: FormMultiDict) -> Where:
    try:
        latitude, longitude = (Decimal(text) if (text := str(form.get(name, "")).strip()) else None for name in ("latitude", "longitude"))
    except InvalidOperation:
        latitude, longitude = Decimal("NaN"), None
    return Where(place=str(form.get("place", "")), latitude=latitude, longitude=longitude)


def place(entry: Activity) -> str:
    """Where the next page goes on."""
    return f"{entry.at.isoformat()}~{entry.id}"


def place_of(text: str) -> tuple[datetime, UUID] | None:
    """As ``place`` wrote it; an address that somebody edited starts at the beginning."""
    at, _separator, entry_id = text.replace(" ", "+").partition("~")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(entry_id)) if moment.tzinfo else None
    except ValueError:
        return None


def _day(text: str) -> date | None:
    text = text.strip().replace("/", "-")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(_("Enter a date such as 2026-11-23."), field="next_contact_on") from None
