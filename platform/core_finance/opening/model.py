"""Opening balances as they are entered.  They have no table of their own: docs/decisions/0007."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from core_finance.chart.model import PROFIT_AND_LOSS, Account, Category
from kernel.errors import Conflict, DomainError, FieldError, Invalid
from kernel.i18n import gettext as _

ZERO = Decimal(0)
KIND = "opening"
"""Kind of the vouchers, and of the source that marks them."""

AMOUNTS = ("opening_debit", "opening_credit", "year_debit", "year_credit")
CURRENCY = ("opening_currency", "year_debit_currency", "year_credit_currency")
QUANTITY = ("opening_quantity", "year_debit_quantity", "year_credit_quantity")
ENTRIES_MAX = 5_000


class OpeningRefused(Invalid):
    """One or more entries cannot stand; ``errors`` names each."""

    code = "opening_refused"


class OpeningUnbalanced(Invalid):
    code = "opening_unbalanced"


class OpeningLocked(Conflict):
    code = "opening_locked"


class OpeningChanged(Conflict):
    code = "opening_changed"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An account, or one party, department and so on of it, at the moment the ledger starts.

    ``opening_*`` is its balance, ``year_*`` what moved from January to that moment.  ``result`` belongs to accounts of
    profit and loss: what they earned or cost before it was transferred (实际损益发生额); the income statement reads it.
    Left out, it is the movement on the account's own side.

    The figures in the account's foreign currency and in its unit go with those in the base currency: ``opening_currency``
    with the balance, on whichever side that stands, the others with the movements.
    """

    account: str
    opening_debit: Decimal = ZERO
    opening_credit: Decimal = ZERO
    year_debit: Decimal = ZERO
    year_credit: Decimal = ZERO
    result: Decimal | None = None
    dimensions: Mapping[str, UUID] = field(default_factory=dict)
    opening_currency: Decimal = ZERO
    year_debit_currency: Decimal = ZERO
    year_credit_currency: Decimal = ZERO
    opening_quantity: Decimal = ZERO
    year_debit_quantity: Decimal = ZERO
    year_credit_quantity: Decimal = ZERO

    @property
    def opening(self) -> Decimal:
        """Debit is positive."""
        return self.opening_debit - self.opening_credit

    @property
    def year_opening(self) -> Decimal:
        """The balance before January; debit is positive."""
        return self.opening - self.year_debit + self.year_credit

    def year_opening_of(self, measure: str) -> Decimal:
        """As ``year_opening``, in the ``measure`` currency or quantity; debit is positive."""
        held: Decimal = getattr(self, f"opening_{measure}")
        moved: Decimal = getattr(self, f"year_debit_{measure}") - getattr(self, f"year_credit_{measure}")
        return (held if self.opening_debit else -held) - moved

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, name) for name in (*AMOUNTS, *CURRENCY, *QUANTITY))

    def transferred(self, account: Account) -> Decimal:
        """What was transferred to the profit of the year (结转损益) already, as a debit of this account."""
        if account.category not in PROFIT_AND_LOSS:
            return ZERO
        earns = account.category == Category.REVENUE
        normal = self.year_credit if earns else self.year_debit
        result = normal if self.result is None else self.result
        return self.opening + result if earns else self.opening - result


@dataclass(frozen=True)
class Totals:
    """Sums over all entries: each pair must be equal."""

    opening_debit: Decimal = ZERO
    opening_credit: Decimal = ZERO
    year_debit: Decimal = ZERO
    year_credit: Decimal = ZERO

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "Totals":
        return cls(*(sum((getattr(entry, name) for entry in entries), ZERO) for name in AMOUNTS))

    @property
    def opening_off(self) -> Decimal:
        return self.opening_debit - self.opening_credit

    @property
    def year_off(self) -> Decimal:
        return self.year_debit - self.year_credit

    @property
    def holds(self) -> bool:
        return not self.opening_off and not self.year_off

    def check(self) -> None:
        """Raises:
        OpeningUnbalanced: debits and credits differ.
        """
        problems = []
        if self.opening_off:
            message = _(
                "Opening debits are %(debit)s and credits %(credit)s, off by %(off)s; correct an account until they are equal.",
                debit=self.opening_debit, credit=self.opening_credit, off=abs(self.opening_off),
            )  # fmt: skip
            problems.append(FieldError("entries.opening", message))
        if self.year_off:
            message = _(
                "Movements of the year are %(debit)s in debit and %(credit)s in credit, off by %(off)s; correct an account.",
                debit=self.year_debit, credit=self.year_credit, off=abs(self.year_off),
            )  # fmt: skip
            problems.append(FieldError("entries.year", message))
        if problems:
            raise OpeningUnbalanced(problems[0].message, errors=problems)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A ledger's opening balances.  ``version`` counts the vouchers that made them; ``locked`` says why they stand for good."""

    entries: Sequence[Entry]
    version: int
    locked: DomainError | None

    @property
    def totals(self) -> Totals:
        return Totals.of(self.entries)
