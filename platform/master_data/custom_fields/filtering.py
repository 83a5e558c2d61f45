"""Lists filtered and sorted by a company's own fields.

An address names a field by ``custom.level``: text that it contains, an option, or for numbers and days ``custom.size.from`` and
``custom.size.to``, both ends included.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, Numeric, String, and_, case, cast

from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.custom_fields.model import CustomField, CustomKind
from master_data.custom_fields.service import own_fields

PREFIX = "custom."
RANGED = (CustomKind.NUMBER, CustomKind.MONEY, CustomKind.DATE)
_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"
_TRUE = ("true", "1")


@dataclass(frozen=True, kw_only=True)
class OwnFilter:
    """What a list asks of one of the company's own fields.  ``low`` and ``high`` are of ranges, ``text`` is of the rest."""

    code: str
    kind: CustomKind
    text: str = ""
    low: Decimal | date | None = None
    high: Decimal | date | None = None

    def condition(self, model: Any) -> ColumnElement[bool]:
        """For records of ``model``, which is ``Customised``."""
        value = own_value(model, self.code, self.kind)
        if self.kind == CustomKind.TEXT:
            pattern = self.text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
            found: ColumnElement[bool] = value.ilike(f"%{pattern}%", escape="\\")
            return found
        if self.kind not in RANGED:
            return value == self.text
        ends = [(self.low, value.__ge__), (self.high, value.__le__)]
        return and_(*(holds(end.isoformat() if isinstance(end, date) else end) for end, holds in ends if end is not None))

    def pairs(self) -> list[tuple[str, str]]:
        """As the address says it."""
        if self.kind not in RANGED:
            return [(f"{PREFIX}{self.code}", self.text)]
        ends = (("from", self.low), ("to", self.high))
        return [(f"{PREFIX}{self.code}.{name}", _plain(end)) for name, end in ends if end is not None]


def own_value(model: Any, code: str, kind: CustomKind) -> ColumnElement[Any]:
    """The value of a field as it is compared and sorted by; nothing where an earlier field of the code kept something else."""
    text = model.custom[code].astext
    if kind in (CustomKind.NUMBER, CustomKind.MONEY):
        return case((text.regexp_match(_NUMBER), cast(text, Numeric)), else_=None)
    return cast(text, String)


def own_filters(fields: Sequence[CustomField], parameters: Mapping[str, Any], *, strict: bool = False) -> list[OwnFilter]:
    """The filters that an address names.  What cannot be read is left out, or with ``strict`` refused.

    Raises:
        Invalid: with ``strict``, names each parameter.
    """
    found: list[OwnFilter] = []
    errors: list[FieldError] = []
    known: set[str] = set()
    for field in fields:
        name = f"{PREFIX}{field.code}"
        known |= {f"{name}.from", f"{name}.to"} if field.kind in RANGED else {name}
        try:
            if (given := _filter_of(field, name, parameters)) is not None:
                found.append(given)
        except Invalid as error:
            errors += error.errors
    strangers = [name for name in parameters if str(name).startswith(PREFIX) and name not in known]
    errors += [FieldError(name, _("There is no field %(field)s to filter by.", field=name)) for name in strangers]
    if strict and errors:
        raise Invalid(errors[0].message, errors=errors)
    return found


async def filters_from(work: Work, stem: str, parameters: Mapping[str, Any]) -> list[OwnFilter]:
    """The filters of an address, where it names own fields at all."""
    if not any(str(name).startswith(PREFIX) for name in parameters):
        return []
    return own_filters(await own_fields(work, stem), parameters)


def filter_controls(fields: Sequence[CustomField], filters: Sequence[OwnFilter]) -> list[dict[str, Any]]:
    """The fields as a list's filters: with what they offer and what is chosen."""
    chosen = dict(pair for each in filters for pair in each.pairs())
    controls = []
    for field in fields:
        name = f"{PREFIX}{field.code}"
        control: dict[str, Any] = {"name": name, "label": field.label, "kind": "text", "value": chosen.get(name, "")}
        if field.kind in RANGED:
            ends = {"low": chosen.get(f"{name}.from", ""), "high": chosen.get(f"{name}.to", "")}
            control |= {"kind": "days" if field.kind == CustomKind.DATE else "numbers", **ends}
        elif field.kind in (CustomKind.CHOICE, CustomKind.CHECK):
            offered = [(option, option) for option in field.options] if field.kind == CustomKind.CHOICE else [("true", _("Yes"))]
            control |= {"kind": "select", "options": offered}
        controls.append(control)
    return controls


def _filter_of(field: CustomField, name: str, parameters: Mapping[str, Any]) -> OwnFilter | None:
    if field.kind in RANGED:
        read = _day if field.kind == CustomKind.DATE else _number
        low, high = (read(f"{name}.{end}", _text(parameters, f"{name}.{end}")) for end in ("from", "to"))
        return OwnFilter(code=field.code, kind=field.kind, low=low, high=high) if low is not None or high is not None else None
    text = _text(parameters, name)
    if not text:
        return None
    if field.kind == CustomKind.CHOICE and text not in field.options:
        raise Invalid(_("%(label)s: choose one of %(options)s.", label=field.label, options=_(", ").join(field.options)), field=name)
    if field.kind == CustomKind.CHECK:
        if text not in _TRUE:
            raise Invalid(_("%(label)s can only be filtered by true.", label=field.label), field=name)
        text = "true"
    return OwnFilter(code=field.code, kind=field.kind, text=text)


def _text(parameters: Mapping[str, Any], name: str) -> str:
    return str(parameters.get(name, "")).replace("\x00", "").strip()[:200]


def _number(name: str, text: str) -> Decimal | None:
    if not text:
        return None
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= Decimal(10) ** 18:
        raise Invalid(_("Enter a number, for example 50."), field=name)
    return number


def _day(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text.replace("/", "-")) if text else None
    except ValueError:
        raise Invalid(_("Enter a date such as 2026-11-23."), field=name) from None


def _plain(end: Decimal | date) -> str:
    return end.isoformat() if isinstance(end, date) else format(end, "f")
