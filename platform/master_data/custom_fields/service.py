"""A company's own fields: what they are, and which values a record may have in them."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from identity.audit import record
from kernel.errors import Conflict, FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.custom_fields.model import CustomField, CustomKind
from vertical.statements import run

FIELDS_MAX = 100
TEXT_MAX = 500
_TICKED = frozenset(("true", "1", "yes", "x", "是", "√", "✓"))
_READ = ("id", "stem", "code", "label", "kind", "options", "required", "only_once", "shown_if", "position", "version")
_OWN = f"""
    SELECT {", ".join(_READ)} FROM master_custom_field WHERE stem = $1 AND active ORDER BY position, label LIMIT $2
"""  # noqa: S608 - names of columns
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


class CustomFieldNotFound(NotFound):
    code = "custom_field_not_found"


class CustomFieldExists(Conflict):
    code = "custom_field_exists"


async def own_fields(work: Work, stem: str) -> Sequence[CustomField]:
    """The company's own fields of one kind of record, in their order; looked up once in each unit of work."""
    known: dict[str, Sequence[CustomField]] = work.session.info.setdefault("custom_fields", {})
    if stem not in known:
        # Asked for before each record is written, and of most companies for nothing: worth a statement without an object around it.
        known[stem] = [_field(row) for row in await run(work, _OWN, [stem, FIELDS_MAX])]
    return known[stem]


def _field(row: Mapping[str, Any]) -> CustomField:
    """A definition to read; who changes one takes it from the session."""
    made = {name: row[name] for name in _READ}
    for name in ("options", "shown_if"):
        made[name] = msgspec.json.decode(made[name]) if isinstance(made[name], str) else made[name]
    return CustomField(**made | {"id": UUID(int=row["id"].int), "kind": CustomKind(row["kind"]), "active": True})


async def add_field(work: Work, stem: str, values: Mapping[str, Any]) -> CustomField:
    """A field of the company's own.

    Raises:
        Invalid: a value is wrong; names it.
        CustomFieldExists: the code is taken.
    """
    field = CustomField(stem=stem, **_checked(values))
    if field.shown_if:
        field.shown_if = _condition(field.shown_if, await own_fields(work, stem))
    taken = select(CustomField.id).where(CustomField.stem == stem, CustomField.code == field.code)
    if await work.session.scalar(taken):
        raise CustomFieldExists(_("There is a field %(code)s already.", code=field.code), field="code")
    if len(await own_fields(work, stem)) >= FIELDS_MAX:
        raise Invalid(_("At most %(most)s fields of one kind.", most=FIELDS_MAX), field="code")
    work.session.add(field)
    await work.session.flush()
    work.session.info.pop("custom_fields", None)
    await record(work, "custom_field.added", f"custom_field:{field.id}", name=field.label, after=_facts(field))
    return field


def _condition(condition: Mapping[str, Any], fields: Sequence[CustomField]) -> dict[str, Any]:
    """A condition on a field that is there; a box that is ticked is ``true``, however it was put.

    Raises:
        Invalid: there is no such field.
    """
    other = next((field for field in fields if field.code == condition["field"]), None)
    if other is None:
        raise Invalid(_("There is no field %(field)s.", field=condition["field"]), field="shown_if")
    value = str(condition["value"]).strip()
    if other.kind == CustomKind.CHECK and value.casefold() in _TICKED:
        value = "true"
    return {"field": other.code, "value": value}


async def remove_field(work: Work, stem: str, field_id: UUID) -> None:
    """Take a field out of use.  Values that records have in it stay with them, and come back with a field of the same code.

    Raises:
        CustomFieldNotFound: there is none.
    """
    field = await work.session.get(CustomField, field_id)
    if field is None or field.stem != stem:
        raise CustomFieldNotFound(_("There is no such field."))
    facts, label = _facts(field), field.label
    await work.session.delete(field)
    await work.session.flush()
    work.session.info.pop("custom_fields", None)
    await record(work, "custom_field.removed", f"custom_field:{field_id}", name=label, before=facts)


def clean_values(fields: Sequence[CustomField], given: Mapping[str, Any], *, complete: bool = True) -> dict[str, Any]:
    """``given`` as JSON holds it, without empty values and without fields that are not asked for.

    Raises:
        Invalid: names each field, ``custom.level``.
    """
    by_code = {field.code: field for field in fields}
    clean: dict[str, Any] = {}
    errors = [FieldError(f"custom.{code}", _("There is no field %(field)s.", field=code)) for code in given if code not in by_code]
    for code, field in by_code.items():
        try:
            if (value := _value(field, given.get(code))) is not None:
                clean[code] = value
        except Invalid as error:
            errors += error.errors
    asked = {code for code, field in by_code.items() if _asked(field, clean)}
    for code in asked:
        if complete and by_code[code].required and code not in clean and not any(e.field == f"custom.{code}" for e in errors):
            errors.append(FieldError(f"custom.{code}", _("Please fill in %(label)s.", label=by_code[code].label)))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return {code: value for code, value in clean.items() if code in asked}


