"""The official chart into a ledger, out of it again, and its VAT accounts as the taxpayer asks."""

from uuid import UUID

from sqlalchemy import delete, exists, insert, or_, select, update

from core_finance.chart import official
from core_finance.chart.changing import add_account
from core_finance.chart.model import Account, AccountKey, Ledger, Taxpayer
from core_finance.chart.rules import rules_of
from core_finance.chart.seeding import seed_accounts
from core_finance.posting.model import Balance
from core_finance.vouchers.model import Draft, DraftLine
from kernel import clock
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work


async def load_chart(work: Work, ledger: Ledger) -> None:
    """The official accounts of the ledger's standard, in its code scheme, and those of the tenant's verticals."""
    await _insert(work, ledger, official.chart(ledger.standard, ledger.taxpayer))
    await _point(work, ledger, official.keys(ledger.standard, ledger.taxpayer))
    await seed_accounts(work, [c.item for c in work.contributions("accounts")], ledger=ledger)
    if rules_of(ledger).parties_required:
        await ask_for_parties(work, ledger, required=True)


async def ask_for_parties(work: Work, ledger: Ledger, *, required: bool) -> None:
    """Make lines of receivables, payables and advances name their party, or leave it to whoever enters them.

    Only where the party is kept.  Sub-accounts are asked as well, but not those of verticals, whose rules fill them.
    """
    codes = [official.in_scheme(code, ledger.code_lengths) for code in official.party_required()]
    own = select(AccountKey.account_id).where(AccountKey.ledger_id == ledger.id, AccountKey.key.contains("."))
    below = or_(*(Account.code.startswith(code) for code in codes))
    query = select(Account).where(Account.ledger_id == ledger.id, below, Account.id.not_in(own))
    for account in await work.session.scalars(query):
        kept = [*account.required_dimensions, *account.optional_dimensions]
        if "party" not in kept:
            continue
        asked = [kind for kind in account.required_dimensions if kind != "party"]
        account.required_dimensions = ["party", *asked] if required else asked
        account.optional_dimensions = [kind for kind in kept if kind not in account.required_dimensions]
    await work.session.flush()


async def unload_chart(work: Work, ledger: Ledger) -> None:
    """Take all accounts out of a ledger in which nothing is posted."""
    await work.session.execute(delete(AccountKey).where(AccountKey.ledger_id == ledger.id))
    await work.session.execute(delete(Account).where(Account.ledger_id == ledger.id))


async def fit_vat(work: Work, ledger: Ledger) -> None:
    """Give 应交增值税 the columns of a general taxpayer, or take them away where they were never used.

    A company that becomes a general taxpayer keeps what it posted before in a sub-account of its own.  One that becomes
    small-scale after it used the columns goes on with them.
    """
    vat = official.in_scheme(official.VAT, ledger.code_lengths)
    keys = official.keys(ledger.standard, ledger.taxpayer)
    about_vat = {key: code for key, code in keys.items() if key in official.small_scale_keys()}
    below = select(Account.id).where(Account.ledger_id == ledger.id, Account.code.startswith(vat), Account.code != vat)
    if ledger.taxpayer is Taxpayer.SMALL_SCALE:
        posted = await work.session.scalar(select(exists().where(Balance.account_id.in_(below))))
        drafts = select(Draft.id).where(Draft.ledger_id == ledger.id)
        named = exists().where(DraftLine.draft_id.in_(drafts), DraftLine.account.startswith(vat))
        if posted or await work.session.scalar(select(named)):
            return
        await _point(work, ledger, about_vat)
        await work.session.execute(delete(Account).where(Account.id.in_(below)))
        await work.session.execute(update(Account).where(Account.ledger_id == ledger.id, Account.code == vat).values(is_leaf=True))
        return
    account = await work.session.scalar(select(Account).where(Account.ledger_id == ledger.id, Account.code == vat))
    if account is not None and account.is_leaf:
        if await work.session.scalar(select(exists().where(Balance.account_id == account.id))):
            last = vat + "9" * ledger.digits_below(account.level)
            await add_account(work, ledger, parent=vat, code=last, name=_("Before general taxpayer"), take_over=True)
        await work.session.execute(update(Account).where(Account.id == account.id).values(is_leaf=False))
    known = set(await work.session.scalars(select(Account.code).where(Account.ledger_id == ledger.id)))
    wanted = [a for a in official.chart(ledger.standard, ledger.taxpayer) if a.code.startswith(official.VAT)]
    await _insert(work, ledger, [a for a in wanted if official.in_scheme(a.code, ledger.code_lengths) not in known])
    await _point(work, ledger, about_vat)


async def _insert(work: Work, ledger: Ledger, accounts: official.Accounts) -> None:
    if not accounts:
        return
    code_of = {a.code: official.in_scheme(a.code, ledger.code_lengths) for a in accounts}
    ids = await _ids(work, ledger) | {code: new_id() for code in code_of.values()}
    parents = {account.parent for account in accounts}
    stamp = {"created_at": clock.now(), "updated_at": clock.now(), "ledger_id": ledger.id}
    rows = [
        {
            **stamp, "id": ids[code_of[a.code]], "version": 1, "code": code_of[a.code], "name": a.name, "name_en": a.name_en,
            "mnemonic": official.mnemonic(a.name), "category": a.category, "side": a.side, "level": a.level,
            "parent_id": ids.get(official.in_scheme(a.parent, ledger.code_lengths)), "is_leaf": a.code not in parents,
            "is_active": True, "is_cash": official.is_cash(a.code), "required_dimensions": [], "note": "",
            "optional_dimensions": ["party"] if official.keeps_party(a.code) else ["department", "project"],
        }
        for a in accounts
    ]  # fmt: skip
    await work.session.execute(insert(Account), rows)


async def _point(work: Work, ledger: Ledger, keys: official.Keys) -> None:
    """What posting rules call accounts leads to these from now on."""
    ids = await _ids(work, ledger)
    codes = {key: official.in_scheme(code, ledger.code_lengths) for key, code in keys.items()}
    wanted = {key: ids[code] for key, code in codes.items() if code in ids}
    await work.session.execute(delete(AccountKey).where(AccountKey.ledger_id == ledger.id, AccountKey.key.in_(wanted)))
    stamp = {"created_at": clock.now(), "updated_at": clock.now(), "ledger_id": ledger.id}
    rows = [{**stamp, "id": new_id(), "key": key, "account_id": account_id} for key, account_id in wanted.items()]
    await work.session.execute(insert(AccountKey), rows)


async def _ids(work: Work, ledger: Ledger) -> dict[str, UUID]:
    """Of the ledger's accounts, by code."""
    query = select(Account.code, Account.id).where(Account.ledger_id == ledger.id)
    return dict((await work.session.execute(query)).all())
