"""How requests end, for packages that did not ask themselves."""

from dataclasses import dataclass
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ApprovalEvent(Event):
    """What all of them tell.  ``record_kind`` is the stem of the record's permissions."""

    approval_id: UUID
    kind: str
    record_kind: str
    record_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApprovalRequested(ApprovalEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ApprovalGranted(ApprovalEvent):
    """All steps agreed, and what was asked for has been done in the same transaction."""


@dataclass(frozen=True, kw_only=True)
class ApprovalRefused(ApprovalEvent):
    reason: str


@dataclass(frozen=True, kw_only=True)
class ApprovalWithdrawn(ApprovalEvent):
    pass
