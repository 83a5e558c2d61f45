"""VAT treatments by code and their rates by date: data with a source, never constants in code.

They are the same for every tenant, so they are a file of the package and products refer to them by code.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from kernel.clock import today
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.i18n import locale

DEFAULT_CODE = "VAT13"


class TaxUnknown(Invalid):
    """No such tax code, or it has no rate on that day."""

    code = "tax_unknown"


@dataclass(frozen=True, kw_only=True)
class TaxRate:
    """A rate from a day on, up to but not including ``until``."""

    since: date
    until: date | None
    rate: Decimal


@dataclass(frozen=True, kw_only=True)
class TaxCode:
    """One way a sale is taxed.  ``rate`` of a day is a fraction: 0.13."""

    code: str
    name_en: str
    name_zh: str
    scope: str
    rates: tuple[TaxRate, ...]

    @property
    def name(self) -> str:
        return self.name_zh if locale() == "zh_CN" else self.name_en

    def rate_on(self, day: date) -> Decimal | None:
        """The rate in force on ``day``, or None when the code does not apply then."""
        return next((r.rate for r in self.rates if r.since <= day and (r.until is None or day < r.until)), None)


@cache
def tax_codes() -> Mapping[str, TaxCode]:
    """All treatments by code, in the order in which they are offered."""
    raw = json.loads((files("master_data") / "data" / "vat_codes.json").read_text("utf-8"))
    return {item["code"]: _read(item) for item in raw["codes"]}


def rate_of(code: str, day: date) -> Decimal:
    """The rate of ``code`` on ``day`` as a fraction.

    Raises:
        TaxUnknown: no such code, or it does not apply on that day.
    """
    found = tax_codes().get(code)
    rate = found.rate_on(day) if found else None
    if rate is None:
        raise TaxUnknown(_("Tax %(code)s does not apply on %(day)s; choose another.", code=code, day=day.isoformat()), field="tax_code")
    return rate


def tax_options() -> list[tuple[str, str]]:
    """Codes in force today with their names, for a form."""
    return [(code, tax.name) for code, tax in tax_codes().items() if tax.rate_on(today()) is not None]


def _read(item: dict[str, Any]) -> TaxCode:
    return TaxCode(
        code=item["code"],
        name_en=item["name"],
        name_zh=item["name_zh"],
        scope=item["scope"],
        rates=tuple(
            TaxRate(
                since=date.fromisoformat(r["from"]),
                until=date.fromisoformat(r["to"]) if r["to"] else None,
                rate=Decimal(r["rate"]),
            )
            for r in item["rates"]
        ),
    )
