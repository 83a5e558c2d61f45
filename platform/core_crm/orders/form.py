"""The order editor's form: texts in, a draft out, and messages beside the cell that is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Self
from uuid import UUID

from litestar.datastructures import FormMultiDict

from core_crm.orders.model import Order
from core_crm.orders.service import OrderInput, OrderInvalid
from core_crm.pricing.amounts import NO_DISCOUNT, Discount
from core_crm.pricing.lines import LINES_MAX, LineInput, discount_of, discount_problems
from core_crm.pricing.model import PricedHead
from kernel.errors import FieldError
from kernel.i18n import gettext as _
from kernel.money import CURRENCIES

LINE_FIELDS = ("product_id", "description", "quantity", "unit", "unit_price", "discount_percent", "tax_code", "line_id")
BLANK_ROWS = 3


@dataclass
class OrderForm:
    """What was typed.  ``rows`` holds every line of the grid, also empty ones."""

    HEAD: ClassVar[tuple[str, ...]] = (
        "party_id", "party_name", "ordered_on", "delivery_on", "currency", "discount", "customer_reference", "remark",
    )  # fmt: skip

    head: dict[str, Any]
    rows: list[dict[str, str]]
    errors: list[FieldError] = field(default_factory=list)

    @classmethod
    def of(cls, form: FormMultiDict) -> Self:
        head: dict[str, Any] = {name: str(form.get(name, "")).strip() for name in cls.HEAD}
        head["prices_include_tax"] = form.get("prices_include_tax", "1") == "1"
        head["version"] = str(form.get("version", ""))
        columns = {name: [str(value).strip() for value in form.getall(name, [])] for name in LINE_FIELDS}
        count = min(max(len(values) for values in columns.values()), LINES_MAX + 1)
        return cls(head, [{name: _at(columns[name], n) for name in LINE_FIELDS} for n in range(count)])

    @classmethod
    def from_order(cls, order: Order) -> "OrderForm":
        head = {
            "party_id": str(order.party_id),
            "party_name": order.party_name,
            "ordered_on": order.ordered_on.isoformat(),
            "delivery_on": order.delivery_on.isoformat() if order.delivery_on else "",
            "currency": order.currency,
            "customer_reference": order.customer_reference or "",
            "remark": order.remark or "",
            "prices_include_tax": order.prices_include_tax,
            "discount": discount_text(order),
            "version": str(order.version),
        }
        return cls(head, [row_of(line) for line in order.lines])

    @property
    def filled(self) -> list[int]:
        """Positions of the rows in which something is entered; unit and tax alone are none."""
        return [n for n, row in enumerate(self.rows) if any(row[name] for name in ("product_id", "description", "quantity", "unit_price"))]

    def version(self) -> int | None:
        return int(self.head["version"]) if self.head["version"].isdecimal() else None

    def draft(self) -> OrderInput:
        """What the form says.

        Raises:
            OrderInvalid: something cannot be read; errors carry positions of ``rows``.
        """
        self.errors = []
        party_id = self._id("party_id", self.head["party_id"])
        if party_id is None and not self.errors:
            self.errors.append(FieldError("party_id", _("Choose a customer from the list.")))
        ordered_on = self._day("ordered_on")
        delivery_on = self._day("delivery_on")
        discount = self._discount()
        lines = self._lines()
        for name, most in (("customer_reference", 60), ("remark", 2000)):
            if len(self.head[name]) > most:
                self.errors.append(FieldError(name, _("At most %(most)s characters.", most=most)))
        if self.errors or party_id is None:
            raise OrderInvalid(self.errors[0].message, errors=self.errors)
        return OrderInput(
            party_id=party_id,
            ordered_on=ordered_on,
            delivery_on=delivery_on,
            currency=self.head["currency"] or None,
            prices_include_tax=self.head["prices_include_tax"],
            discount_percent=discount.percent,
            discount_amount=discount.amount,
            customer_reference=self.head["customer_reference"] or None,
            remark=self.head["remark"] or None,
            lines=lines,
        )

    def _lines(self) -> list[LineInput]:
        lines = [self._line(n, self.rows[n]) for n in self.filled]
        if len(lines) > LINES_MAX:
            self.errors.append(FieldError("", _("An order has at most %(most)s lines.", most=LINES_MAX)))
        return lines

    def readable(self) -> list[tuple[int, LineInput]]:
        """Rows that can be read by themselves, with their positions."""
        found = []
        for position in self.filled:
            self.errors = []
            line = self._line(position, self.rows[position])
            if not self.errors:
                found.append((position, line))
        return found

    def readable_day(self) -> date | None:
        """The day of the order, where it can be read."""
        return self._day("ordered_on")

    def readable_party(self) -> UUID | None:
        """The customer, where one is chosen."""
        return self._id("party_id", self.head["party_id"])

    def readable_currency(self) -> str | None:
        """The currency of the document, where it says one."""
        code = str(self.head.get("currency", "")).upper()
        return code if code in CURRENCIES else None

    def readable_discount(self) -> Discount:
        """The discount on the whole, where it can be read."""
        return self._discount()

    def messages(self, errors: Sequence[FieldError]) -> Mapping[str, str]:
        """Messages by the names of the form's cells.  A service counts the lines it was given; the form counts its rows."""
        filled = self.filled
        found: dict[str, str] = {}
        for error in errors:
            parts = error.field.split(".")
            if len(parts) == 3 and parts[0] == "lines" and error not in self.errors:
                parts[1] = str(filled[int(parts[1])])
            name = "discount" if error.field in ("discount_percent", "discount_amount") else ".".join(parts)
            found.setdefault(name, error.message)
        return found

    def _discount(self) -> Discount:
        """The discount on the whole: 5% or an amount."""
        text = str(self.head.get("discount", "")).replace("％", "%")
        number = self._number("discount", text)
        if number is None:
            return NO_DISCOUNT
        found = discount_of(number, None) if text.endswith("%") else discount_of(None, number)
        self.errors += [FieldError("discount", problem.message) for problem in discount_problems(found)]
        return found

    def _line(self, position: int, row: Mapping[str, str]) -> LineInput:
        return LineInput(
            product_id=self._id(f"lines.{position}.product_id", row["product_id"]),
            description=self._short(f"lines.{position}.description", row["description"], 200),
            quantity=self._number(f"lines.{position}.quantity", row["quantity"] or "1") or Decimal(0),
            unit=self._short(f"lines.{position}.unit", row["unit"], 20),
            unit_price=self._number(f"lines.{position}.unit_price", row["unit_price"]),
            discount_percent=self._number(f"lines.{position}.discount_percent", row["discount_percent"]) or Decimal(0),
            tax_code=row["tax_code"][:20] or None,
        )

    def _number(self, name: str, text: str) -> Decimal | None:
        if not text:
            return None
        try:
            return Decimal(text.replace(",", "").replace("，", "").rstrip("%"))
        except InvalidOperation:
            self.errors.append(FieldError(name, _("“%(text)s” is no number; enter for example 128.50.", text=text[:40])))
            return None

    def _day(self, name: str) -> date | None:
        text = self.head.get(name, "")
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.errors.append(FieldError(name, _("“%(text)s” is no date; enter for example 2026-11-23.", text=text[:40])))
            return None

    def _id(self, name: str, text: str) -> UUID | None:
        try:
            return UUID(text) if text else None
        except ValueError:
            self.errors.append(FieldError(name, _("Choose one of the list.")))
            return None

    def _short(self, name: str, text: str, most: int) -> str | None:
        if len(text) > most:
            self.errors.append(FieldError(name, _("At most %(most)s characters.", most=most)))
        return text[:most] or None


def discount_text(head: PricedHead) -> str:
    """A discount on the whole as it is typed."""
    if head.discount_percent is not None:
        return f"{_plain(head.discount_percent)}%"
    return _plain(head.discount_amount) if head.discount_amount else ""


def row_of(line: Any) -> dict[str, str]:
    """A line of an order or opportunity as a row of the grid."""
    return {
        "product_id": str(line.product_id or ""),
        "description": line.description,
        "quantity": _plain(line.quantity),
        "unit": line.unit,
        "unit_price": _plain(line.unit_price),
        "discount_percent": _plain(line.discount_percent) if line.discount_percent else "",
        "tax_code": line.tax_code,
        "line_id": "",
    }


def _at(values: Sequence[str], position: int) -> str:
    return values[position] if position < len(values) else ""


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
