"""What page and API of the audit log are asked for, read once for both."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

from litestar import Response

from identity.audit.model import AuditEntry
from identity.audit.service import EXPORT_MAX, AuditFilter, AuditPage, read_entries
from identity.audit.words import action_words, differences, kind_words
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.sheets import as_file
from kernel.work import Work

TEXT_MAX = 200
YEARS = range(1990, 2200)


def wanted(*, who: str = "", action: str = "", object_: str = "", since: str = "", until: str = "") -> AuditFilter:
    """Raises:
    Invalid: a day is none.
    """
    texts = [text.strip()[:TEXT_MAX] for text in (who, action, object_)]
    return AuditFilter(who=texts[0], action=texts[1], object_=texts[2], since=_day(since, "since"), until=_day(until, "until"))


def cursor(page: AuditPage) -> str | None:
    """How an address names where the next page goes on."""
    return f"{page.next_before[0].isoformat()}~{page.next_before[1]}" if page.next_before else None


def position(text: str) -> tuple[datetime, UUID] | None:
    """Where a page goes on; None for no text, or for one that was edited."""
    at, _separator, entry_id = text.replace(" ", "+").partition("~")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(entry_id)) if moment.tzinfo else None
    except ValueError:
        return None


async def file_of(work: Work, filtered: AuditFilter, form: str) -> Response[bytes]:
    """The entries as a CSV or XLSX file, the latest first.

    Raises:
        NotFound: ``form`` is neither csv nor xlsx.
    """
    header = [
        _("When"),
        _("Who"),
        _("What"),
        _("Action"),
        _("To what"),
        _("Name"),
        _("Object"),
        _("Change"),
        _("Network address"),
        _("Request"),
    ]
    found = await read_entries(work, filtered, limit=EXPORT_MAX)
    return as_file("audit-log", header, _rows(found.entries), form)


def _rows(entries: Sequence[AuditEntry]) -> Iterator[Sequence[str]]:
    for entry in entries:
        changed = "; ".join(f"{d.field}: {d.before or '-'} → {d.after or '-'}" for d in differences(entry.before, entry.after))
        yield (
            entry.at.isoformat(timespec="seconds"), entry.actor_name, action_words(entry.action), entry.action, kind_words(entry.object),
            entry.object_name or "", entry.object, changed, entry.ip, entry.request_id,
        )  # fmt: skip


def _day(text: str, field: str) -> date | None:
    text = text.strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise Invalid(_("%(text)s is no day; write it as 2026-11-30.", text=text), field=field)
    return day
