"""Rows of a file into records, new ones and changes: all of them, or none and a reason for every row that is wrong."""

import asyncio
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import CustomField, Filed, Import, check_filed, clean_values, keep_filed, note_import, own_fields, taken_values
from vertical import Candidate, Resource, RowProblem
from vertical.bulk import insert_records, update_records
from vertical.changes import owners_told
from vertical.columns import label_of
from vertical.records import VersionConflict, defaults, find_problems, prepare, rules_of
from webapp.resource import csv, xlsx
from webapp.resource.fields import Field, fields_of, words_in_all_languages
from webapp.resource.giving import tell_of_import
from webapp.resource.known import Known, records_by
from webapp.resource.limits import work_rights, writable_fields
from webapp.resource.links import behind, find
from webapp.resource.own import own_of
from webapp.resource.papers import paper_fields, read_paper, taken_apart
from webapp.resource.schemas import RowError
from webapp.resource.table import FILE_BYTES_MAX, FileRefused, Sheet

BREATH_ROWS = 500


@dataclass(frozen=True)
class Trial:
    """What an import would do; it can when there are no ``errors``.  ``doubts`` are for a person to look at.

    ``key`` is the field by which rows mean records that are there; ``same`` are rows that change nothing.  ``papers`` are numbers of
    identity papers, each with the place of its new person among ``creates`` where it is not there yet.
    """

    sheet: Sheet
    mapping: Mapping[int, str]
    key: str = ""
    creates: Sequence[Mapping[str, Any]] = ()
    changes: Sequence[tuple[Known, Mapping[str, Any]]] = ()
    same: int = 0
    papers: Sequence[tuple[int | None, Filed]] = ()
    errors: Sequence[RowError] = ()
    doubts: Sequence[RowError] = ()

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
        for word in {field.name, field.label, *words_in_all_languages(label), *field.column.info.get("words", ())}:
            known[_bare(word)] = field.name
    mapping: dict[int, str] = {}
    for position, cell in enumerate(header):
        name = known.get(_bare(cell))
        if name and name not in mapping.values():
            mapping[position] = name
    return mapping


async def offered_fields(work: Work, resource: Resource) -> list[Field]:
    """What a column of a file may be for who imports: the fields that they may write, and numbers of papers."""
    given = writable_fields(resource, await work_rights(work, resource))
    return [*given, *await own_of(work, resource), *paper_fields(work, resource)]


@dataclass
class _Reading:
    """What reading the rows has found so far."""

    creates: list[Candidate] = dataclasses.field(default_factory=list)
    changes: list[tuple[Candidate, Known]] = dataclasses.field(default_factory=list)
    errors: list[RowError] = dataclasses.field(default_factory=list)
    same: int = 0
    papers: list[tuple[int | None, Filed]] = dataclasses.field(default_factory=list)


def keys_of(resource: Resource, fields: Iterable[Field]) -> list[Field]:
    """The keys among ``fields``: by which an import may find the record that a row means."""
    return [field for field in fields if field.name in resource.keys]


async def try_import(work: Work, resource: Resource, sheet: Sheet, mapping: Mapping[int, str], key: str = "") -> Trial:
    """Check every row of ``sheet`` and write nothing.

    With ``key``, a field that is mapped, a row whose value a record has means that record: it gets the filled cells of the
    row, and keeps its other fields.  Every other row is a new record.
    """
    own = await own_of(work, resource)
    fields = {field.name: field for field in (*fields_of(resource, "form"), *own, *paper_fields(work, resource))}
    chosen = [(position, fields[name]) for position, name in mapping.items() if name in fields]
    if refusal := _incomplete(resource, fields, mapping, key):
        return Trial(sheet, mapping, key, errors=[RowError(row=1, field="", message=refusal)])
    found = {
        field.name: await find(work, target, (row[position] for row in sheet.rows))
        for position, field in chosen
        if field.kind == "reference" and (target := behind(field)) is not None
    }
    read = [_values(row, chosen, found) for row in sheet.rows]
    known: Mapping[Any, list[Known]] = {}
    if key:
        known = await records_by(work, resource, key, (_key(resource, key, values) for values, _wrong in read))
    definitions = await own_fields(work, resource.permission) if own else ()
    reading = await _read_rows(resource, sheet, read, key, known, definitions if own else None)
    every = [*reading.creates, *(candidate for candidate, _known in reading.changes)]
    changed = [*(c.values for c in reading.creates), *(there.changed(c.values) for c, there in reading.changes)]
    problems = await find_problems(work, resource, every, changed=changed)
    if own:
        taken = await taken_values(work, resource.model, definitions, [(c.id, c.values.get("custom") or {}) for c in every])
        problems += [RowProblem(position=every[place].position, field=name, message=message) for place, name, message in taken]
    problems += await check_filed(work, [filed for _place, filed in reading.papers])
    doubts = () if problems or reading.errors else await rules_of(resource).doubts(work, every)
    return Trial(
        sheet,
        mapping,
        key,
        creates=[c.values for c in reading.creates],
        changes=[(there, there.changed(c.values)) for c, there in reading.changes],
        same=reading.same,
        papers=reading.papers,
        errors=sorted([*reading.errors, *_told(sheet, problems)], key=lambda error: error.row),
        doubts=sorted(_told(sheet, doubts), key=lambda error: error.row),
    )


