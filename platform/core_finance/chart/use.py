"""What an account is used by, and what that allows to change."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm.attributes import flag_modified

from core_finance.chart.model import Account, AccountKey, Ledger
from core_finance.closing.model import Amortisation
from core_finance.dimensions.service import labels, says
from core_finance.periods.model import Period
from core_finance.posting.model import NO_DIMENSIONS, Balance, DimensionSet, Measure, VoucherLine
from core_finance.vouchers.model import Draft, DraftLine, VoucherTemplate
from kernel.errors import Conflict
from kernel.i18n import gettext as _
from kernel.work import Work

ZERO = Decimal(0)


class AccountInUse(Conflict):
    code = "account_in_use"


async def lock_postings(work: Work, ledger: Ledger) -> None:
    """Whoever is posting to the ledger finishes first; whoever comes later waits for the end of this transaction."""
    query = select(Period.id).where(Period.ledger_id == ledger.id).order_by(Period.code)
    await work.session.execute(query.with_for_update(key_share=True))


async def is_used(work: Work, account: Account) -> bool:
    """Whether anything was posted to the account."""
    return bool(await work.session.scalar(select(exists().where(Balance.account_id == account.id))))


async def lines_of(work: Work, account: Account) -> int:
    """How many posted lines name the account."""
    return await work.session.scalar(select(func.count()).where(VoucherLine.account_id == account.id)) or 0


async def drafts_naming(work: Work, ledger: Ledger, account: Account) -> int:
    """How many drafts name the account."""
    mine = select(Draft.id).where(Draft.ledger_id == ledger.id)
    query = select(func.count(DraftLine.draft_id.distinct())).where(DraftLine.account == account.code, DraftLine.draft_id.in_(mine))
    return await work.session.scalar(query) or 0


async def follow(work: Work, ledger: Ledger, above: Account, account: Account) -> None:
    """What named ``above`` names its first sub-account from now on: posting rules, drafts, templates, amortisation.

    Rules of cash flow name beginnings of codes, so they reach the sub-account as they stand.
    """
    keys = update(AccountKey).where(AccountKey.ledger_id == ledger.id, AccountKey.account_id == above.id)
    await work.session.execute(keys.values(account_id=account.id))
    mine = select(Draft.id).where(Draft.ledger_id == ledger.id)
    drafts = update(DraftLine).where(DraftLine.account == above.code, DraftLine.draft_id.in_(mine))
    await work.session.execute(drafts.values(account=account.code))
    for column in (Amortisation.expense_account, Amortisation.asset_account):
        spread = update(Amortisation).where(Amortisation.ledger_id == ledger.id, column == above.code)
        await work.session.execute(spread.values({column.key: account.code}))
    for template in await work.session.scalars(select(VoucherTemplate).where(VoucherTemplate.ledger_id == ledger.id)):
        for line in template.lines:
            if line.get("account") == above.code:
                line["account"] = account.code
                flag_modified(template, "lines")
    await work.session.flush()


async def check_use(work: Work, account: Account, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Whether what was posted to ``account`` fits it as it will be.

    Raises:
        AccountInUse: it does not; ``field`` names the setting.
    """
    if await _balance(work, account):
        await _check_money(work, account, before, after)
    if after["is_cash"] != before["is_cash"] and await is_used(work, account):
        message = _(
            "Account %(code)s was posted to, and the cash flow statement rests on that. Open another account for cash.", code=account.code
        )
        raise AccountInUse(message, field="is_cash")
    named = await labels(work)
    for kind in after["required_dimensions"]:
        if kind not in before["required_dimensions"] and await _without(work, account, kind):
            message = _(
                "Account %(code)s has a balance that names no %(kind)s, so it cannot be required. Bring that balance to zero by a voucher, "
                "or keep the dimension as optional.",
                code=account.code,
                kind=named.get(kind, kind),
            )
            raise AccountInUse(message, field="required_dimensions")
    kept = {*after["required_dimensions"], *after["optional_dimensions"]}
    for kind in [*before["required_dimensions"], *before["optional_dimensions"]]:
        if kind not in kept and await _with(work, account, kind):
            message = _(
                "Account %(code)s has balances by %(kind)s, so it must go on keeping it. Bring them to zero first.",
                code=account.code,
                kind=named.get(kind, kind),
            )
            raise AccountInUse(message, field="optional_dimensions")


async def _check_money(work: Work, account: Account, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    if after["currency"] != before["currency"]:
        message = _(
            "Account %(code)s has a balance, whose amount in another currency nobody knows. Bring it to zero first, or open a "
            "sub-account for the currency.",
            code=account.code,
        )
        raise AccountInUse(message, field="currency")
    if before["unit"] and after["unit"] != before["unit"] and await _quantity(work, account):
        message = _("Account %(code)s holds a quantity in %(unit)s; bring it to zero first.", code=account.code, unit=before["unit"])
        raise AccountInUse(message, field="unit")


async def _balance(work: Work, account: Account) -> Decimal:
    b = Balance
    query = select(func.sum(b.debit - b.credit)).where(b.account_id == account.id, b.dimension_set_id == NO_DIMENSIONS)
    return await work.session.scalar(query) or ZERO


async def _quantity(work: Work, account: Account) -> Decimal:
    m = Measure
    held = select(func.sum(m.quantity_debit - m.quantity_credit))
    return await work.session.scalar(held.where(m.account_id == account.id, m.dimension_set_id == NO_DIMENSIONS)) or ZERO


async def _without(work: Work, account: Account, kind: str) -> Decimal:
    """The part of the account's balance that names no ``kind``."""
    b = Balance
    named = select(func.sum(b.debit - b.credit)).join(DimensionSet, DimensionSet.id == b.dimension_set_id)
    return await _balance(work, account) - (await work.session.scalar(named.where(b.account_id == account.id, says(kind))) or ZERO)


async def _with(work: Work, account: Account, kind: str) -> bool:
    """Whether any combination that names ``kind`` has a balance, in money or in a measure."""
    b, m = Balance, Measure
    money = (
        select(b.dimension_set_id).join(DimensionSet, DimensionSet.id == b.dimension_set_id).where(b.account_id == account.id, says(kind))
    )
    money = money.group_by(b.dimension_set_id).having(func.sum(b.debit - b.credit) != 0).limit(1)
    measured = select(m.dimension_set_id).join(DimensionSet, DimensionSet.id == m.dimension_set_id)
    measured = measured.where(m.account_id == account.id, says(kind)).group_by(m.dimension_set_id, m.currency)
    rest = or_(func.sum(m.currency_debit - m.currency_credit) != 0, func.sum(m.quantity_debit - m.quantity_credit) != 0)
    return bool(await work.session.scalar(money) or await work.session.scalar(measured.having(rest).limit(1)))
