"""Adding accounts and changing them.  Accounts are never deleted: the books speak of them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from sqlalchemy import func, select, text

from core_finance.chart import official
from core_finance.chart.cash_items import cash_items
from core_finance.chart.model import Account, Category, Ledger, Side
from core_finance.chart.service import get_account
from core_finance.chart.use import AccountInUse, check_use, drafts_naming, follow, is_used, lines_of, lock_postings
from core_finance.dimensions.service import kinds
from identity.audit import record
from kernel.errors import Conflict, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.money import CURRENCIES
from kernel.work import Work

_TEXTS = {"name": 100, "name_en": 100, "unit": 20, "note": 300}


class AccountCodeTaken(Conflict):
    code = "account_code_taken"


class AccountEdited(Conflict):
    code = "account_changed"


class AccountSettings(TypedDict, total=False):
    """What of an account may be chosen and changed.  A dimension that is neither required nor optional is forbidden."""

    name_en: str
    currency: str | None
    unit: str | None
    is_cash: bool
    cash_item_in: int | None
    cash_item_out: int | None
    required_dimensions: Sequence[str]
    optional_dimensions: Sequence[str]
    note: str


class AccountChanges(AccountSettings, total=False):
    name: str
    is_active: bool


INHERITED = ("currency", "unit", "is_cash", "cash_item_in", "cash_item_out", "required_dimensions", "optional_dimensions")
"""What a sub-account has of the account above where nothing else is chosen."""


async def add_account(
    work: Work,
    ledger: Ledger,
    *,
    name: str,
    parent: str = "",
    code: str | None = None,
    category: Category | None = None,
    side: Side | None = None,
    take_over: bool = False,
    **chosen: Unpack[AccountSettings],
) -> Account:
    """A sub-account of ``parent``, with the next free code where none is given; without a parent one of the first level.

    The first sub-account of an account that was posted to takes over its lines and balances, where ``take_over`` says
    that this is meant; what names the account otherwise (drafts, posting rules, templates) goes over as well.

    Raises:
        AccountInUse: the parent was posted to and ``take_over`` is not set, or the lines do not fit the new account.
        AccountCodeTaken: the code is taken.
        Invalid: the code does not follow the parent's, or another value is wrong.
    """
    above = await get_account(work, ledger, parent) if parent else None
    if above is None:
        account = await _first_level(work, ledger, code or "", category, side)
    else:
        await lock_postings(work, ledger)
        await work.session.refresh(above, with_for_update=True)
        account = await _below(work, ledger, above, code)
    await _choose(work, ledger, account, {"name": name, **chosen})
    moves = 0
    if above is not None and above.is_leaf:
        moves = await _agree(work, ledger, above, account, take_over=take_over)
    work.session.add(account)
    await work.session.flush()
    if above is not None and above.is_leaf:
        await work.session.execute(text("SELECT finance_descend(:parent, :child)"), {"parent": above.id, "child": account.id})
        await follow(work, ledger, above, account)
        await work.session.refresh(above)
    taken = {"took_over": above.code, "lines": moves} if above is not None and moves else {}
    await record(work, "account.created", f"account:{account.id}", name=_title(account), after=facts_of(account) | taken)
    return account


async def change_account(
    work: Work, ledger: Ledger, code: str, *, version: int | None = None, **changes: Unpack[AccountChanges]
) -> Account:
    """Change what is given.  The code, the class and the normal side stay.

    Disabling an account disables all below it; enabling one enables all above it.

    Raises:
        AccountInUse: what was posted to the account does not fit the change.
        AccountEdited: ``version`` is not the present one.
        Invalid: a value is wrong by itself.
    """
    account = await get_account(work, ledger, code)
    await lock_postings(work, ledger)
    await work.session.refresh(account, with_for_update=True)
    if version is not None and version != account.version:
        raise AccountEdited(_("Somebody changed this account meanwhile; load it again."))
    before = facts_of(account)
    is_active = changes.pop("is_active", None)
    with work.session.no_autoflush:
        await _choose(work, ledger, account, changes)
        if account.is_leaf:
            await check_use(work, account, before, facts_of(account))
    if is_active is not None and is_active != account.is_active:
        await _switch(work, ledger, account, is_active=is_active)
    await work.session.flush()
    after = facts_of(account)
    changed = sorted(key for key in after if after[key] != before[key])
    if changed:
        await record(
            work, "account.changed", f"account:{account.id}", name=_title(account),
            before={key: before[key] for key in changed}, after={key: after[key] for key in changed},
        )  # fmt: skip
    return account


def facts_of(account: Account) -> dict[str, Any]:
    """What can be chosen of an account, in values that JSON has."""
    names = ("code", "name", "name_en", "currency", "unit", "is_cash", "cash_item_in", "cash_item_out", "note", "is_active")
    lists = {name: sorted(getattr(account, name)) for name in ("required_dimensions", "optional_dimensions")}
    return {name: getattr(account, name) for name in names} | lists


async def _first_level(work: Work, ledger: Ledger, code: str, category: Category | None, side: Side | None) -> Account:
    width = ledger.code_lengths[0]
    if not (code.isascii() and code.isdecimal() and len(code) == width):
        raise Invalid(_("The code of an account of the first level has %(width)s digits.", width=width), field="code")
    if category is None or side is None:
        raise Invalid(
            _("Say the class and the normal side of an account of the first level."), field="category" if category is None else "side"
        )
    await _check_free(work, ledger, code)
    return _blank(ledger, code, category, side, None)


async def _below(work: Work, ledger: Ledger, above: Account, code: str | None) -> Account:
    if not above.is_active:
        raise Invalid(_("Account %(code)s is disabled; enable it first.", code=above.code), field="parent")
    code = (code or await _next_code(work, ledger, above)).replace(".", "")
    width = ledger.digits_below(above.level)
    if not (code.isascii() and code.isdecimal() and code.startswith(above.code) and len(code) == len(above.code) + width):
        raise Invalid(_("The code must be %(parent)s and %(width)s more digits.", parent=above.code, width=width), field="code")
    if len(code) > 30:
        raise Invalid(_("A code has at most 30 digits."), field="code")
    await _check_free(work, ledger, code)
    account = _blank(ledger, code, above.category, above.side, above)
    for name in INHERITED:
        value = getattr(above, name)
        setattr(account, name, list(value) if isinstance(value, list) else value)
    return account


def _blank(ledger: Ledger, code: str, category: Category, side: Side, above: Account | None) -> Account:
    level = above.level + 1 if above else 1
    return Account(
        ledger_id=ledger.id, code=code, name="", name_en="", mnemonic="", category=category, side=side, level=level,
        parent_id=above.id if above else None, is_leaf=True, is_active=True, is_cash=False, currency=None, unit=None,
        cash_item_in=None, cash_item_out=None, required_dimensions=[], optional_dimensions=[], note="",
    )  # fmt: skip


async def _agree(work: Work, ledger: Ledger, above: Account, account: Account, *, take_over: bool) -> int:
    """How many lines the first sub-account takes over, when that is meant and fits."""
    if not await is_used(work, above):
        return 0
    lines = await lines_of(work, above)
    if not take_over:
        raise AccountInUse(
            _(
                "Account %(code)s was posted to. Its first sub-account takes over its posted lines (%(lines)s) and the balance; no amount "
                "changes. Confirm that, or choose another account above.",
                code=above.code,
                lines=lines,
            ),
            field="take_over",
            lines=lines,
            drafts=await drafts_naming(work, ledger, above),
        )
    await check_use(work, above, facts_of(above), facts_of(account))
    return lines


async def _choose(work: Work, ledger: Ledger, account: Account, chosen: Mapping[str, Any]) -> None:
    """Put what is chosen into the account's row; the caller flushes."""
    problems = [problem for name, most in _TEXTS.items() if (problem := _too_long(name, chosen.get(name), most))]
    if "name" in chosen and not chosen["name"].strip():
        problems.append(FieldError("name", _("Give the account a name.")))
    problems += _check_money(ledger, chosen)
    problems += await _check_dimensions(work, account, chosen)
    if problems:
        raise Invalid(problems[0].message, errors=problems)
    for name in (*_TEXTS, "currency", "is_cash", "cash_item_in", "cash_item_out"):
        if name in chosen:
            value = chosen[name].strip() if isinstance(chosen[name], str) else chosen[name]
            setattr(account, name, (value or None) if name in ("currency", "unit") else value)
    if "name" in chosen:
        account.mnemonic = official.mnemonic(account.name)
    required = list(dict.fromkeys(chosen.get("required_dimensions", account.required_dimensions)))
    optional = list(dict.fromkeys(chosen.get("optional_dimensions", account.optional_dimensions)))
    account.required_dimensions, account.optional_dimensions = required, [kind for kind in optional if kind not in required]


