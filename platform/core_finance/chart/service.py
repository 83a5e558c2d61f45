"""The chart of accounts: searching, adding, disabling."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy import exists, func, or_, select, update

from core_finance.chart import official
from core_finance.chart.model import Account, AccountKey, Ledger
from core_finance.posting.model import Balance
from core_finance.posting.voucher import DIMENSIONS
from kernel.errors import Conflict, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.work import Work


class AccountNotFound(NotFound):
    code = "account_not_found"


class AccountCodeTaken(Conflict):
    code = "account_code_taken"


class AccountInUse(Conflict):
    code = "account_in_use"


class AccountKeyMissing(Conflict):
    code = "account_key_missing"


class Named(Protocol):
    """An account, or what a book keeps of one."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str: ...


def shown_name(account: Account | Named) -> str:
    """The account's name in the reader's language, where it has one."""
    return account.name if locale() == "zh_CN" or not account.name_en else account.name_en


def dotted(code: str, lengths: Sequence[int] = official.CODE_LENGTHS) -> str:
    """2221.01.07 for 22210107."""
    parts, start = [], 0
    for length in lengths:
        if start < len(code):
            parts.append(code[start : start + length])
            start += length
    return ".".join(parts + ([code[start:]] if start < len(code) else []))


async def accounts(
    work: Work, ledger: Ledger, *, text: str = "", leaves: bool = False, active: bool = False, limit: int = 2000
) -> Sequence[Account]:
    """Accounts in the order of their codes.

    ``text`` is a code with or without dots, a part of the name in either language, or initials in pinyin.
    """
    query = select(Account).where(Account.ledger_id == ledger.id).order_by(Account.code).limit(limit)
    if leaves:
        query = query.where(Account.is_leaf)
    if active:
        query = query.where(Account.is_active)
    if text := text.strip():
        code = text.replace(".", "")
        query = query.where(
            or_(
                Account.code.startswith(code, autoescape=True),
                Account.name.contains(text, autoescape=True),
                Account.name_en.icontains(text, autoescape=True),
                Account.mnemonic.startswith(text.lower(), autoescape=True),
            )
        )
    return (await work.session.scalars(query)).all()


async def get_account(work: Work, ledger: Ledger, code: str) -> Account:
    """The account of that code.

    Raises:
        AccountNotFound: there is none.
    """
    account = await work.session.scalar(select(Account).where(Account.ledger_id == ledger.id, Account.code == code.replace(".", "")))
    if account is None:
        raise AccountNotFound(_("There is no account %(code)s; choose one from the chart.", code=code))
    return account


async def codes_by_key(work: Work, ledger: Ledger) -> Mapping[str, Account]:
    """What posting rules call an account -> the account."""
    query = select(AccountKey.key, Account).join(Account, Account.id == AccountKey.account_id).where(AccountKey.ledger_id == ledger.id)
    return dict((await work.session.execute(query)).all())


async def add_account(
    work: Work,
    ledger: Ledger,
    *,
    parent: str,
    name: str,
    code: str | None = None,
    name_en: str = "",
    dimensions: Sequence[str] | None = None,
) -> Account:
    """A sub-account of ``parent``, with the next free code where none is given.

    Raises:
        AccountInUse: the parent was posted to; its lines cannot move.
        AccountCodeTaken: the code is taken.
        Invalid: the code does not follow the parent's, or the name is missing.
    """
    above = await get_account(work, ledger, parent)
    if not name.strip():
        raise Invalid(_("Give the account a name."), field="name")
    if above.is_leaf and await _is_posted(work, above.id):
        raise AccountInUse(
            _("Account %(code)s was posted to; it cannot have sub-accounts. Add one beside it.", code=above.code), field="parent"
        )
    code = (code or await _next_code(work, ledger, above)).replace(".", "")
    width = ledger.code_lengths[above.level] if above.level < len(ledger.code_lengths) else 2
    if not (code.isascii() and code.isdecimal() and code.startswith(above.code) and len(code) == len(above.code) + width):
        raise Invalid(_("The code must be %(parent)s and %(width)s more digits.", parent=above.code, width=width), field="code")
    if await work.session.scalar(select(Account.id).where(Account.ledger_id == ledger.id, Account.code == code)):
        raise AccountCodeTaken(_("Account %(code)s exists already; choose another code.", code=code), field="code")
    if unknown := set(dimensions or ()) - set(DIMENSIONS):
        raise Invalid(_("There is no dimension %(name)s.", name=", ".join(sorted(unknown))), field="dimensions")
    account = Account(
        ledger_id=ledger.id, code=code, name=name.strip(), name_en=name_en, mnemonic=official.mnemonic(name), category=above.category,
        side=above.side, level=above.level + 1, parent_id=above.id, is_leaf=True, is_active=True, is_cash=above.is_cash,
        required_dimensions=[], note="",
        optional_dimensions=list(above.optional_dimensions if dimensions is None else dimensions),
    )  # fmt: skip
    work.session.add(account)
    await work.session.flush()
    if above.is_leaf:
        # Rules that posted to the parent go on with its first sub-account.
        moved = update(AccountKey).where(AccountKey.ledger_id == ledger.id, AccountKey.account_id == above.id)
        await work.session.execute(moved.values(account_id=account.id))
        above.is_leaf = False
        await work.session.flush()
    return account


async def change_account(work: Work, ledger: Ledger, code: str, *, name: str | None = None, is_active: bool | None = None) -> Account:
    """Rename an account, or disable or enable it.  Accounts are never deleted: the books speak of them."""
    account = await get_account(work, ledger, code)
    if name is not None:
        if not name.strip():
            raise Invalid(_("Give the account a name."), field="name")
        account.name, account.mnemonic = name.strip(), official.mnemonic(name)
    if is_active is not None:
        account.is_active = is_active
    await work.session.flush()
    return account


async def _is_posted(work: Work, account_id: UUID) -> bool:
    return bool(await work.session.scalar(select(exists().where(Balance.account_id == account_id))))


async def _next_code(work: Work, ledger: Ledger, above: Account) -> str:
    last = await work.session.scalar(select(func.max(Account.code)).where(Account.ledger_id == ledger.id, Account.parent_id == above.id))
    width = ledger.code_lengths[above.level] if above.level < len(ledger.code_lengths) else 2
    following = int(last[len(above.code) :]) + 1 if last else 1
    if following >= 10**width:
        raise AccountCodeTaken(_("Account %(code)s has no free number for a sub-account.", code=above.code), field="code")
    return f"{above.code}{following:0{width}}"
