"""A company's own rules of cash flows, asked before the official ones."""

from collections.abc import Sequence
from typing import get_args
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert

from core_finance.cash_flow.items import ItemUnknown
from core_finance.cash_flow.model import CashRule
from core_finance.cash_flow.rules import items
from core_finance.cash_flow.service import lock
from core_finance.cash_flow.split import Direction
from core_finance.chart.model import Account, Ledger
from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.versions import read_version
from kernel.work import Work


class RuleChanged(Conflict):
    code = "cash_rule_changed"


class RuleNotFound(NotFound):
    code = "cash_rule_not_found"


async def own_rules(work: Work, ledger: Ledger) -> Sequence[CashRule]:
    """The rules by account."""
    query = select(CashRule).where(CashRule.ledger_id == ledger.id).order_by(CashRule.account, CashRule.direction).limit(1000)
    return (await work.session.scalars(query)).all()


async def save_rule(
    work: Work, ledger: Ledger, *, account: str, direction: str, item: int, version: int | None = None, checked: bool = False
) -> CashRule:
    """Money that moves in that direction against ``account``, or any below it, goes to line ``item`` from now on.

    ``checked``: a rule that is there is changed only as of the ``version`` that was read.

    Raises:
        VersionRequired, RuleChanged: ``checked``, and no version or an older one was read.
        Invalid: there is no such account or direction.
        ItemUnknown: the form has no such line for movements.
    """
    account = account.replace(".", "").strip()
    if direction not in get_args(Direction):
        raise Invalid(_("Money comes in or goes out; choose one."), field="direction")
    known = select(exists().where(Account.ledger_id == ledger.id, Account.code.startswith(account, autoescape=True), ~Account.is_cash))
    if not account or not await work.session.scalar(known):
        raise Invalid(_("There is no account %(code)s against which cash could move.", code=account or "—"), field="account")
    if item not in items(ledger.standard):
        raise ItemUnknown(_("Line %(line)s takes no movements; choose a line of receipts or payments.", line=item), field="item")
    c = CashRule
    same = (c.ledger_id == ledger.id, c.account == account, c.direction == direction)
    await lock(work, ledger)
    there = (await work.session.execute(select(c.item, c.version).where(*same))).one_or_none()
    before = there.item if there else None
    if there and checked and read_version(version) != there.version:
        raise RuleChanged(_("Somebody changed this rule meanwhile; load it again."), field="version")
    stamp = {"created_at": clock.now(), "updated_at": clock.now()}
    added = insert(c).values(id=new_id(), ledger_id=ledger.id, account=account, direction=direction, item=item, version=1, **stamp)
    changed = {"item": item, "updated_at": clock.now(), "version": c.version + 1}
    await work.session.execute(added.on_conflict_do_update(index_elements=["ledger_id", "account", "direction"], set_=changed))
    rule = (await work.session.scalars(select(c).where(*same).execution_options(populate_existing=True))).one()
    if before != item:
        await record(
            work, "cash_rule.saved", f"cash_rule:{rule.id}", name=f"{account} {direction}",
            before={"item": before} if before else None, after={"item": item},
        )  # fmt: skip
    return rule


async def delete_rule(work: Work, ledger: Ledger, rule_id: UUID) -> None:
    """Take a rule away; what it decided stays until rules are applied again.

    Raises:
        RuleNotFound: there is none.
    """
    c = CashRule
    gone = delete(c).where(c.id == rule_id, c.ledger_id == ledger.id).returning(c.account, c.direction, c.item)
    row = (await work.session.execute(gone)).first()
    if row is None:
        raise RuleNotFound(_("There is no such rule any more."))
    before = {"account": row.account, "direction": row.direction, "item": row.item}
    await record(work, "cash_rule.deleted", f"cash_rule:{rule_id}", name=f"{row.account} {row.direction}", before=before)
