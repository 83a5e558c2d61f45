"""The party master.  One party is customer, supplier, patient or student at once; the ledgers hang on the party."""

import enum
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.i18n import N_
from kernel.orm import TenantBase, Versioned, choice, choice_check
from master_data.custom_fields.mixin import Customised
from master_data.scopes.owned import CARE, Owned

TITLE = {"section": N_("Invoice title")}
REACH = {"section": N_("Contact")}


class PartyKind(enum.StrEnum):
    ORGANISATION = "organisation"
    PERSON = "person"


class PartyStage(enum.StrEnum):
    """How far a customer has come."""

    POTENTIAL = "potential"
    INTERESTED = "interested"
    CUSTOMER = "customer"
    LOST = "lost"


class Party(Owned, Customised, Versioned, TenantBase):
    """An organisation or a person the company deals with."""

    rights_stem = "master.party"
    rights_label = N_("Customers and suppliers")

    __tablename__ = "master_party"
    __table_args__ = (
        choice_check("kind", PartyKind),
        choice_check("stage", PartyStage),
        # The guard against two people entering the same company at once; the service explains before it bites.
        Index(
            "uq_master_party_credit_code",
            "credit_code",
            unique=True,
            postgresql_where=text("credit_code IS NOT NULL AND merged_into_id IS NULL"),
        ),
        Index(
            "uq_master_party_name_key",
            "name_key",
            unique=True,
            postgresql_where=text("kind = 'organisation' AND NOT same_name_allowed AND merged_into_id IS NULL"),
        ),
        Index("ix_master_party_name_key", "name_key"),
        Index("ix_master_party_phone_key", "phone_key"),
        Index("ix_master_party_mail_domain", "mail_domain"),
        Index("ix_master_party_tags", "tags", postgresql_using="gin"),
        Index("ix_master_party_list", "name", "id"),
        Index("ix_master_party_search", "search_text", postgresql_using="gin", postgresql_ops={"search_text": "ext.gin_trgm_ops"}),
    )

    name: Mapped[str] = mapped_column(String(200), doc="Full legal name.", info={"label": N_("Name")})
    kind: Mapped[PartyKind] = mapped_column(
        choice(PartyKind),
        default=PartyKind.ORGANISATION,
        info={"label": N_("Kind"), "choices": {"organisation": N_("Organisation"), "person": N_("Person")}},
    )
    is_customer: Mapped[bool] = mapped_column(default=True, info={"label": N_("Customer")})
    is_supplier: Mapped[bool] = mapped_column(default=False, info={"label": N_("Supplier")})
    credit_code: Mapped[str | None] = mapped_column(
        String(18),
        doc="Unified social credit code, 18 characters with check digit (GB 32100).",
        info={"label": N_("Unified social credit code"), "help": N_("18 characters, for example 91110000600037341L")},
    )
    same_name_allowed: Mapped[bool] = mapped_column(
        default=False,
        doc="Set when another party rightly has the same name; the duplicate check then lets this one pass.",
        info={"label": N_("Keep although another has the same name")},
    )
    stage: Mapped[PartyStage] = mapped_column(
        choice(PartyStage),
        default=PartyStage.POTENTIAL,
        info={
            "label": N_("Stage"),
            "choices": {
                "potential": N_("Potential"),
                "interested": N_("Interested"),
                "customer": N_("Customer won"),
                "lost": N_("Lost"),
            },
            "tones": {"customer": "ok", "lost": "mute", "interested": "info"},
            **CARE,
        },
    )
    owner: Mapped[str | None] = mapped_column(String(80), doc="Who an earlier record named as in charge, where no employee is called so.")
    tags: Mapped[list[str] | None] = mapped_column(
        ARRAY(Text), info={"label": N_("Tags"), "kind": "tags", "help": N_("Several, separated by commas"), **CARE}
    )
    parent_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("master_party.id"), index=True, doc="The company it belongs to.", info={"label": N_("Parent company"), **CARE}
    )
    industry: Mapped[str | None] = mapped_column(String(80), info={"label": N_("Industry"), **CARE})
    region: Mapped[str | None] = mapped_column(String(80), info={"label": N_("Region"), **CARE})
    source: Mapped[str | None] = mapped_column(String(80), info={"label": N_("Source"), **CARE})
    phone: Mapped[str | None] = mapped_column(String(40), info={"label": N_("Phone"), "kind": "tel", **REACH})
    email: Mapped[str | None] = mapped_column(String(254), info={"label": N_("E-mail"), "kind": "email", **REACH})
    invoice_title: Mapped[str | None] = mapped_column(
        String(200), doc="Name on invoices; empty means ``name``.", info={"label": N_("Title on invoices"), **TITLE}
    )
    tax_number: Mapped[str | None] = mapped_column(
        String(20), doc="Taxpayer number; empty means ``credit_code``.", info={"label": N_("Taxpayer number"), **TITLE}
    )
    bank_name: Mapped[str | None] = mapped_column(String(120), info={"label": N_("Bank"), **TITLE})
    bank_account: Mapped[str | None] = mapped_column(String(40), info={"label": N_("Bank account"), **TITLE})
    invoice_address: Mapped[str | None] = mapped_column(String(300), info={"label": N_("Address on invoices"), **TITLE})
    invoice_phone: Mapped[str | None] = mapped_column(String(40), info={"label": N_("Phone on invoices"), **TITLE})
    payment_days: Mapped[int] = mapped_column(
        Integer, default=0, doc="Days until an invoice is due.", info={"label": N_("Payment term (days)"), **TITLE}
    )
    remark: Mapped[str | None] = mapped_column(Text, info={"label": N_("Remark"), "kind": "textarea"})
    name_key: Mapped[str] = mapped_column(String(200), doc="The name, normalised for the duplicate check.")
    phone_key: Mapped[str | None] = mapped_column(String(20), doc="The phone number in E.164, for the duplicate check.")
    mail_domain: Mapped[str | None] = mapped_column(String(254), doc="The company's own mail domain, for the duplicate check.")
    search_text: Mapped[str] = mapped_column(Text, doc="What a search looks in: name, code, phone, pinyin initials.")
    behaviour_consent: Mapped[bool] = mapped_column(
        default=False,
        server_default=text("false"),
        doc="Agreed to having visits of pages and the like kept.",
        info={"label": N_("Agreed to keeping behaviour"), **CARE},
    )
    merged_into_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("master_party.id"), index=True, doc="The party that it was found to be; posted books still name the old one."
    )

    @classmethod
    def present(cls) -> ColumnElement[bool]:
        return cls.merged_into_id.is_(None)


