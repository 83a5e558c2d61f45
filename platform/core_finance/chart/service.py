"""The chart of accounts as it is read."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from sqlalchemy import or_, select

from core_finance.chart.model import Account, AccountKey, Ledger
from kernel.errors import Conflict, NotFound
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.work import Work


class AccountNotFound(NotFound):
    code = "account_not_found"


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


def dotted(code: str, lengths: Sequence[int]) -> str:
    """2221.01.07 for 22210107, where the levels of codes have ``lengths`` digits."""
    parts, start = [], 0
    for length in lengths:
        if start < len(code):
            parts.append(code[start : start + length])
            start += length
    return ".".join(parts + ([code[start:]] if start < len(code) else []))


def titled(account: Account | Named, ledger: Ledger) -> str:
    """The account's code as the ledger divides it, and its name: 1002.01 ICBC."""
    return f"{dotted(account.code, ledger.code_lengths)} {shown_name(account)}"


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


async def account_names(work: Work, ledger: Ledger, codes: Collection[str]) -> Mapping[str, str]:
    """The names of those of the accounts that are there, by code."""
    query = select(Account.code, Account.name).where(Account.ledger_id == ledger.id, Account.code.in_(set(codes)))
    return dict((await work.session.execute(query)).all())


async def get_account(work: Work, ledger: Ledger, code: str) -> Account:
    """The account of that code.

    Raises:
        AccountNotFound: there is none.
    """
    account = await work.session.scalar(select(Account).where(Account.ledger_id == ledger.id, Account.code == code.replace(".", "")))
    if account is None:
        raise AccountNotFound(_("There is no account %(code)s; choose one from the chart.", code=code))
    return account


async def account_in(work: Work, ledger: Ledger, account: Account, currency: str) -> Account | None:
    """Where a rule that means ``account`` posts money in ``currency``: there, or on the first account beside it that keeps just that.

    An account without a currency of its own keeps all.  None: neither does.  Accounts of cash and bank stand for nobody but
    themselves.
    """
    wanted = None if currency == ledger.currency else currency
    if account.currency == wanted:
        return account
    if account.parent_id is not None and not account.is_cash:
        beside = select(Account).where(Account.ledger_id == ledger.id, Account.parent_id == account.parent_id)
        fitting = beside.where(Account.is_leaf, Account.is_active, Account.currency == wanted)
        if found := await work.session.scalar(fitting.order_by(Account.code).limit(1)):
            return found
    return account if account.currency is None else None


async def codes_by_key(work: Work, ledger: Ledger) -> Mapping[str, Account]:
    """What posting rules call an account -> the account."""
    query = select(AccountKey.key, Account).join(Account, Account.id == AccountKey.account_id).where(AccountKey.ledger_id == ledger.id)
    return dict((await work.session.execute(query)).all())
