"""A company's own fields on forms and pages that are written by hand; ``master_data/own_fields.html`` draws them."""

from collections.abc import Mapping, Sequence
from typing import Any

from kernel.i18n import gettext as _
from master_data.custom_fields.model import CustomField, CustomKind

_CONTROLS = {
    CustomKind.TEXT: "text", CustomKind.NUMBER: "number", CustomKind.MONEY: "number", CustomKind.DATE: "date",
    CustomKind.CHOICE: "select", CustomKind.CHECK: "check",
}  # fmt: skip


def own_controls(fields: Sequence[CustomField], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The controls of a form; ``values`` are by code, typed or kept."""
    return [
        {
            "name": f"custom.{field.code}",
            "label": field.label,
            "kind": _CONTROLS[field.kind],
            "value": values.get(field.code) or "",
            "options": [(option, option) for option in field.options],
            "required": field.required,
            "shown_if": (f"custom.{field.shown_if['field']}", field.shown_if["value"]) if field.shown_if else None,
        }
        for field in fields
    ]


def own_typed(form: Mapping[str, Any], fields: Sequence[CustomField]) -> dict[str, Any] | None:
    """What a form says of each field, by code; None where the company has none."""
    ticked = {field.code: "true" if form.get(f"custom.{field.code}") else "" for field in fields if field.kind == CustomKind.CHECK}
    return {field.code: str(form.get(f"custom.{field.code}", "")) for field in fields} | ticked if fields else None


def own_facts(fields: Sequence[CustomField], custom: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Labels and values of those that are filled, for a record's page."""
    kept = custom or {}
    return [(field.label, _("Yes") if kept[field.code] is True else str(kept[field.code])) for field in fields if field.code in kept]