class Contact(Versioned, TenantBase):
    """A person to talk to at a party."""

    __tablename__ = "master_contact"

    party_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80), info={"label": N_("Name")})
    position: Mapped[str | None] = mapped_column(String(80), info={"label": N_("Position")})
    phone: Mapped[str | None] = mapped_column(String(40), info={"label": N_("Phone"), "kind": "tel"})
    email: Mapped[str | None] = mapped_column(String(254), info={"label": N_("E-mail"), "kind": "email"})
    decides: Mapped[bool] = mapped_column(default=False, info={"label": N_("Decides")})


class AddressKind(enum.StrEnum):
    REGISTERED = "registered"
    DELIVERY = "delivery"
    BILLING = "billing"


class Address(Versioned, TenantBase):
    """Where a party sits or receives."""

    __tablename__ = "master_address"
    __table_args__ = (choice_check("kind", AddressKind),)

    party_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id", ondelete="CASCADE"), index=True)
    kind: Mapped[AddressKind] = mapped_column(
        choice(AddressKind),
        default=AddressKind.DELIVERY,
        info={
            "label": N_("Kind"),
            "choices": {"registered": N_("Registered address"), "delivery": N_("Delivery address"), "billing": N_("Billing address")},
        },
    )
    region: Mapped[str | None] = mapped_column(String(80), doc="Province, city, district.", info={"label": N_("Region")})
    street: Mapped[str] = mapped_column(String(200), info={"label": N_("Street")})
    postcode: Mapped[str | None] = mapped_column(String(12), info={"label": N_("Postcode")})
    recipient: Mapped[str | None] = mapped_column(String(80), info={"label": N_("Recipient")})
    phone: Mapped[str | None] = mapped_column(String(40), info={"label": N_("Phone"), "kind": "tel"})
