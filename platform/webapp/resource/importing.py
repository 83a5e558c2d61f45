"""Rows of a file into records: all of them, or none and a reason for every row that is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import clean_values, own_fields, taken_values
from vertical import Candidate, Resource, RowProblem
from vertical.records import defaults, find_problems, insert_records, prepare
from webapp.resource import csv, xlsx
from webapp.resource.fields import Field, fields_of, words_in_all_languages
from webapp.resource.links import behind, find
from webapp.resource.own import gathered, own_of
from webapp.resource.schemas import RowError
from webapp.resource.table import FILE_BYTES_MAX, FileRefused, Sheet


@dataclass(frozen=True)
class Trial:
    """What an import would do.  ``rows`` are prepared and can be written when there are no ``errors``."""

    sheet: Sheet
    mapping: Mapping[int, str]
    rows: Sequence[Mapping[str, Any]]
    errors: Sequence[RowError]

    @property
    def by_row(self) -> dict[int, list[RowError]]:
        """Errors by the row's number in the file."""
        found: dict[int, list[RowError]] = {}
        for error in self.errors:
            found.setdefault(error.row, []).append(error)
        return found


def read_sheet(content: bytes) -> Sheet:
    """The table in an uploaded file, CSV or XLSX by its content, not by its name.

    Raises:
        FileRefused: it is too large or cannot be read; the message says what to do.
    """
    if len(content) > FILE_BYTES_MAX:
        most = FILE_BYTES_MAX // (1024 * 1024)
        raise FileRefused(_("The file is larger than %(most)s MB; split it.", most=most), field="file")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused(_("This is a workbook of the old XLS format. Save it as XLSX."), field="file")
    return xlsx.read(content) if xlsx.is_workbook(content) else csv.read(content)


def guess_mapping(fields: Iterable[Field], header: Sequence[str]) -> dict[int, str]:
    """Columns of a file to ``fields``, by name or by label in any language."""
    known: dict[str, str] = {}
    for field in fields:
        label = field.column.info.get("label", field.name)
        for word in {field.name, field.label, *words_in_all_languages(label)}:
            known[_bare(word)] = field.name
    mapping: dict[int, str] = {}
    for position, cell in enumerate(header):
        name = known.get(_bare(cell))
        if name and name not in mapping.values():
            mapping[position] = name
    return mapping


async def try_import(work: Work, resource: Resource, sheet: Sheet, mapping: Mapping[int, str]) -> Trial:
    """Check every row of ``sheet`` and write nothing."""
    own = await own_of(work, resource)
    fields = {field.name: field for field in (*fields_of(resource, "form"), *own)}
    chosen = [(position, fields[name]) for position, name in mapping.items()]
    if missing := [f.label for f in fields.values() if f.required and f.name not in mapping.values()]:
        message = _("These fields are required and have no column yet: %(fields)s.", fields=", ".join(missing))
        return Trial(sheet, mapping, [], [RowError(row=1, field="", message=message)])
    found = {
        field.name: await find(work, target, (row[position] for row in sheet.rows))
        for position, field in chosen
        if field.kind == "reference" and (target := behind(field)) is not None
    }
    errors: list[RowError] = []
    candidates: list[Candidate] = []
    start = defaults(resource)
    definitions = await own_fields(work, resource.permission) if own else ()
    for position, row in enumerate(sheet.rows):
        values, wrong = _values(row, chosen, found)
        if not wrong:
            try:
                plain, custom = gathered(values)
                prepared = prepare(resource, start | plain)
                if own:
                    prepared["custom"] = clean_values(definitions, custom)
                candidates.append(Candidate(position=position, id=None, values=prepared))
                continue
            except Invalid as error:
                wrong = [(e.field, e.message) for e in error.errors] or [("", error.message)]
        errors += [RowError(row=sheet.numbers[position], field=field, message=message) for field, message in wrong]
    problems = await find_problems(work, resource, candidates)
    if own:
        taken = await taken_values(work, resource.model, definitions, [(None, c.values["custom"]) for c in candidates])
        problems += [RowProblem(position=candidates[place].position, field=name, message=message) for place, name, message in taken]
    errors += [RowError(row=sheet.numbers[p.position], field=p.field, message=p.message) for p in problems]
    return Trial(sheet, mapping, [c.values for c in candidates], sorted(errors, key=lambda error: error.row))


async def apply(work: Work, resource: Resource, trial: Trial) -> int:
    """Write all rows of a trial without errors.

    Raises:
        FileRefused: there are errors; nothing was written.
    """
    if trial.errors:
        raise FileRefused(_("%(count)s rows have errors, so nothing was imported.", count=len(trial.by_row)), field="file")
    return len(await insert_records(work, resource, trial.rows))


def _values(
    row: Sequence[str], chosen: Sequence[tuple[int, Field]], found: Mapping[str, Mapping[str, UUID]]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Values of one row, without the empty cells, and what is wrong with it."""
    values: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for position, field in chosen:
        text = row[position].strip()
        if not text:
            continue
        if field.name in found and text in found[field.name]:
            values[field.name] = found[field.name][text]
            continue
        try:
            values[field.name] = field.parse(text)
        except Invalid as error:
            message = _("%(label)s: nothing is called “%(text)s”.", label=field.label, text=text) if field.name in found else error.message
            wrong.append((field.name, message))
    return values, wrong


def _bare(word: str) -> str:
    return "".join(word.casefold().replace("*", "").split()).replace("_", "")
