"""What keeps a request from being made or decided."""

from kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound


class ApprovalNotFound(NotFound):
    code = "approval_not_found"


class ApprovalFlowNotFound(NotFound):
    code = "approval_flow_not_found"


class ApprovalPending(Conflict):
    """The record waits for a decision already."""

    code = "approval_pending"


class ApprovalDecided(Conflict):
    """Somebody was faster, or it was withdrawn."""

    code = "approval_decided"


class ApprovalNotYours(Forbidden):
    """Others decide in this step, or the caller asked for it themselves."""

    code = "approval_not_yours"


class ApprovalReasonMissing(Invalid):
    code = "approval_reason_missing"


class UnderApproval(DomainError):
    """The record waits for a decision and must not change meanwhile."""

    code = "record_under_approval"
