"""Reads a submitted form: empty fields are absent, and what does not fit is said beside its field."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from litestar import Request

from kernel.errors import Invalid
from kernel.i18n import gettext as _


class Form:
    """The values as they were typed, and readers that refuse with the field's name."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    @classmethod
    async def of(cls, request: Request[Any, Any, Any]) -> "Form":
        submitted = await request.form()
        return cls({name: value.strip() for name, value in submitted.items() if isinstance(value, str)})

    def text(self, name: str) -> str | None:
        return self.values.get(name) or None

    def amount(self, name: str) -> Decimal | None:
        text = self.values.get(name, "").replace(",", "").replace("¥", "").strip()
        if not text:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            raise Invalid(_("Please enter an amount, for example 1280.50."), field=name)
        return value

    def whole(self, name: str, default: int) -> int:
        text = self.values.get(name, "")
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 6:
            raise Invalid(_("Please enter a whole number."), field=name)
        return int(text)

    def day(self, name: str) -> date | None:
        text = self.values.get(name, "")
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise Invalid(_("Please enter a date as YYYY-MM-DD."), field=name) from None

    def id(self, name: str, message: str) -> UUID:
        """A chosen record; ``message`` asks for it when none was chosen."""
        try:
            return UUID(self.values.get(name, ""))
        except ValueError:
            raise Invalid(message, field=name) from None
