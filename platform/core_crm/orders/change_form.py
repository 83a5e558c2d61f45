"""The forms of a confirmed order: its change, a delivery, a return."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

import msgspec
from litestar.datastructures import FormMultiDict

from core_crm.orders.changing import ChangedLine, ChangeInput
from core_crm.orders.form import OrderForm, discount_text, row_of
from core_crm.orders.fulfilment import DeliveryInput, MovedLine, QuantityInvalid, ReturnInput
from core_crm.orders.model import Order, OrderLine
from core_crm.orders.service import OrderInvalid
from kernel.errors import FieldError
from kernel.i18n import gettext as _


class ChangeForm(OrderForm):
    """What was typed about the change of an order."""

    HEAD: ClassVar[tuple[str, ...]] = ("discount", "reason", "ordered_on", "party_id", "currency")

    @classmethod
    def from_order(cls, order: Order) -> "ChangeForm":
        head = {
            "party_id": str(order.party_id),
            "ordered_on": order.ordered_on.isoformat(),
            "currency": order.currency,
            "discount": discount_text(order),
            "prices_include_tax": order.prices_include_tax,
            "version": str(order.version),
            "reason": "",
        }
        return cls(head, [row_of(line) | {"line_id": str(line.id)} for line in order.lines])

    @property
    def filled(self) -> list[int]:
        """Rows that say something; one that was emptied is taken away."""
        return [n for n, row in enumerate(self.rows) if any(row[name] for name in ("product_id", "description", "quantity", "unit_price"))]

    def change(self) -> ChangeInput:
        """What the form says.

        Raises:
            OrderInvalid: something cannot be read.
        """
        self.errors = []
        reason = self._short("reason", self.head["reason"], 200)
        if not reason:
            self.errors.append(FieldError("reason", _("Say why the order changes.")))
        discount = self._discount()
        ids = [self._id(f"lines.{n}.product_id", self.rows[n]["line_id"]) for n in self.filled]
        lines = self._lines()
        if self.errors or reason is None:
            raise OrderInvalid(self.errors[0].message, errors=self.errors)
        return ChangeInput(
            lines=[ChangedLine(id=line_id, **msgspec.structs.asdict(line)) for line_id, line in zip(ids, lines, strict=True)],
            reason=reason,
            discount_percent=discount.percent,
            discount_amount=discount.amount,
            version=self.version(),
        )


def delivery_of(form: FormMultiDict, lines: Iterable[OrderLine]) -> DeliveryInput:
    """The delivery that was typed.

    Raises:
        QuantityInvalid: something cannot be read, or nothing was entered.
    """
    return DeliveryInput(lines=_moved(form, lines), on=_day(form), reference=str(form.get("reference", "")).strip()[:60])


def return_of(form: FormMultiDict, lines: Iterable[OrderLine]) -> ReturnInput:
    """The return that was typed.

    Raises:
        QuantityInvalid: something cannot be read, or nothing was entered.
    """
    reason = str(form.get("reason", "")).strip()[:200]
    return ReturnInput(lines=_moved(form, lines), on=_day(form), reason=reason, exchange=form.get("exchange") == "1")


def _moved(form: FormMultiDict, lines: Iterable[OrderLine]) -> list[MovedLine]:
    typed = [(line, _quantity(line, str(form.get(f"quantity.{line.id}", "")).strip())) for line in lines]
    moved = [MovedLine(line_id=line.id, quantity=quantity) for line, quantity in typed if quantity]
    if not moved:
        raise QuantityInvalid(_("Enter how many of at least one line."))
    return moved


def _quantity(line: OrderLine, text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "").replace("，", "") or "0")
    except InvalidOperation:
        raise QuantityInvalid(_("%(name)s: “%(text)s” is no quantity.", name=line.description, text=text[:40])) from None


def _day(form: FormMultiDict) -> date | None:
    text: Any = str(form.get("on", "")).strip().replace("/", "-")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise QuantityInvalid(_("“%(text)s” is no date; enter for example 2026-11-23.", text=text[:40])) from None
