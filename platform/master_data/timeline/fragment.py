"""The card that shows a record's timeline and takes an entry in a few taps, for the page of any kind of record."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.orm import detached
from kernel.work import Work
from master_data.timeline.model import Activity, ActivityKind
from master_data.timeline.service import PAGE_ROWS, add_activity, timeline_of
from master_data.timeline.words import ICONS, kind_options, label_of_kind

TIMELINE = "master_data/timeline.html"


async def timeline_context(work: Work, row: Any, stem: str, base: str, *, before: str = "") -> dict[str, Any]:
    """What the card needs; ``base`` is the record's page, ``before`` the place of the entry above."""
    found = detached(work.session, await timeline_of(work, row, stem, before=place_of(before)))
    shown = found[:PAGE_ROWS]
    last = shown[-1] if len(found) > PAGE_ROWS else None
    return {
        "base": base,
        "entries": [(entry, label_of_kind(entry.kind), ICONS[entry.kind], entry.author_id == work.actor.id) for entry in shown],
        "kinds": kind_options(),
        "more": place(last) if last else "",
        "whole": not before,
        "values": {"kind": ActivityKind.CALL.value},
    }


async def add_from_form(work: Work, row: Any, stem: str, form: Mapping[str, Any]) -> Activity:
    """The entry that the card's form says.

    Raises:
        Invalid: names the field.
    """
    kind = str(form.get("kind", ""))
    if kind not in set(ActivityKind):
        raise Invalid(_("Choose how you were in touch."), field="kind")
    return await add_activity(
        work,
        row,
        stem,
        kind=ActivityKind(kind),
        body=str(form.get("body", "")),
        next_contact_on=_day(str(form.get("next_contact_on", ""))),
        private=form.get("private") == "1",
    )


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
