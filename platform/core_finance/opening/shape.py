"""Which columns the opening balances of a ledger have: as many as its accounts keep, on the page and in files alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core_finance.chart.model import Account, Ledger
from core_finance.chart.service import accounts
from core_finance.dimensions.keeping import own_kinds
from core_finance.dimensions.service import Kind, kinds
from core_finance.opening.checking import is_mid_year
from core_finance.opening.model import AMOUNTS, CURRENCY, QUANTITY
from core_finance.tables import Columns
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work

DIMENSION = "dim."
LABELS = {
    "opening_debit": N_("Opening debit"), "opening_credit": N_("Opening credit"), "year_debit": N_("Debit of the year"),
    "year_credit": N_("Credit of the year"), "result": N_("Result of the year"), "opening_currency": N_("Opening in foreign currency"),
    "year_debit_currency": N_("Debit in foreign currency"), "year_credit_currency": N_("Credit in foreign currency"),
    "opening_quantity": N_("Opening quantity"), "year_debit_quantity": N_("Debit quantity"), "year_credit_quantity": N_("Credit quantity"),
}  # fmt: skip
_BUILT_IN = {
    "party": N_("Party"), "department": N_("Department"), "employee": N_("Employee"), "project": N_("Project"),
    "product": N_("Inventory item"),
}  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """``figures`` are the columns of amounts in their order; ``kinds`` those dimensions that any account keeps."""

    mid_year: bool
    kinds: Sequence[Kind]
    figures: Sequence[str]
    columns: Columns

    @property
    def typed(self) -> Sequence[str]:
        """What each row of the page sends."""
        return ("account", "held", *(DIMENSION + kind.key for kind in self.kinds), *self.figures)

    @property
    def labels(self) -> Mapping[str, str]:
        return {name: _(LABELS[name]) for name in self.figures}

    def meanings(self) -> Sequence[tuple[str, str]]:
        """The columns of a file and what goes into each, for people."""
        told = [(_("Code"), _("Code of an account without sub-accounts, with or without dots."))]
        told.append((_("Account"), _("For you to read; it is passed over.")))
        told += [(kind.label, _("Name or code, where the account keeps it; one row for each.")) for kind in self.kinds]
        return told + [(_(LABELS[name]), _(_MEANINGS[name])) for name in self.figures]


_MEANINGS = {
    "opening_debit": N_("Balance when the first period begins, where it stands in debit."),
    "opening_credit": N_("The same, where it stands in credit."),
    "year_debit": N_("What was debited from January until then; red amounts are negative."),
    "year_credit": N_("What was credited from January until then; red amounts are negative."),
    "result": N_("Of revenue and expenses: what they earned or cost. Empty: the movement on their own side."),
    "opening_currency": N_("The balance in the foreign currency of the account."),
    "year_debit_currency": N_("The debits of the year in the foreign currency."),
    "year_credit_currency": N_("The credits of the year in the foreign currency."),
    "opening_quantity": N_("The quantity of the balance, in the unit of the account."),
    "year_debit_quantity": N_("The quantity debited in the year."),
    "year_credit_quantity": N_("The quantity credited in the year."),
}


async def shape_of(work: Work, ledger: Ledger) -> Shape:
    """What the accounts of the ledger keep, in columns."""
    chart = [account for account in await accounts(work, ledger, leaves=True) if account.is_active]
    kept = {kind for account in chart for kind in kinds_of(account)}
    mid_year = is_mid_year(ledger)
    names = [*AMOUNTS, "result"] if mid_year else list(AMOUNTS[:2])
    for measures, is_kept in ((CURRENCY, any(a.currency for a in chart)), (QUANTITY, any(a.unit for a in chart))):
        if is_kept:
            names += measures if mid_year else measures[:1]
    shown = [kind for kind in await kinds(work, disabled=True) if kind.key in kept]
    own = {kind.key: kind for kind in await own_kinds(work)}
    labels = {"account": N_("Code"), "name": N_("Account")}
    labels |= {DIMENSION + kind.key: _BUILT_IN.get(kind.key, kind.label) for kind in shown}
    words = {kind.key: DIMENSION + kind.key for kind in shown}
    words |= {word: DIMENSION + key for key, kind in own.items() if key in words for word in (kind.name, kind.name_en) if word}
    given = [DIMENSION + key for key in own]
    columns = Columns(labels | {name: LABELS[name] for name in names}, needed=("account", *AMOUNTS[:2]), words=words, given=given)
    return Shape(mid_year, shown, names, columns)


def kinds_of(account: Account) -> Sequence[str]:
    """The dimensions that the account keeps, those it requires first."""
    return (*account.required_dimensions, *account.optional_dimensions)