def _too_long(name: str, value: Any, most: int) -> FieldError | None:
    if isinstance(value, str) and len(value) > most:
        return FieldError(name, _("At most %(max)s characters.", max=most))
    return None


def _check_money(ledger: Ledger, chosen: Mapping[str, Any]) -> list[FieldError]:
    problems = []
    if currency := chosen.get("currency"):
        if currency not in CURRENCIES:
            message = _("%(currency)s is no currency we know; use a code like USD.", currency=currency)
            problems.append(FieldError("currency", message))
        elif currency == ledger.currency:
            problems.append(FieldError("currency", _("%(currency)s is the base currency, which every account keeps.", currency=currency)))
    known = {item.line for item in cash_items(ledger.standard)}
    wrong = [name for name in ("cash_item_in", "cash_item_out") if chosen.get(name) is not None and chosen[name] not in known]
    return problems + [FieldError(name, _("The cash flow statement has no item in line %(line)s.", line=chosen[name])) for name in wrong]


async def _check_dimensions(work: Work, account: Account, chosen: Mapping[str, Any]) -> list[FieldError]:
    given = {kind: name for name in ("required_dimensions", "optional_dimensions") for kind in chosen.get(name, ())}
    held = {*account.required_dimensions, *account.optional_dimensions}
    if not given.keys() - held:
        return []
    known = {kind.key for kind in await kinds(work)}
    return [FieldError(name, _("There is no dimension %(name)s.", name=kind)) for kind, name in given.items() if kind not in known | held]


