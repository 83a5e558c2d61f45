"""Parties as a resource."""

from kernel.i18n import N_
from kernel.work import Work
from master_data.parties.contact_rules import ContactRules
from master_data.parties.lifecycle import note_stages
from master_data.parties.model import Contact, Party, PartyStage
from master_data.parties.rules import PartyRules
from vertical import Action, Resource


async def mark_lost(work: Work, party: Party) -> Party:
    """Nothing more is expected of this party."""
    party.stage = PartyStage.LOST
    await work.session.flush()
    await note_stages(work, [party.id])
    return party


PARTIES = Resource(
    model=Party,
    label=N_("Customers and suppliers"),
    singular=N_("Customer or supplier"),
    permission="master.party",
    sort="name",
    columns=("name", "kind", "is_customer", "is_supplier", "stage", "owner_id", "phone", "credit_code"),
    form=(
        "name",
        "credit_code",
        "kind",
        "is_customer",
        "is_supplier",
        "same_name_allowed",
        "phone",
        "email",
        "stage",
        "owner_id",
        "department_id",
        "tags",
        "industry",
        "region",
        "source",
        "parent_id",
        "behaviour_consent",
        "invoice_title",
        "tax_number",
        "bank_name",
        "bank_account",
        "invoice_address",
        "invoice_phone",
        "payment_days",
        "remark",
        "preferred_channel",
        "contact_time",
        "language",
        "do_not_call",
    ),
    search=("search_text",),
    filters=("stage", "kind", "is_customer", "is_supplier", "owner_id", "tags"),
    actions=(Action(name="mark_lost", label=N_("Mark as lost"), run=mark_lost, offered=lambda party: party["stage"] != PartyStage.LOST),),
    rules=PartyRules(),
    keys=("credit_code", "name"),
)

CONTACTS = Resource(
    model=Contact,
    label=N_("Contacts"),
    singular=N_("Contact"),
    permission="master.party.contact",
    sort="name",
    columns=("name", "party_id", "position", "phone", "email", "decides", "handles", "do_not_call"),
    form=(
        "name",
        "party_id",
        "position",
        "phone",
        "email",
        "wechat",
        "birthday_on",
        "decides",
        "handles",
        "finance",
        "technical",
        "influences",
        "preferred_channel",
        "contact_time",
        "language",
        "do_not_call",
    ),
    search=("name", "phone", "email", "wechat"),
    filters=("decides", "handles", "finance", "technical", "influences", "preferred_channel", "do_not_call"),
    rules=ContactRules(),
    keys=("phone", "email"),
)
