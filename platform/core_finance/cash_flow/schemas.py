"""Shapes of cash flows in the REST API."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec

from core_finance.cash_flow.items import Movement
from core_finance.cash_flow.model import CashRule
from core_finance.cash_flow.opening import CashOpening


class MovementRead(msgspec.Struct, kw_only=True):
    """A line against cash with its share of the movement: positive for money in.  ``item`` null stands on no line yet."""

    id: UUID
    voucher_id: UUID
    voucher: str
    on: date
    period: int
    account: str
    account_name: str
    summary: str
    item: int | None
    amount: Decimal
    is_chosen: bool
    source_number: str | None
    source_path: str | None

    @classmethod
    def of(cls, row: Movement) -> "MovementRead":
        return cls(on=row.entry_on, **{name: getattr(row, name) for name in cls.__struct_fields__ if name != "on"})


class MovementList(msgspec.Struct, kw_only=True):
    items: list[MovementRead]
    next: str | None


class ItemRead(msgspec.Struct, kw_only=True):
    """A line of the form that movements stand on; ``direction`` is in or out."""

    line: int
    name: str
    name_en: str
    direction: str


class ProofRead(msgspec.Struct, kw_only=True):
    """``change`` is that of cash by its balances; the movements with and without a line add up to it."""

    first: int
    last: int
    tagged: Decimal
    untagged: Decimal
    change: Decimal
    holds: bool


class ItemChoice(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``item`` null takes movements off their line.  ``filed``: also those of months whose statement was filed."""

    ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=500)]
    item: int | None
    filed: bool = False


class ChangedRead(msgspec.Struct, kw_only=True):
    changed: int


class RuleWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``account`` is a code or its beginning, ``direction`` in or out, ``item`` a line of the form.

    A rule that is there is changed with the ``version`` that was read: 428 ``version_required`` without it, 409
    ``cash_rule_changed`` when it is not the present one.
    """

    account: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    direction: str
    item: int
    version: int | None = None


class RuleRead(msgspec.Struct, kw_only=True):
    """``account_name`` is empty where ``account`` is the beginning of several codes."""

    id: UUID
    account: str
    account_name: str
    direction: str
    item: int
    version: int

    @classmethod
    def of(cls, rule: CashRule, names: Mapping[str, str]) -> "RuleRead":
        same = {name: getattr(rule, name) for name in cls.__struct_fields__ if name != "account_name"}
        return cls(**same, account_name=names.get(rule.account, ""))


class OpeningWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Line -> amount as the form shows it, from January to the month before the ledger starts.

    ``version`` is that of what was read: 428 ``version_required`` without it, 409 ``cash_opening_changed`` when it is not the
    present one.
    """

    amounts: dict[int, Decimal]
    version: int | None = None


class OpeningFlowsRead(msgspec.Struct, kw_only=True):
    """``change`` of cash is what the lines must add up to.  ``version`` changes with the amounts."""

    month: int
    amounts: dict[int, Decimal]
    change: Decimal
    version: int

    @classmethod
    def of(cls, found: CashOpening) -> "OpeningFlowsRead":
        return cls(month=found.month, amounts=dict(found.amounts), change=found.change, version=found.version)
