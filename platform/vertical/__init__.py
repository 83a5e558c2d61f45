"""The public interface of verticals: hooks, declarations, and the version a vertical's manifest asks for.

Everything importable from here is supported; docs/hooks.md explains each hook.
"""

from vertical.declarations import (
    AccountTemplate,
    Action,
    Candidate,
    DocumentType,
    Job,
    JournalLine,
    Manifest,
    Migrations,
    NavItem,
    Panel,
    Permission,
    PostingRule,
    Pricing,
    Problem,
    RecordRules,
    Report,
    Resource,
    Role,
    RowProblem,
    Searcher,
    SearchHit,
    SourceDocument,
    Subscriber,
    TenantContext,
    Widget,
)
from vertical.hookspecs import GROUP, hookimpl, hookspec

API_VERSION = "1.0"

__all__ = [
    "API_VERSION",
    "GROUP",
    "AccountTemplate",
    "Action",
    "Candidate",
    "DocumentType",
    "Job",
    "JournalLine",
    "Manifest",
    "Migrations",
    "NavItem",
    "Panel",
    "Permission",
    "PostingRule",
    "Pricing",
    "Problem",
    "RecordRules",
    "Report",
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
