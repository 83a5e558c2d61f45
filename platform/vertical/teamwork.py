"""What a vertical declares so that people work together on its records: kinds of records, notifications, approvals."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from kernel.work import Work
from vertical.reporting import ReportTable


@dataclass(frozen=True, kw_only=True)
class RecordKind:
    """Records that people work with together: a task, a notification or an approval is about one of them.

    Each ``Resource`` is a kind by itself; documents written by hand are declared.  ``stem`` is that of their permissions,
    ``path`` their page with ``{id}`` in it, ``title`` an attribute or a function of the row.  ``fields`` are attributes, with
    their labels, that a company's rules may look at.
    """

    stem: str
    label: str
    model: type[Any]
    path: str
    title: str | Callable[[Any], str] = "name"
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NotificationKind:
    """An occasion on which members are told something.  Each member chooses for each kind whether it also comes by mail.

    ``mail`` is what holds until somebody chooses.
    """

    key: str
    label: str
    mail: bool = False
    icon: str = "bell"


@dataclass(frozen=True, kw_only=True)
class ApprovalFact:
    """What a document says that a company's flow may look at: ``amount``, of kind money."""

    name: str
    label: str
    kind: Literal["number", "money", "text", "check"] = "text"


@dataclass(frozen=True, kw_only=True)
class ApprovalStep:
    """Who decides: ``manager`` is the superior of who asks, ``role:<code>`` whoever holds a role.

    With ``mode`` any the first decision counts, with all everybody must agree.
    """

    by: str
    mode: Literal["any", "all"] = "any"
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class ApprovalSummary:
    """What whoever decides must know, in their language: facts with their labels, warnings first, and lines as a table."""

    facts: Sequence[tuple[str, str]]
    warnings: Sequence[str] = ()
    table: ReportTable | None = None


@dataclass(frozen=True, kw_only=True)
class ApprovalOutcome:
    """How a request ended.  ``facts`` are those it was made with, amounts as ``Decimal``; ``reason`` is the refusal's."""

    approval_id: UUID
    kind: str
    record_id: UUID
    approved: bool
    facts: Mapping[str, Any]
    by: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ApprovalKind:
    """Something that a company may want decided before it happens: a refund, a price below the floor.

    ``summary(work, record_id)`` is shown to whoever decides, with the platform's rights.  ``approved(work, outcome)`` does
    what was asked for, in the transaction of the last decision; ``refused`` is told of a rejection or a withdrawal.
    ``usual`` are the steps while the company has set up no flow of its own: none mean that nothing needs approval then.
    With ``gather``, which answers the facts of a record, members may ask for approval on the record's page by hand.
    """

    key: str
    label: str
    stem: str
    summary: Callable[[Work, UUID], Awaitable[ApprovalSummary]]
    approved: Callable[[Work, ApprovalOutcome], Awaitable[None]]
    refused: Callable[[Work, ApprovalOutcome], Awaitable[None]] | None = None
    facts: Sequence[ApprovalFact] = ()
    usual: Sequence[ApprovalStep] = ()
    gather: Callable[[Work, UUID], Awaitable[Mapping[str, Any]]] | None = None
