"""Adds the accounts of verticals to a ledger's chart."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update

from core_finance.chart import official
from core_finance.chart.model import Account, AccountKey, Category, Ledger, Side
from core_finance.posting.model import NO_DIMENSIONS, Balance
from kernel.work import Work
from vertical import AccountTemplate

# Where an account without a parent goes, by kind: the class of its first digit in each standard is found by category.
_CATEGORIES = {
    "asset": Category.ASSET,
    "liability": Category.LIABILITY,
    "equity": Category.EQUITY,
    "income": Category.REVENUE,
    "expense": Category.EXPENSE,
}
_DEBIT = frozenset({Category.ASSET, Category.COST, Category.EXPENSE})


async def seed_accounts(work: Work, templates: Sequence[AccountTemplate], *, ledger: Ledger | None = None) -> None:
    """Add the templates' accounts and keys to ``ledger``, or to every ledger; what is there already stays as it is.

    A template with a ``parent_key`` becomes the next sub-account of that account, whatever the standard numbers it.
    Where the parent was posted to before, the key points to the parent: a posted line cannot move to a sub-account.
    """
    ledgers = [ledger] if ledger else (await work.session.scalars(select(Ledger).order_by(Ledger.created_at))).all()
    for each in ledgers:
        await _seed(work, each, templates)


async def _seed(work: Work, ledger: Ledger, templates: Sequence[AccountTemplate]) -> None:
    keys = select(AccountKey.key, AccountKey.account_id).where(AccountKey.ledger_id == ledger.id)
    known = dict((await work.session.execute(keys)).all())
    accounts = {a.id: a for a in await work.session.scalars(select(Account).where(Account.ledger_id == ledger.id))}
    used = set(
        await work.session.scalars(
            select(Balance.account_id).distinct().where(Balance.ledger_id == ledger.id, Balance.dimension_set_id == NO_DIMENSIONS)
        )
    )
    for template in templates:
        if template.key in known:
            continue
        codes = {a.code: a for a in accounts.values()}
        parent = accounts.get(known[template.parent_key]) if template.parent_key in known else _parent_by_code(codes, template.code)
        if parent is not None and parent.is_leaf and parent.id in used:
            account = parent
        else:
            if parent is not None and parent.is_leaf:
                await _keep_keys_on_a_leaf(work, ledger, parent, known, accounts)
                codes = {a.code: a for a in accounts.values()}
            account = _new_account(ledger, template, parent, codes)
            work.session.add(account)
            await work.session.flush()
            accounts[account.id] = account
        known[template.key] = account.id
        work.session.add(AccountKey(ledger_id=ledger.id, key=template.key, account_id=account.id))
    await work.session.flush()


def _new_account(ledger: Ledger, template: AccountTemplate, parent: Account | None, codes: dict[str, Account]) -> Account:
    category = parent.category if parent else _CATEGORIES[template.kind]
    side = parent.side if parent else Side.DEBIT if category in _DEBIT else Side.CREDIT
    code = template.code
    width = ledger.digits_below(parent.level) if parent else 0
    if parent is not None and (not code.startswith(parent.code) or len(code) != len(parent.code) + width or code in codes):
        code = _next_code(parent.code, width, codes)
    elif parent is None and code in codes:
        code = next(str(n) for n in range(int(code) + 1, int(code) + 10_000) if str(n) not in codes)
    if parent is not None:
        parent.is_leaf = False
    return Account(
        ledger_id=ledger.id, code=code, name=template.name, name_en="", mnemonic=official.mnemonic(template.name), category=category,
        side=side, level=parent.level + 1 if parent else 1, parent_id=parent.id if parent else None, is_leaf=True, is_active=True,
        is_cash=parent.is_cash if parent else False, required_dimensions=[], note="",
        optional_dimensions=[*parent.required_dimensions, *parent.optional_dimensions] if parent else ["party", "department", "project"],
    )  # fmt: skip


def _parent_by_code(codes: dict[str, Account], code: str) -> Account | None:
    """The account whose code is the longest beginning of ``code``."""
    found = [a for own, a in codes.items() if code != own and code.startswith(own)]
    return max(found, key=lambda a: len(a.code), default=None)


def _next_code(parent: str, width: int, codes: dict[str, Account]) -> str:
    return next(code for n in range(1, 10**width) if (code := f"{parent}{n:0{width}}") not in codes)


async def _keep_keys_on_a_leaf(work: Work, ledger: Ledger, parent: Account, known: dict[str, UUID], accounts: dict[UUID, Account]) -> None:
    """Before ``parent`` gets its first sub-account: rules that post to it go on with a sub-account "other" (其他)."""
    moved = [key for key, account_id in known.items() if account_id == parent.id]
    if not moved:
        return
    code = parent.code + "9" * ledger.digits_below(parent.level)
    template = AccountTemplate(key=code, code=code, name="其他", kind="asset")
    other = _new_account(ledger, template, parent, {a.code: a for a in accounts.values()})
    other.name_en = "Other"
    work.session.add(other)
    await work.session.flush()
    accounts[other.id] = other
    known |= dict.fromkeys(moved, other.id)
    await work.session.execute(
        update(AccountKey).where(AccountKey.ledger_id == ledger.id, AccountKey.account_id == parent.id).values(account_id=other.id)
    )
