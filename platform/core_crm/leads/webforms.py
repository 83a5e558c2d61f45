"""Forms that strangers fill in on the company's web site, and the leads that come of them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from sqlalchemy import select, update

from core_crm.leads.advertising import ADVERTISING, agreed_to, texts_of
from core_crm.leads.model import Lead, WebForm
from core_crm.leads.resource import LEADS
from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, FieldError, Invalid, NotFound
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Actor, Work
from vertical.columns import length_of
from vertical.records import create_record

FORMS_MAX = 100
OFFERED = {
    "name": N_("Name of the person"),
    "company": N_("Company"),
    "position": N_("Position"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "region": N_("Region"),
    "need": N_("Need"),
}
"""Fields of a lead that a form may ask for; the name always."""

LENGTHS = {name: length_of(LEADS.column(name)) or 2000 for name in OFFERED}


class FormNotFound(NotFound):
    code = "form_not_found"


class FormChanged(Conflict):
    code = "version_conflict"


class WebFormInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A form.  ``sites`` are origins that may show it in a frame, such as https://www.example.com."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    consent_text: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    thanks: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    intro: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    fields: list[str] = msgspec.field(default_factory=lambda: ["name", "company", "phone", "need"])
    source: Annotated[str, msgspec.Meta(max_length=80)] = ""
    sites: Annotated[list[Annotated[str, msgspec.Meta(max_length=200)]], msgspec.Meta(max_length=20)] = []
    active: bool = True


async def web_forms(work: Work) -> Sequence[WebForm]:
    """All forms of the company."""
    return (await work.session.scalars(select(WebForm).order_by(WebForm.name, WebForm.id).limit(FORMS_MAX))).all()


async def get_form(work: Work, form_id: UUID) -> WebForm:
    """A form.

    Raises:
        FormNotFound
    """
    found = await work.session.get(WebForm, form_id)
    if found is None:
        raise FormNotFound(_("This form does not exist, or was deleted."))
    return found


async def form_by_key(work: Work, key: str) -> WebForm:
    """The form in use at an address.

    Raises:
        FormNotFound: there is none, or it was taken out of use.
    """
    found = await work.session.scalar(select(WebForm).where(WebForm.key == key[:40], WebForm.active))
    if found is None:
        raise FormNotFound(_("This form does not exist, or was deleted."))
    return found


async def save_form(work: Work, data: WebFormInput, form_id: UUID | None = None, *, version: int | None = None) -> WebForm:
    """Write a form; a new one gets an address that nobody can guess.

    Raises:
        FormNotFound, FormChanged
        Invalid: it asks for nothing one could answer to, or names a site that is none.
    """
    errors = []
    fields = [name for name in (*OFFERED, ADVERTISING) if name in data.fields or name == "name"]
    if not {"phone", "email"} & set(fields):
        errors.append(FieldError("fields", _("Ask for a phone number or an e-mail address, or nobody can be answered.")))
    sites = [site for text in data.sites if (site := text.strip().rstrip("/"))]
    if wrong := [site for site in sites if not is_origin(site)]:
        errors.append(
            FieldError("sites", _("“%(site)s” is no address of a site; enter for example https://www.example.com.", site=wrong[0]))
        )
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    form = await get_form(work, form_id) if form_id else WebForm(id=new_id(), key=secrets.token_urlsafe(18))
    if form_id and version is not None and form.version != version:
        raise FormChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    before = _values(form) if form_id else None
    form.name, form.title, form.intro = data.name.strip(), data.title.strip(), (data.intro or "").strip() or None
    form.consent_text, form.thanks, form.active = data.consent_text.strip(), data.thanks.strip(), data.active
    form.source, form.fields, form.sites = data.source.strip() or data.name.strip(), fields, sites
    work.session.add(form)
    await work.session.flush()
    await record(work, "web_form.saved", f"web_form:{form.id}", name=form.name, before=before, after=_values(form))
    return form


async def submit(work: Work, form: WebForm, given: Mapping[str, str], *, ip: str, agent: str) -> UUID:
    """The lead that a stranger's answers make; what they agreed to is kept with time and address as proof.

    Raises:
        Invalid: something is missing, or they did not agree.
    """
    errors = []
    values: dict[str, Any] = {name: given.get(name, "").strip()[: LENGTHS[name]] for name in form.fields if name in OFFERED}
    if not values["name"]:
        errors.append(FieldError("name", _("Please enter a name.")))
    if not values.get("phone") and not values.get("email"):
        field = "phone" if "phone" in form.fields else "email"
        errors.append(FieldError(field, _("Leave a phone number or an e-mail address, so that we can answer.")))
    if given.get("consent") != "1":
        errors.append(FieldError("consent", _("We may only answer if you agree.")))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    # Whoever happens to be signed in in this browser has nothing to do with it.
    stranger = replace(work, actor=Actor(id=None, name=form.name[:80], kind="system"))
    lead_id = await create_record(stranger, LEADS, values | {"source": form.source})
    consent: dict[str, Any] = {"text": form.consent_text, "at": clock.now().isoformat(), "ip": ip, "agent": agent[:300]}
    if advertising := agreed_to(given, await texts_of(work, form)):
        consent[ADVERTISING] = advertising
    await work.session.execute(
        update(Lead).where(Lead.id == lead_id).values(consent=consent, form_id=form.id).execution_options(synchronize_session=False)
    )
    await record(stranger, "lead.received", f"lead:{lead_id}", name=values["name"], after={"form": form.name, "consent": True})
    return lead_id


def is_origin(text: str) -> bool:
    """Whether ``text`` is scheme, host and port of a site, and no more."""
    parts = urlsplit(text)
    plain = parts.netloc.replace(".", "").replace("-", "").replace(":", "")
    return (
        parts.scheme in ("http", "https")
        and bool(plain)
        and plain.isalnum()
        and plain.isascii()
        and f"{parts.scheme}://{parts.netloc}" == text
    )


def _values(form: WebForm) -> dict[str, Any]:
    names = ("name", "title", "consent_text", "fields", "source", "sites", "active")
    return {name: getattr(form, name) for name in names}
