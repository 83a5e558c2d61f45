"""What can be wrong with single entries of the opening balances."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from core_finance.chart.model import PROFIT_AND_LOSS, Account, Ledger
from core_finance.dimensions.service import labels, missing_items
from core_finance.opening.model import AMOUNTS, CURRENCY, QUANTITY, ZERO, Entry
from core_finance.posting.voucher import dimension_set_id
from kernel.errors import FieldError
from kernel.i18n import gettext as _
from kernel.money import CURRENCIES
from kernel.work import Work

QUANTITY_PLACES = 6


def is_mid_year(ledger: Ledger) -> bool:
    """Whether months of the year passed before the ledger's first one."""
    return ledger.start_period % 100 > 1


async def find_problems(work: Work, ledger: Ledger, entries: Sequence[Entry], chart: Mapping[str, Account]) -> list[FieldError]:
    """What is wrong with single entries, by their place: ``entries.3.account``."""
    named = await labels(work)
    known = {(kind, value) for entry in entries for kind, value in entry.dimensions.items() if kind in named}
    missing = await missing_items(work, known)
    problems: list[FieldError] = []
    seen: set[tuple[str, UUID | None]] = set()
    for place, entry in enumerate(entries):
        found = _check(ledger, entry, chart.get(entry.account), named)
        if gone := [kind for kind, value in entry.dimensions.items() if (kind, value) in missing]:
            message = _("%(account)s: there is no such %(kind)s; choose another.", account=entry.account, kind=named[gone[0]])
            found.append(("dimensions", message))
        problems += [FieldError(f"entries.{place}.{field}", message) for field, message in found]
        key = (entry.account, dimension_set_id(entry.dimensions))
        if key in seen:
            message = _("%(account)s stands twice with the same details; keep one.", account=entry.account)
            problems.append(FieldError(f"entries.{place}.account", message))
        seen.add(key)
    return problems


def _check(ledger: Ledger, entry: Entry, account: Account | None, named: Mapping[str, str]) -> list[tuple[str, str]]:
    """The fields that are wrong, each with what is wrong with it."""
    if account is None:
        return [("account", _("There is no account %(code)s; choose one from the chart.", code=entry.account))]
    if entry.is_empty:
        return []
    facts = {"account": account.code}
    if not account.is_leaf:
        return [("account", _("%(account)s has sub-accounts; give the balances of those.", **facts))]
    if not account.is_active:
        return [("account", _("%(account)s is disabled; enable it or choose another.", **facts))]

    def listed(kinds: set[str]) -> str:
        return ", ".join(sorted(named.get(kind, kind) for kind in kinds))

    found: list[tuple[str, str]] = []
    if missing := set(account.required_dimensions) - set(entry.dimensions):
        found.append(("dimensions", _("%(account)s asks for: %(names)s.", **facts, names=listed(missing))))
    if surplus := set(entry.dimensions) - {*account.required_dimensions, *account.optional_dimensions}:
        found.append(("dimensions", _("%(account)s does not keep: %(names)s.", **facts, names=listed(surplus))))
    if amounts := _check_amounts(ledger, entry):
        return found + amounts
    if measure := _check_measures(account, entry):
        found.append(measure)
    elif account.category in PROFIT_AND_LOSS and entry.year_opening:
        message = _(
            "%(account)s is an account of profit and loss and began the year at zero: its balance must be what moved in the year.", **facts
        )
        found.append(("opening_debit", message))
    return found


def _check_amounts(ledger: Ledger, entry: Entry) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name in (*AMOUNTS, "result"):
        amount = getattr(entry, name) or ZERO
        if _decimals(amount) > CURRENCIES.get(ledger.currency, 2):
            found.append((name, _("%(amount)s has more than two decimals; round it.", amount=amount)))
        elif abs(amount) >= Decimal(10) ** 16:
            found.append((name, _("%(amount)s is larger than the books can hold.", amount=amount)))
    if entry.opening_debit and entry.opening_credit:
        found.append(("opening_credit", _("A balance stands on one side only: debit or credit.")))
    moved = ("year_debit", "year_credit", *CURRENCY[1:], *QUANTITY[1:])
    if not is_mid_year(ledger) and any(getattr(entry, name) for name in moved):
        found.append(("year_debit", _("The ledger starts in January: nothing moved in the year before it.")))
    return found


def _check_measures(account: Account, entry: Entry) -> tuple[str, str] | None:
    for names, kept, places in (
        (CURRENCY, account.currency, CURRENCIES.get(account.currency or "", 2)),
        (QUANTITY, account.unit, QUANTITY_PLACES),
    ):
        for name in names:
            amount = getattr(entry, name)
            if not amount:
                continue
            if not kept:
                message = (
                    _("%(account)s keeps no foreign currency.", account=account.code)
                    if names is CURRENCY
                    else _("%(account)s keeps no quantity.", account=account.code)
                )
                return name, message
            if _decimals(amount) > places:
                return name, _("%(amount)s has more than %(places)s decimals; round it.", amount=amount, places=places)
            if abs(amount) >= Decimal(10) ** 14:
                return name, _("%(amount)s is larger than the books can hold.", amount=amount)
    for measure in ("currency", "quantity"):
        for side in ("debit", "credit"):
            if getattr(entry, f"year_{side}_{measure}") and not getattr(entry, f"year_{side}"):
                message = _("Give the amount in the base currency as well; without it nothing can be carried.")
                return f"year_{side}_{measure}", message
        if entry.year_opening_of(measure) and not entry.year_opening:
            return f"opening_{measure}", _("Give the amount in the base currency as well; without it nothing can be carried.")
    return _check_foreign(account, entry) if account.currency else None


def _check_foreign(account: Account, entry: Entry) -> tuple[str, str] | None:
    """A balance of an account in foreign money stands in both; movements may be of base money alone (期末调汇)."""
    facts = {"account": account.code, "currency": account.currency}
    if entry.opening and not entry.opening_currency:
        return "opening_currency", _("%(account)s is kept in %(currency)s: give the balance in it as well.", **facts)
    if entry.opening_currency and not entry.opening:
        return "opening_currency", _("Give the amount in the base currency as well; without it nothing can be carried.")
    if entry.opening_currency * (entry.opening_debit + entry.opening_credit) < 0:
        return "opening_currency", _(
            "%(account)s: the balance in %(currency)s must have the sign of the balance in base currency.", **facts
        )
    if entry.year_opening and not entry.year_opening_of("currency"):
        message = _(
            "%(account)s would have begun the year with %(amount)s but nothing in %(currency)s: check the movements of the year.",
            **facts, amount=f"{entry.year_opening:,.2f}",
        )  # fmt: skip
        return "year_debit_currency", message
    return None


def _decimals(amount: Decimal) -> int:
    """How many; far too many for what is no number."""
    exponent = amount.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 99
