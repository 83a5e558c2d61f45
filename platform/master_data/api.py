"""What other packages may use of the master data."""

from master_data.organisation.model import Department, Employee
from master_data.organisation.resource import DEPARTMENTS, EMPLOYEES
from master_data.parties import uscc
from master_data.parties.events import PartiesImported, PartyCreated, PartyUpdated
from master_data.parties.model import Party, PartyKind, PartyStage
from master_data.parties.resource import PARTIES
from master_data.parties.service import PartyCard, PartyNotFound, create_party, find_parties, get_parties, get_party, update_party
from master_data.products.events import ProductsChanged
from master_data.products.model import Product, ProductKind, ProductState
from master_data.products.resource import PRODUCTS
from master_data.products.service import ProductCard, create_product, find_products, get_products, update_product
from master_data.search import initials, search_text
from master_data.taxes import DEFAULT_CODE, TaxCode, TaxUnknown, rate_of, tax_codes, tax_options
from master_data.views.model import ImportFile, SavedView
from master_data.views.service import drop_file, keep_file, kept_file, map_file, remove_view, save_view, saved_views

__all__ = [
    "DEFAULT_CODE", "DEPARTMENTS", "EMPLOYEES", "PARTIES", "PRODUCTS", "Department", "Employee", "ImportFile", "PartiesImported", "Party",
    "PartyCard", "PartyCreated", "PartyKind", "PartyNotFound", "PartyStage", "PartyUpdated", "Product", "ProductCard", "ProductKind",
    "ProductState", "ProductsChanged", "SavedView", "TaxCode", "TaxUnknown", "create_party", "create_product", "drop_file", "find_parties",
    "find_products", "get_parties", "get_party", "get_products", "initials", "keep_file", "kept_file", "map_file", "rate_of", "remove_view",
    "save_view", "saved_views", "search_text", "tax_codes", "tax_options", "update_party", "update_product", "uscc",
]  # fmt: skip
