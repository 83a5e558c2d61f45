"""Finds reports, reads what is asked of them, and runs them where they can do no harm."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog

from kernel.errors import DomainError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.reading import reading_only
from kernel.web import by_field
from kernel.work import Work
from tenancy.catalog import Catalog
from vertical import Report, ReportTable
from webapp import structs

log = structlog.get_logger(__name__)

RUN = "run"
"""Parameter of an address that comes from the form, where a box that is not ticked is absent."""


class ReportNotFound(NotFound):
    code = "report_not_found"


class ReportFailed(DomainError):
    """The report raised, or answered something else than a table."""

    status_code, code = 500, "report_failed"


@dataclass(frozen=True)
class Entry:
    """A report with the package that gave it."""

    package: str
    source: str
    report: Report

    @property
    def title(self) -> str:
        return _(self.report.title)

    @property
    def summary(self) -> str:
        return _(self.report.summary) if self.report.summary else ""

    @property
    def key(self) -> str:
        """Its part of the address."""
        return self.report.key.removeprefix(f"{self.package}.")

    @property
    def view_name(self) -> str:
        """Under which its kept views stand."""
        return f"report:{self.report.key}"[:80]

    @property
    def path(self) -> str:
        return f"/reports/{self.package}/{self.key}"


@dataclass(frozen=True)
class Request:
    """What is asked of a report.  ``parameters`` is what it gets; ``ready`` says that it can run."""

    controls: list[dict[str, Any]]
    errors: dict[str, str]
    parameters: Any
    ready: bool


def reports_for(work: Work, catalog: Catalog) -> list[Entry]:
    """The reports of the cores and of the company's apps that the actor may run, in load order."""
    given = ((c.vertical, c.item) for c in work.contributions("reports") if work.actor.may(c.item.permission))
    return [Entry(package, _(catalog.manifests[package].title), report) for package, report in given]


def find_report(work: Work, catalog: Catalog, package: str, key: str) -> Entry:
    """One report.

    Raises:
        ReportNotFound: there is none, or its app is not switched on.
        Forbidden: the actor may not run it.
    """
    for given in work.contributions("reports"):
        entry = Entry(given.vertical, _(catalog.manifests[given.vertical].title), given.item)
        if (entry.package, entry.key) == (package, key):
            work.require(entry.report.permission)
            return entry
    raise ReportNotFound(_("There is no such report."))


def read_request(report: Report, query: Mapping[str, str]) -> Request:
    """The parameters in an address: those that are absent have their defaults, and a wrong one is told beside its field."""
    schema = report.parameters
    if schema is None:
        return Request([], {}, None, ready=True)
    start = structs.defaults(schema)
    form: dict[str, str] = {}
    for control in structs.controls(schema, start):
        name = control["name"]
        form[name] = query.get(name, "" if RUN in query and control["kind"] == "check" else control["value"])
    controls = structs.controls(schema, form)
    if RUN not in query and any(each.required and each.name not in query for each in structs.fields_of(schema)):
        return Request(controls, {}, None, ready=False)
    try:
        return Request(controls, {}, structs.parse_form(schema, form, kept=start), ready=True)
    except Invalid as error:
        return Request(controls, by_field(error.errors), None, ready=False)


def query_of(report: Report, given: Mapping[str, Any]) -> str:
    """The part of a query or of a form that the report asks for, as a query string."""
    names = [each.name for each in structs.fields_of(report.parameters)] if report.parameters else []
    return urlencode([(RUN, "1"), *((name, str(given[name])) for name in names if given.get(name) not in (None, ""))])


async def run_report(work: Work, entry: Entry, parameters: msgspec.Struct | None) -> ReportTable:
    """The report's table.  It may only read; whatever it did to the transaction is undone.

    Raises:
        ReportFailed: it raised something unexpected, or answered no table.
        DomainError: it refused, in words of its own.
    """
    try:
        async with reading_only(work):
            table = await entry.report.run(work, parameters)
        if not isinstance(table, ReportTable):
            raise TypeError(f"report {entry.report.key} answered {type(table).__name__}, not a ReportTable")
    except DomainError:
        raise
    except Exception as error:
        log.exception("a report failed", vertical=entry.package, report=entry.report.key)
        raise ReportFailed(
            _("This report cannot be drawn now. Try again later; if it stays so, tell whoever runs the platform.")
        ) from error
    return table
