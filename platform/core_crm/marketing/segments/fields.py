"""What a segment can ask about a customer: fields, what is compared in which way, and the words for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core_crm.asking import staff
from core_crm.marketing.wording import STAGES, STEM
from kernel.errors import Forbidden
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import CustomKind, PartyKind, find_products, own_fields, rights_of, tag_names

Kind = Literal["text", "choice", "tags", "check", "number", "date", "count", "sum", "last", "bought", "consent"]

OPERATORS: Mapping[str, Mapping[str, str]] = {
    "text": {"is": N_("is"), "is_not": N_("is not"), "contains": N_("contains"), "empty": N_("is empty"), "filled": N_("is filled in")},
    "choice": {"any_of": N_("is one of"), "none_of": N_("is none of"), "empty": N_("is empty"), "filled": N_("is filled in")},
    "tags": {"any_of": N_("has one of"), "none_of": N_("has none of"), "empty": N_("is empty"), "filled": N_("is filled in")},
    "check": {"yes": N_("yes"), "no": N_("no")},
    "number": {"at_least": N_("at least"), "at_most": N_("at most"), "empty": N_("is empty"), "filled": N_("is filled in")},
    "date": {
        "within_last": N_("within the last days"),
        "before_last": N_("longer ago than days"),
        "within_next": N_("within the next days"),
        "anniversary": N_("anniversary within the next days"),
        "from": N_("on or after"),
        "until": N_("on or before"),
        "empty": N_("is empty"),
        "filled": N_("is filled in"),
    },
    "count": {"at_least": N_("at least"), "at_most": N_("at most")},
    "sum": {"at_least": N_("at least"), "at_most": N_("at most")},
    "last": {"within_last": N_("within the last days"), "before_last": N_("longer ago than days"), "never": N_("never")},
    "bought": {"any_of": N_("one of"), "none_of": N_("none of")},
    "consent": {"yes": N_("yes"), "no": N_("no")},
}

TAKES_VALUE = frozenset({"is", "is_not", "contains", "at_least", "at_most", "from", "until"})
TAKES_VALUES = frozenset({"any_of", "none_of"})
TAKES_DAYS = frozenset({"within_last", "before_last", "within_next", "anniversary"})
HAS_WINDOW = frozenset({"count", "sum", "bought"})
"""Kinds that may be limited to the last days; without days they look at all time."""

PRODUCTS_MAX = 200


class FieldHidden(Forbidden):
    """The roles of the caller may not see what the segment asks about: its count would tell."""

    code = "segment_field_hidden"


@dataclass(frozen=True, kw_only=True)
class Field:
    """Something to ask about.  ``column`` is the party's field by which the reader's rights are known."""

    key: str
    label: str
    kind: Kind
    column: str = ""
    options: Sequence[tuple[str, str]] = ()
    permission: str = ""


async def fields_of(work: Work, *, options: bool = False) -> dict[str, Field]:
    """All that can be asked about; ``options`` looks up what there is to choose, for a form."""
    found = [
        Field(key="name", label=_("Name"), kind="text", column="name"),
        Field(key="kind", label=_("Kind"), kind="choice", column="kind", options=_kinds()),
        Field(key="stage", label=_("Stage"), kind="choice", column="stage", options=[(s.value, _(words)) for s, words in STAGES.items()]),
        Field(key="is_customer", label=_("Customer"), kind="check", column="is_customer"),
        Field(key="is_supplier", label=_("Supplier"), kind="check", column="is_supplier"),
        Field(key="region", label=_("Region"), kind="text", column="region"),
        Field(key="industry", label=_("Industry"), kind="text", column="industry"),
        Field(key="source", label=_("Source"), kind="text", column="source"),
        Field(key="tags", label=_("Tags"), kind="tags", column="tags", options=await _tags(work) if options else ()),
        Field(key="owner_id", label=_("Person in charge"), kind="choice", column="owner_id", options=await staff(work) if options else ()),
        Field(key="created_at", label=_("Entered on"), kind="date", column="name"),
        Field(key="email", label=_("E-mail"), kind="text", column="email"),
        Field(key="phone", label=_("Phone"), kind="text", column="phone"),
        Field(key="orders.count", label=_("Number of orders"), kind="count", permission="crm.order.read"),
        Field(key="orders.amount", label=_("Amount of orders"), kind="sum", permission="crm.order.read"),
        Field(key="orders.last", label=_("Last order"), kind="last", permission="crm.order.read"),
        Field(key="orders.product", label=_("Bought a product"), kind="bought", permission="crm.order.read",
              options=await _products(work) if options else ()),
        Field(key="consent.email", label=_("Agreed to e-mail"), kind="consent", column="email"),
        Field(key="consent.sms", label=_("Agreed to text messages"), kind="consent", column="phone"),
    ]  # fmt: skip
    kinds: Mapping[CustomKind, Kind] = {
        CustomKind.TEXT: "text", CustomKind.NUMBER: "number", CustomKind.MONEY: "number", CustomKind.DATE: "date",
        CustomKind.CHOICE: "choice", CustomKind.CHECK: "check",
    }  # fmt: skip
    for own in await own_fields(work, STEM):
        key, choices = f"custom.{own.code}", [(option, option) for option in own.options or ()]
        found.append(Field(key=key, label=own.label, kind=kinds[own.kind], column=key, options=choices))
    return {field.key: field for field in found}


async def readable(work: Work, fields: Mapping[str, Field]) -> dict[str, Field]:
    """Those that the actor may ask about."""
    rights = await rights_of(work, STEM)
    return {
        key: field
        for key, field in fields.items()
        if (not field.column or (rights.readable(field.column) and rights.readable(field.column.partition(".")[0])))
        and (not field.permission or work.actor.may(field.permission))
    }


def _kinds() -> list[tuple[str, str]]:
    return [(PartyKind.ORGANISATION.value, _("Organisation")), (PartyKind.PERSON.value, _("Person"))]


async def _tags(work: Work) -> list[tuple[str, str]]:
    return [(name, name) for name in await tag_names(work)]


async def _products(work: Work) -> list[tuple[str, str]]:
    return [(str(product.id), product.name) for product in await find_products(work, "", limit=PRODUCTS_MAX)]
