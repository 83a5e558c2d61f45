"""What the master data contribute: parties, products, departments and employees, with their tables and menu."""

from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

from kernel.events import Event
from kernel.i18n import N_
from master_data import audit_words  # noqa: F401 - names the acts of the master data in the audit log
from master_data.consents.api import ConsentController, ConsentTextController, SuppressionController
from master_data.consents.events import ConsentTakenBack
from master_data.consents.keeping import CONSENT_SUBSCRIBERS
from master_data.consents.model import Consent, ConsentText
from master_data.consents.pages import CONSENT_PANELS, ConsentPages, ConsentSettingsPages, UnsubscribeLinkPages
from master_data.consents.public_pages import UnsubscribePages
from master_data.custom_fields.api import CustomFieldController, CustomFieldPages
from master_data.custom_fields.model import CustomField
from master_data.imports.model import Import
from master_data.organisation.model import Department, Employee
from master_data.organisation.resource import DEPARTMENTS, EMPLOYEES
from master_data.papers.api import PAPER_PANELS, PaperController, PaperPages, PaperSearchController
from master_data.papers.model import Paper
from master_data.papers.service import READ as READ_PAPERS
from master_data.papers.service import WRITE as WRITE_PAPERS
from master_data.parties.api import PartyChildrenController
from master_data.parties.behaviour import BehaviourController
from master_data.parties.contacts import ContactPages
from master_data.parties.events import PartiesChanged, PartiesImported, PartiesMerged, PartyCreated, PartyUpdated
from master_data.parties.group_pages import GroupPages, PartyGroupController
from master_data.parties.lifecycle import PartyStageChange
from master_data.parties.merge_api import DoubleController, MergeController, MergeUndoController
from master_data.parties.merge_pages import DoublePages, MergePages, MergeUndoPages
from master_data.parties.merging_model import Behaviour, PartyMerge
from master_data.parties.model import Address, Contact, Party
from master_data.parties.panels import PARTY_PANELS
from master_data.parties.resource import CONTACTS, PARTIES
from master_data.parties.team import TeamPages
from master_data.parties.team_api import PartyTeamController
from master_data.products.events import ProductsChanged
from master_data.products.model import Product
from master_data.products.resource import PRODUCTS
from master_data.repeats.model import KeptAnswer
from master_data.repeats.service import forget_answers
from master_data.scopes.api import EmployeePersonController, ScopeController
from master_data.scopes.model import Collaborator, FieldRule, ScopeRule
from master_data.scopes.pages import EmployeeAccountPages, FieldRightPages, ScopePages
from master_data.scopes.panels import EMPLOYEE_PANELS
from master_data.searching import SEARCHERS
from master_data.tags.model import Tag
from master_data.timeline.api import ActivityFileController, ActivityFilePages, OneActivityFileController
from master_data.timeline.events import ActivityNoted
from master_data.timeline.model import Activity, ActivityFile
from master_data.views.model import ImportFile, SavedView
from master_data.views.service import forget_files
from tenancy.plugin import release
from vertical import Job, Manifest, Migrations, NavItem, Panel, Permission, Resource, Searcher, Subscriber, hookimpl


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        name="master_data",
        version=release(),
        title=N_("Master data"),
        summary=N_("Customers, suppliers, products, departments and employees, shared by sales and finance."),
        publisher="Jingwei",
        requires_api=">=1.0,<2",
        icon="address-book",
    )


@hookimpl
def models() -> Sequence[type]:
    return [
        Party,
        Contact,
        Address,
        Product,
        Department,
        Employee,
        SavedView,
        ImportFile,
        Import,
        Paper,
        ScopeRule,
        FieldRule,
        Collaborator,
        Activity,
        ActivityFile,
        Tag,
        CustomField,
        PartyMerge,
        Behaviour,
        ConsentText,
        Consent,
        KeptAnswer,
        PartyStageChange,
    ]


@hookimpl
def migrations() -> Migrations:
    return Migrations(directory=files("master_data") / "migrations")


