"""What other packages may use of the master data."""

from master_data.consents.events import ConsentTakenBack
from master_data.consents.model import ConsentSource, ConsentText
from master_data.consents.service import (
    Proof,
    address_of,
    agreed,
    agreed_among,
    current_text,
    keep_consent,
    raw_address,
    standings_of,
    write_text,
)
from master_data.consents.shown import shown_address
from master_data.custom_fields.filtering import OwnFilter, filters_from, own_filters, own_value
from master_data.custom_fields.filtering import filter_controls as own_filter_controls
from master_data.custom_fields.forms import own_controls, own_facts, own_typed
from master_data.custom_fields.mixin import Customised
from master_data.custom_fields.model import CustomField, CustomKind
from master_data.custom_fields.service import clean_values, own_fields, taken_values
from master_data.holidays import PublicDay, announced, public_day, public_days
from master_data.imports.model import Import
from master_data.imports.service import Applied, imported, imports_into, note_import, undo_import
from master_data.organisation.model import Department, Employee
from master_data.organisation.resource import DEPARTMENTS, EMPLOYEES
from master_data.papers.filing import Filed, check_filed, keep_filed
from master_data.papers.numbers import PAPERS, PaperKind
from master_data.papers.numbers import clean as clean_number
from master_data.papers.service import WRITE as WRITE_PAPERS
from master_data.parties import uscc
from master_data.parties.doubles import Double, likely_doubles
from master_data.parties.events import PartiesChanged, PartiesImported, PartiesMerged, PartyCreated, PartyUpdated
from master_data.parties.merging import merge_parties, survivors, undo_merge
from master_data.parties.model import Contact, Party, PartyKind, PartyStage
from master_data.parties.resource import CONTACTS, PARTIES
from master_data.parties.service import PartyCard, PartyNotFound, create_party, find_parties, get_parties, get_party, update_party
from master_data.products.events import ProductsChanged
from master_data.products.model import Product, ProductKind, ProductState
from master_data.products.resource import PRODUCTS
from master_data.products.service import ProductCard, create_product, find_products, get_products, update_product
from master_data.repeats.service import IdempotencyKey, once
from master_data.scopes.collaborators import CollaboratorView, collaborators_of, remove_collaborator, set_collaborator
from master_data.scopes.masking import STARS, masked_value
from master_data.scopes.model import Collaborator, FieldRight, Scope
from master_data.scopes.owned import Owned
from master_data.scopes.rights import Rights, field_rights, read_rights, require_visible, rights_of, visible
from master_data.scopes.staff import employee_of, first_owner
from master_data.search import initials, open_text, search_text
from master_data.tags.service import remember_tags, tag_names
from master_data.taxes import DEFAULT_CODE, TaxCode, TaxUnknown, rate_of, tax_codes, tax_options
from master_data.timeline.api import ActivityFileRead
from master_data.timeline.events import ActivityNoted
from master_data.timeline.files import FileView, TooManyFiles, add_files, files_of
from master_data.timeline.fragment import TIMELINE, add_from_form, timeline_context, told, typed
from master_data.timeline.model import Activity, ActivityKind
from master_data.timeline.service import BY_HAND, Where, add_activity, carry_over, note_event, open_to, remove_activity, timeline_of
from master_data.timeline.words import ICONS, kind_options, label_of_kind
from master_data.views.model import ImportFile, SavedView
from master_data.views.service import drop_file, keep_file, kept_file, map_file, remove_view, save_view, saved_views

__all__ = [
    "BY_HAND", "CONTACTS", "DEFAULT_CODE", "DEPARTMENTS", "EMPLOYEES", "ICONS", "PAPERS", "PARTIES", "PRODUCTS", "STARS", "TIMELINE",
    "WRITE_PAPERS", "Activity", "ActivityFileRead", "ActivityKind", "ActivityNoted", "Applied", "Collaborator", "CollaboratorView",
    "ConsentSource", "ConsentTakenBack", "ConsentText", "Contact", "CustomField", "CustomKind", "Customised", "Department", "Double",
    "Employee", "FieldRight", "FileView", "Filed", "IdempotencyKey", "Import", "ImportFile", "OwnFilter", "Owned", "PaperKind",
    "PartiesChanged", "PartiesImported", "PartiesMerged", "Party", "PartyCard", "PartyCreated", "PartyKind", "PartyNotFound",
    "PartyStage", "PartyUpdated", "Product", "ProductCard", "ProductKind", "ProductState", "ProductsChanged", "Proof", "PublicDay",
    "Rights", "SavedView", "Scope", "TaxCode", "TaxUnknown", "TooManyFiles", "Where", "add_activity", "add_files", "add_from_form",
    "address_of", "agreed", "agreed_among", "announced", "carry_over", "check_filed", "clean_number", "clean_values", "collaborators_of",
    "create_party", "create_product", "current_text", "drop_file", "employee_of", "field_rights", "files_of", "filters_from",
    "find_parties", "find_products", "first_owner", "get_parties", "get_party", "get_products", "imported", "imports_into", "initials",
    "keep_consent", "keep_file", "keep_filed", "kept_file", "kind_options", "label_of_kind", "likely_doubles", "map_file", "masked_value",
    "merge_parties", "note_event", "note_import", "once", "open_text", "open_to", "own_controls", "own_facts", "own_fields",
    "own_filter_controls", "own_filters", "own_typed", "own_value", "public_day", "public_days", "rate_of", "raw_address", "read_rights",
    "remember_tags", "remove_activity", "remove_collaborator", "remove_view", "require_visible", "rights_of", "save_view", "saved_views",
    "search_text", "set_collaborator", "shown_address", "standings_of", "survivors", "tag_names", "taken_values", "tax_codes",
    "tax_options", "timeline_context", "timeline_of", "told", "typed", "undo_import", "undo_merge", "update_party", "update_product",
    "uscc", "visible", "write_text",
]  # fmt: skip
