"""The public interface of verticals: hooks, declarations, and the version a vertical's manifest asks for.

Everything importable from here is supported; docs/hooks.md explains each hook.
"""

from vertical.books import (
    AccountTemplate,
    Calculation,
    Finding,
    Invariant,
    JournalLine,
    PeriodEnd,
    PeriodEndCheck,
    PeriodEndStep,
    PostingRule,
    SourceDocument,
)
from vertical.declarations import (
    DocumentType,
    Job,
    Manifest,
    Migrations,
    NavItem,
    Panel,
    Permission,
    Pricing,
    Problem,
    Role,
    Searcher,
    SearchHit,
    Subscriber,
    TenantContext,
    Widget,
)
from vertical.hookspecs import GROUP, hookimpl, hookspec
from vertical.reporting import Report, ReportChart, ReportColumn, ReportTable
from vertical.resources import Action, Candidate, RecordRules, Resource, RowProblem
from vertical.teamwork import ApprovalFact, ApprovalKind, ApprovalOutcome, ApprovalStep, ApprovalSummary, NotificationKind, RecordKind

API_VERSION = "1.4"

__all__ = [
    "API_VERSION",
    "GROUP",
    "AccountTemplate",
    "Action",
    "ApprovalFact",
    "ApprovalKind",
    "ApprovalOutcome",
    "ApprovalStep",
    "ApprovalSummary",
    "Calculation",
    "Candidate",
    "DocumentType",
    "Finding",
    "Invariant",
    "Job",
    "JournalLine",
    "Manifest",
    "Migrations",
    "NavItem",
    "NotificationKind",
    "Panel",
    "PeriodEnd",
    "PeriodEndCheck",
    "PeriodEndStep",
    "Permission",
    "PostingRule",
    "Pricing",
    "Problem",
    "RecordKind",
    "RecordRules",
    "Report",
    "ReportChart",
    "ReportColumn",
    "ReportTable",
    "Resource",
    "Role",
    "RowProblem",
    "SearchHit",
    "Searcher",
    "SourceDocument",
    "Subscriber",
    "TenantContext",
    "Widget",
    "hookimpl",
    "hookspec",
]
