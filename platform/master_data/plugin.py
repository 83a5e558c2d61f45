"""What the master data contribute: parties, products, departments and employees, with their tables and menu."""

from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

from kernel.events import Event
from kernel.i18n import N_
from master_data.organisation.model import Department, Employee
from master_data.organisation.resource import DEPARTMENTS, EMPLOYEES
from master_data.parties.api import PartyChildrenController
from master_data.parties.contacts import ContactPages
from master_data.parties.events import PartiesImported, PartyCreated, PartyUpdated
from master_data.parties.model import Address, Contact, Party
from master_data.parties.panels import PARTY_PANELS
from master_data.parties.resource import PARTIES
from master_data.products.events import ProductsChanged
from master_data.products.model import Product
from master_data.products.resource import PRODUCTS
from master_data.scopes.model import Collaborator, FieldRule, ScopeRule
from master_data.searching import SEARCHERS
from master_data.views.model import ImportFile, SavedView
from tenancy.plugin import release
from vertical import Manifest, Migrations, NavItem, Panel, Resource, Searcher, hookimpl


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
    return [Party, Contact, Address, Product, Department, Employee, SavedView, ImportFile, ScopeRule, FieldRule, Collaborator]


@hookimpl
def migrations() -> Migrations:
    return Migrations(directory=files("master_data") / "migrations")


@hookimpl
def resources() -> Sequence[Resource]:
    return [PARTIES, PRODUCTS, DEPARTMENTS, EMPLOYEES]


@hookimpl
def routes() -> Sequence[type]:
    return [PartyChildrenController]


@hookimpl
def pages() -> Sequence[type]:
    return [ContactPages]


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
            path="/parties",
            section="sales",
            permission="master.party.read",
            icon="address-book",
            order=20,
            mobile=True,
        ),
        NavItem(label=N_("Products"), path="/products", section="sales", permission="master.product.read", icon="package", order=30),
        NavItem(
            label=N_("Departments"), path="/departments", section="people", permission="master.department.read", icon="hierarchy", order=20
        ),
        NavItem(label=N_("Employees"), path="/employees", section="people", permission="master.employee.read", icon="users", order=10),
    ]


@hookimpl
def panels() -> Sequence[Panel]:
    return PARTY_PANELS


@hookimpl
def events() -> Sequence[type[Event]]:
    return [PartyCreated, PartiesImported, PartyUpdated, ProductsChanged]


@hookimpl
def searchers() -> Sequence[Searcher]:
    return SEARCHERS