@hookimpl
def resources() -> Sequence[Resource]:
    return [PARTIES, CONTACTS, PRODUCTS, DEPARTMENTS, EMPLOYEES]


@hookimpl
def permissions() -> Sequence[Permission]:
    return [
        Permission(code="master.party.merge", label=N_("Merge customers or suppliers that are one")),
        Permission(code=READ_PAPERS, label=N_("See whole numbers of identity papers")),
        Permission(code=WRITE_PAPERS, label=N_("Keep numbers of identity papers")),
        Permission(code="master.custom_field.manage", label=N_("Add fields of the company's own")),
        Permission(code="master.consent.manage", label=N_("Write what people agree to, and keep the list of who is sent nothing")),
    ]


@hookimpl
def routes() -> Sequence[type]:
    return [
        PartyChildrenController,
        PartyTeamController,
        DoubleController,
        MergeController,
        BehaviourController,
        MergeUndoController,
        ScopeController,
        EmployeePersonController,
        CustomFieldController,
        PaperController,
        PaperSearchController,
        ConsentController,
        ConsentTextController,
        SuppressionController,
        ActivityFileController,
        OneActivityFileController,
        PartyGroupController,
    ]


@hookimpl
def pages() -> Sequence[type]:
    return [
        ContactPages,
        TeamPages,
        DoublePages,
        MergePages,
        MergeUndoPages,
        ScopePages,
        FieldRightPages,
        EmployeeAccountPages,
        CustomFieldPages,
        PaperPages,
        ConsentPages,
        UnsubscribeLinkPages,
        ConsentSettingsPages,
        UnsubscribePages,
        ActivityFilePages,
        GroupPages,
    ]


@hookimpl
def templates() -> Traversable:
    return files("master_data") / "templates"


@hookimpl
def translations() -> Traversable:
    return files("master_data") / "locale"


@hookimpl
def navigation() -> Sequence[NavItem]:
    return [
        NavItem(
            label=N_("Customers and suppliers"),
            short=N_("Customers"),
            path="/parties",
            section="sales",
            permission="master.party.read",
            icon="address-book",
            order=2,
            mobile=True,
        ),
        NavItem(
            label=N_("Contacts"), path="/contacts", section="sales", permission="master.party.contact.read", icon="users-group", order=3
        ),
        NavItem(label=N_("Products"), path="/products", section="products", permission="master.product.read", icon="package", order=10),
        NavItem(
            label=N_("Departments"), path="/departments", section="people", permission="master.department.read", icon="hierarchy", order=20
        ),
        NavItem(
            label=N_("Visible records"),
            path="/settings/scopes",
            section="settings",
            permission="admin.role.manage",
            icon="eye",
            order=25,
        ),
        NavItem(
            label=N_("Custom fields"),
            path="/settings/custom-fields",
            section="settings",
            permission="master.custom_field.manage",
            icon="forms",
            order=28,
        ),
        NavItem(
            label=N_("Consent to advertising"),
            path="/settings/consents",
            section="settings",
            permission="master.consent.manage",
            icon="mail-check",
            order=29,
        ),
        NavItem(label=N_("Employees"), path="/employees", section="people", permission="master.employee.read", icon="users", order=10),
    ]


@hookimpl
def panels() -> Sequence[Panel]:
    return [*PARTY_PANELS, *PAPER_PANELS, *EMPLOYEE_PANELS, *CONSENT_PANELS]


@hookimpl
def events() -> Sequence[type[Event]]:
    return [ActivityNoted, PartyCreated, PartiesImported, PartiesChanged, PartyUpdated, PartiesMerged, ProductsChanged, ConsentTakenBack]


@hookimpl
def searchers() -> Sequence[Searcher]:
    return SEARCHERS


@hookimpl
def subscribers() -> Sequence[Subscriber]:
    return CONSENT_SUBSCRIBERS


@hookimpl
def jobs() -> Sequence[Job]:
    return [
        Job(key="master_data.forget_answers", cron="10 3 * * *", run=forget_answers),
        Job(key="master_data.forget_files", cron="25 * * * *", run=forget_files),
    ]
