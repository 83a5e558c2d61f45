"""The party master.  One party is customer, supplier, patient or student at once; the ledgers hang on the party."""

import enum
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Date, ForeignKey, Index, Integer, String, Text, text, true
from sqlalchemy.orm import Mapped, mapped_column

from kernel.i18n import N_
from kernel.orm import TenantBase, Versioned, choice, choice_check
from kernel.work import Work
from master_data.custom_fields.mixin import Customised
from master_data.scopes.owned import CARE, Owned
from master_data.scopes.rights import visible
from vertical.guarding import Act

TITLE = {"section": N_("Invoice title")}
REACH = {"section": N_("Contact details")}


class PartyKind(enum.StrEnum):
    ORGANISATION = "organisation"
    PERSON = "person"


class PartyStage(enum.StrEnum):
    """How far a customer has come."""

    POTENTIAL = "potential"
    INTERESTED = "interested"
    CUSTOMER = "customer"
    LOST = "lost"


class ContactChannel(enum.StrEnum):
    """How somebody wants to be reached."""

    PHONE = "phone"
    SMS = "sms"
    WECHAT = "wechat"
    EMAIL = "email"
    VISIT = "visit"


class Language(enum.StrEnum):
    """What somebody likes to be spoken to in."""

    CHINESE = "zh"
    ENGLISH = "en"
    JAPANESE = "ja"
    KOREAN = "ko"
    GERMAN = "de"
    FRENCH = "fr"
    SPANISH = "es"
    RUSSIAN = "ru"
    OTHER = "other"


CHANNELS = {"phone": N_("Phone"), "sms": N_("Text message"), "wechat": N_("WeChat"), "email": N_("E-mail"), "visit": N_("Visit")}
LANGUAGES = {
    "zh": N_("Chinese"), "en": N_("English"), "ja": N_("Japanese"), "ko": N_("Korean"), "de": N_("German"), "fr": N_("French"),
    "es": N_("Spanish"), "ru": N_("Russian"), "other": N_("Another language"),
}  # fmt: skip
PREFERENCES = {"section": N_("Preferences")}


class Reachable:
    """Adds what a party or a person asked for: how, when and in which language to be in touch, or not to be called at all."""

    preferred_channel: Mapped[ContactChannel | None] = mapped_column(
        choice(ContactChannel), sort_order=80, info={"label": N_("Preferred channel"), "choices": CHANNELS, **PREFERENCES}
    )
    contact_time: Mapped[str | None] = mapped_column(
        String(80), sort_order=81, info={"label": N_("Best time to reach"), "help": N_("For example weekdays after 14:00"), **PREFERENCES}
    )
    language: Mapped[Language | None] = mapped_column(
        choice(Language), sort_order=82, info={"label": N_("Language"), "choices": LANGUAGES, **PREFERENCES}
    )
    do_not_call: Mapped[bool] = mapped_column(
        default=False, server_default=text("false"), sort_order=83, info={"label": N_("Do not call"), **PREFERENCES}
    )


class Party(Reachable, Owned, Customised, Versioned, TenantBase):
    """An organisation or a person the company deals with."""

    rights_stem = "master.party"
    rights_label = N_("Customers and suppliers")

    __tablename__ = "master_party"
    __table_args__ = (
        choice_check("kind", PartyKind),
        choice_check("stage", PartyStage),
        choice_check("preferred_channel", ContactChannel),
        choice_check("language", Language),
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
        info={"label": N_("Allow the same name twice"), "form_only": True},
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
    search_text: Mapped[str] = mapped_column(
        Text, doc="What a search looks in: name, code, phone, pinyin initials.", info={"holds": ("name", "credit_code", "phone")}
    )
    behaviour_consent: Mapped[bool] = mapped_column(
        default=False,
        server_default=text("false"),
        doc="Agreed to having visits of pages and the like kept.",
        info={"label": N_("Agreed to activity tracking"), **CARE},
    )
    merged_into_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("master_party.id"), index=True, doc="The party that it was found to be; posted books still name the old one."
    )

    @classmethod
    def present(cls) -> ColumnElement[bool]:
        return cls.merged_into_id.is_(None)


class Contact(Reachable, Versioned, TenantBase):
    """A person to talk to at a party, seen and changed by whoever sees and changes the party.  One may play several parts."""

    guarded_by: ClassVar[str] = Party.rights_stem

    __tablename__ = "master_contact"
    __table_args__ = (
        choice_check("preferred_channel", ContactChannel),
        choice_check("language", Language),
        Index("ix_master_contact_list", "name", "id"),
    )

    party_id: Mapped[UUID] = mapped_column(
        ForeignKey("master_party.id", ondelete="CASCADE"), index=True, info={"label": N_("Customer or supplier")}
    )
    name: Mapped[str] = mapped_column(String(80), info={"label": N_("Name")})
    position: Mapped[str | None] = mapped_column(String(80), info={"label": N_("Position")})
    phone: Mapped[str | None] = mapped_column(String(40), info={"label": N_("Phone"), "kind": "tel"})
    email: Mapped[str | None] = mapped_column(String(254), info={"label": N_("E-mail"), "kind": "email"})
    decides: Mapped[bool] = mapped_column(default=False, info={"label": N_("Decision maker")})
    handles: Mapped[bool] = mapped_column(default=False, server_default=text("false"), info={"label": N_("Handles it")})
    finance: Mapped[bool] = mapped_column(default=False, server_default=text("false"), info={"label": N_("Finance")})
    technical: Mapped[bool] = mapped_column(default=False, server_default=text("false"), info={"label": N_("Technical")})
    influences: Mapped[bool] = mapped_column(default=False, server_default=text("false"), info={"label": N_("Influencer")})
    wechat: Mapped[str | None] = mapped_column(String(80), info={"label": N_("WeChat ID")})
    birthday_on: Mapped[date | None] = mapped_column(Date, info={"label": N_("Birthday")})

    @classmethod
    def present(cls) -> ColumnElement[bool]:
        return true()

    @classmethod
    def host(cls) -> tuple[Any, Any]:
        """The column that names what a contact belongs to, and the model of that."""
        return cls.party_id, Party

    @classmethod
    async def reach(cls, work: Work, act: Act) -> ColumnElement[bool]:
        """As far as the party is within reach."""
        return await visible(work, cls, cls.guarded_by, act)

    @classmethod
    async def newborn(cls, work: Work) -> dict[str, Any]:
        """A contact belongs to nobody but its party."""
        return {}


PARTS = {
    "decides": N_("Decision maker"), "handles": N_("Handles it"), "finance": N_("Finance"), "technical": N_("Technical"),
    "influences": N_("Influencer"),
}  # fmt: skip
"""What a contact may be for a matter, by field."""


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