async def taken_values(
    work: Work, model: Any, fields: Sequence[CustomField], rows: Sequence[tuple[UUID | None, Mapping[str, Any]]]
) -> list[tuple[int, str, str]]:
    """Values that may stand only once and stand elsewhere: the place in ``rows``, the field, and why.

    Takes a lock for each such field, so that two cannot write the same value at once.
    """
    found: list[tuple[int, str, str]] = []
    for field in fields:
        wanted = {str(custom[field.code]) for _id, custom in rows if field.code in custom} if field.only_once else set()
        if not wanted:
            continue
        await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{work.tenant.schema}.{field.stem}.{field.code}"))))
        value = model.custom[field.code].astext
        there = await work.session.execute(select(value, model.id).where(value.in_(wanted), model.present()))
        owners = {row[0]: row[1] for row in there}
        seen: set[str] = set()
        for place, (record_id, custom) in enumerate(rows):
            text = str(custom.get(field.code, ""))
            if text and (text in seen or owners.get(text, record_id) != record_id):
                message = _("%(label)s %(value)s is taken; choose another.", label=field.label, value=text)
                found.append((place, f"custom.{field.code}", message))
            seen.add(text)
    return found


def _asked(field: CustomField, values: Mapping[str, Any]) -> bool:
    condition = field.shown_if
    return condition is None or _plain(values.get(condition["field"], "")) == _plain(condition["value"])


def _plain(value: Any) -> str:
    """A value as a form compares it: ``static/js/shown.js`` does the same while one types."""
    return str(value).strip().casefold()


def _value(field: CustomField, given: Any) -> Any:
    """One value as JSON holds it: numbers and dates as text, so that no digit is lost."""
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    name = f"custom.{field.code}"
    if field.kind == CustomKind.CHECK:
        return True if given in (True, "true") else None
    text = given.isoformat() if isinstance(given, date) else str(given).replace("\x00", "").strip()
    if field.kind in (CustomKind.NUMBER, CustomKind.MONEY):
        return _number(field, name, text)
    if field.kind == CustomKind.DATE:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise Invalid(_("%(label)s is a date such as 2026-11-23.", label=field.label), field=name) from None
    if field.kind == CustomKind.CHOICE and text not in field.options:
        raise Invalid(_("%(label)s: choose one of %(options)s.", label=field.label, options=_(", ").join(field.options)), field=name)
    if len(text) > TEXT_MAX:
        raise Invalid(_("At most %(most)s characters.", most=TEXT_MAX), field=name)
    return text


def _number(field: CustomField, name: str, text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Invalid(_("%(label)s is a number.", label=field.label), field=name) from None
    digits = 2 if field.kind == CustomKind.MONEY else 6
    if not number.is_finite() or abs(number) >= Decimal(10) ** 14 or number != round(number, digits):
        raise Invalid(_("%(label)s is too large or has too many decimals.", label=field.label), field=name)
    return format(number, "f")


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    code, label, kind = str(values["code"]).strip(), " ".join(str(values["label"]).split()), CustomKind(values["kind"])
    options = list(dict.fromkeys(clean for option in values.get("options", ()) if (clean := " ".join(str(option).split()))))
    if not _CODE.fullmatch(code):
        raise Invalid(_("A code has small letters, digits and underscores, and begins with a letter."), field="code")
    if not label or len(label) > 60:
        raise Invalid(_("Enter a name of at most %(most)s characters.", most=60), field="label")
    if kind == CustomKind.CHOICE and not options:
        raise Invalid(_("Give at least one option to choose from."), field="options")
    if values.get("only_once") and kind == CustomKind.CHECK:
        raise Invalid(_("A box to tick cannot be different in every record."), field="only_once")
    condition = values.get("shown_if")
    if condition and condition["field"] == code:
        raise Invalid(_("A field cannot depend on itself."), field="shown_if")
    return {
        "code": code,
        "label": label,
        "kind": kind,
        "options": options if kind == CustomKind.CHOICE else [],
        "required": bool(values.get("required")),
        "only_once": bool(values.get("only_once")),
        "shown_if": condition or None,
        "position": int(values.get("position", 100)),
    }


def _facts(field: CustomField) -> dict[str, Any]:
    return {
        "stem": field.stem,
        "code": field.code,
        "label": field.label,
        "kind": field.kind.value,
        "options": list(field.options),
        "required": field.required,
        "only_once": field.only_once,
        "shown_if": field.shown_if,
    }