async def _switch(work: Work, ledger: Ledger, account: Account, *, is_active: bool) -> None:
    """An account that can be posted to stands below accounts that can be seen."""
    whole = select(Account).where(Account.ledger_id == ledger.id, Account.is_active != is_active).with_for_update()
    if is_active:
        codes, start = [], 0
        for length in ledger.code_lengths:
            start += length
            codes.append(account.code[:start])
        others = await work.session.scalars(whole.where(Account.code.in_([code for code in codes if code != account.code])))
    else:
        others = await work.session.scalars(whole.where(Account.code.startswith(account.code), Account.id != account.id))
    for other in others:
        other.is_active = is_active
    account.is_active = is_active


async def _check_free(work: Work, ledger: Ledger, code: str) -> None:
    if await work.session.scalar(select(Account.id).where(Account.ledger_id == ledger.id, Account.code == code)):
        raise AccountCodeTaken(_("Account %(code)s exists already; choose another code.", code=code), field="code")


async def _next_code(work: Work, ledger: Ledger, above: Account) -> str:
    last = await work.session.scalar(select(func.max(Account.code)).where(Account.ledger_id == ledger.id, Account.parent_id == above.id))
    width = ledger.digits_below(above.level)
    following = int(last[len(above.code) :]) + 1 if last else 1
    if following >= 10**width:
        raise AccountCodeTaken(_("Account %(code)s has no free number for a sub-account.", code=above.code), field="code")
    return f"{above.code}{following:0{width}}"


def _title(account: Account) -> str:
    return f"{account.code} {account.name}"