async def _read_rows(
    resource: Resource,
    sheet: Sheet,
    read: Sequence[tuple[dict[str, Any], list[tuple[str, str]]]],
    key: str,
    known: Mapping[Any, Sequence[Known]],
    definitions: Sequence[CustomField] | None,
) -> _Reading:
    """Each row as a new record, a change, or what is wrong with it."""
    reading, start = _Reading(), defaults(resource)
    seen: dict[Any, int] = {}
    for position, (values, wrong) in enumerate(read):
        if position % BREATH_ROWS == 0:
            await asyncio.sleep(0)  # others are served meanwhile
        there, number = None, sheet.numbers[position]
        try:
            if not wrong and key and (value := _key(resource, key, values)) is not None:
                _once(resource, key, value, seen, number)
                there = _meant(resource, key, value, known.get(value, ()))
            if not wrong:
                plain, custom, paper = taken_apart(values)
                whole = {name: there.values[name] for name in resource.form} if there else start
                prepared = prepare(resource, plain, rest=whole)
                if definitions is not None:
                    prepared["custom"] = _own_values(definitions, there, custom)
                candidate = Candidate(position=position, id=there.id if there else None, values=prepared)
                if (filed := read_paper(position, paper, prepared, candidate.id)) is not None:
                    reading.papers.append((None if there else len(reading.creates), filed))
                if there is None:
                    reading.creates.append(candidate)
                elif there.changed(prepared):
                    reading.changes.append((candidate, there))
                else:
                    reading.same += 1
        except DomainError as error:
            said = [(e.field, e.message) for e in error.errors] or [("", error.message)]
            reading.errors += [RowError(row=number, field=name, message=message) for name, message in said]
        reading.errors += [RowError(row=number, field=name, message=message) for name, message in wrong]
    return reading


def _own_values(definitions: Sequence[CustomField], there: Known | None, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The company's own values as they will be: those of fields out of use stay, and those that the row does not name."""
    before = (there.values.get("custom") or {}) if there else {}
    codes = {each.code for each in definitions}
    kept = {code: value for code, value in before.items() if code not in codes}
    return {**kept, **clean_values(definitions, {**{c: v for c, v in before.items() if c in codes}, **given})} or None


async def apply(work: Work, resource: Resource, trial: Trial, *, file_name: str) -> Import:
    """Write all rows of a trial without errors, and keep what it takes to undo that.

    Raises:
        FileRefused: there are errors; nothing was written.
        VersionConflict: somebody changed one of the records meanwhile; nothing was written.
    """
    if trial.errors:
        raise FileRefused(_("%(count)s rows have errors, so nothing was imported.", count=len(trial.by_row)), field="file")
    written = [there.change(resource, changed) for there, changed in trial.changes]
    with owners_told(work.session):
        changed = await update_records(work, resource, [change for change, _before in written])
        if len(changed) < len(written):
            raise VersionConflict(_("Somebody changed one of these records meanwhile, so nothing was imported; check again."))
        created = await insert_records(work, resource, trial.creates)
    filed = [dataclasses.replace(each, party_id=created[place]) if place is not None else each for place, each in trial.papers]
    done = await note_import(
        work,
        resource,
        file_name=file_name,
        key=trial.key,
        created=created,
        before=[before for _change, before in written],
        same=trial.same,
        papers=await keep_filed(work, filed),
    )
    await tell_of_import(work, resource, done)
    return done


def _incomplete(resource: Resource, fields: Mapping[str, Field], mapping: Mapping[int, str], key: str) -> str | None:
    """What is missing before any row can be read."""
    if key and (key not in resource.keys or key not in mapping.values()):
        return _("Choose a column for the field by which records are found, or import new ones only.")
    missing = [f.label for f in fields.values() if f.required and f.name not in mapping.values()]
    if missing and not key:
        return _("These fields are required and have no column yet: %(fields)s.", fields=_(", ").join(missing))
    return None


def _key(resource: Resource, key: str, values: Mapping[str, Any]) -> Any:
    value = values.get(key)
    return None if value is None else rules_of(resource).key(key, value)


def _once(resource: Resource, key: str, value: Any, seen: dict[Any, int], number: int) -> None:
    if value in seen:
        label = label_of(key, resource.column(key))
        raise Invalid(_("%(label)s %(value)s stands in row %(row)s already.", label=label, value=value, row=seen[value]), field=key)
    seen[value] = number


def _meant(resource: Resource, key: str, value: Any, there: Sequence[Known]) -> Known | None:
    """The record that a row means.

    Raises:
        Invalid: there are several, or it is not the actor's to change.
    """
    if len(there) > 1:
        label = label_of(key, resource.column(key))
        raise Invalid(_("%(count)s records have the %(label)s %(value)s.", count=len(there), label=label, value=value), field=key)
    if there and not there[0].editable:
        raise Invalid(_("You may see this record but not change it; ask the person in charge."), field=key)
    return there[0] if there else None


def _told(sheet: Sheet, problems: Iterable[RowProblem]) -> list[RowError]:
    return [RowError(row=sheet.numbers[p.position], field=p.field, message=p.message) for p in problems]


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
