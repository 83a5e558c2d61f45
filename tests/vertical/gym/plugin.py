"""Every hook once."""

from collections.abc import AsyncIterator
from decimal import Decimal
from importlib.resources import files

from sqlalchemy import select

from gym.classes import SEEN, ClassController, ClassPages, ClassTaught, Locker, Settings
from kernel.errors import DomainError
from kernel.i18n import N_
from vertical import (
    AccountTemplate,
    ApprovalFact,
    ApprovalKind,
    ApprovalStep,
    ApprovalSummary,
    Calculation,
    DocumentType,
    Finding,
    Invariant,
    Job,
    JournalLine,
    Manifest,
    Migrations,
    NavItem,
    NotificationKind,
    Panel,
    PeriodEndCheck,
    PeriodEndStep,
    Permission,
    PostingRule,
    Pricing,
    Problem,
    RecordKind,
    Report,
    ReportColumn,
    ReportTable,
    Resource,
    Role,
    Searcher,
    SearchHit,
    SourceDocument,
    Subscriber,
    Widget,
    hookimpl,
)


class LockerTaken(DomainError):
    code = "gym_locker_taken"


PACKAGE = files("gym")
VERSION = ["1.0"]


@hookimpl
def manifest():
    return Manifest(
        name="gym", version=VERSION[0], title=N_("Gym"), summary=N_("Classes and lockers"), publisher="Test", requires_api=">=1.0,<2"
    )


@hookimpl
def models():
    return [Locker]


@hookimpl
def migrations():
    return Migrations(directory=PACKAGE / "migrations")


@hookimpl
def resources():
    return [Resource(model=Locker, label=N_("Lockers"), permission="gym.locker", columns=("name",), form=("name",), sort="name")]


@hookimpl
def routes():
    return [ClassController]


@hookimpl
def pages():
    return [ClassPages]


@hookimpl
def templates():
    return PACKAGE / "templates"


@hookimpl
def static_files():
    return PACKAGE / "static"


@hookimpl
def translations():
    return PACKAGE / "locale"


@hookimpl
def navigation():
    return [NavItem(label=N_("Gym classes"), path="/gym/classes", section="operations", permission="gym.class.read")]


async def card(work, record, **_context):
    return f"<p>Trains with us: {record['name']}</p>"


@hookimpl
def panels():
    return [Panel(slot="master.party.side", render=card, permission="gym.class.read")]


@hookimpl
def permissions():
    return [
        Permission(code="gym.class.read", label=N_("See classes")),
        Permission(code="gym.class.teach", label=N_("Teach classes")),
        Permission(code="gym.key.read", label=N_("See keys")),
    ]


@hookimpl
def roles():
    return [Role(code="gym.trainer", label=N_("Trainer"), permissions=["gym.class.read", "gym.class.teach"])]


@hookimpl
def accounts():
    return [AccountTemplate(key="gym.fees", code="500177", name="健身课收入", kind="income", parent_key="revenue")]


def taught(event, settings=None):
    return [
        JournalLine(account="receivable", amount=event.fee, dimensions={"party": event.party_id}),
        JournalLine(account="gym.fees", amount=-event.fee),
    ]


def source(event):
    return SourceDocument(kind="gym.class", id=event.class_id, number=event.number, path=f"/gym/classes/{event.class_id}")


@hookimpl
def posting_rules():
    return [PostingRule(key="gym.class", event=ClassTaught, lines=taught, source=source, summary=lambda event: f"Class {event.number}")]


async def lost_keys(work, ledger_id):
    lost = await work.session.scalars(select(Locker).where(Locker.name.startswith("Lost")).limit(100))
    return [Finding(message=f"Locker {locker.name} has no key.", path=f"/gym/lockers/{locker.id}") for locker in lost]


@hookimpl
def invariants():
    return [Invariant(key="gym.lockers_have_keys", title=N_("Each locker has its key"), find=lost_keys)]


async def accrue(work, end):
    from core_finance.api import still_missing

    rent = Decimal("300.00")
    target = [JournalLine(account="code:5602.99", amount=rent), JournalLine(account="other_payable", amount=-rent)]
    missing = await still_missing(work, end, "gym.rent", target)
    table = ReportTable(columns=[ReportColumn(label="Rent", kind="money")], rows=[(rent,)])
    return Calculation(summary="Rent of the hall", vouchers=[missing] if missing else [], table=table)


async def write_secretly(work, end):
    work.session.add(Locker(name=f"written by a step in {end.period}"))
    await work.session.flush()
    return Calculation(summary="never")


@hookimpl
def period_end_steps():
    return [
        PeriodEndStep(key="gym.rent", title=N_("Rent of the hall"), order=600, calculate=accrue),
        PeriodEndStep(key="gym.secret", title="Secret", order=990, calculate=write_secretly, applies=lambda end: end.period == 202602),
    ]


async def towels(work, end):
    return [Finding(message=f"A towel was lost in {end.period}", path="/gym/classes")]


async def leak(work, end):
    if end.period == 202602:
        raise ValueError("no water meter")
    return [Finding(message="Water leaks")] if end.period == 202603 else []


@hookimpl
def period_end_checks():
    return [
        PeriodEndCheck(key="gym.towels", title=N_("Towels are counted"), find=towels, blocking=False),
        PeriodEndCheck(key="gym.leak", title="No leak", find=leak),
    ]


@hookimpl
def document_types():
    return [DocumentType(key="gym.class", label=N_("Class"), prefix="GY", gapless=True)]


@hookimpl
def events():
    return [ClassTaught]


async def at_once(work, event):
    SEEN.append(("in_transaction", work.tenant.id, event.number))
    if event.number == "GY-refused":
        raise ValueError("no room")


async def afterwards(work, event):
    SEEN.append(("after_commit", work.tenant.id, event.number))


@hookimpl
def record_kinds():
    return [RecordKind(stem="gym.key", label=N_("Keys"), model=Locker, path="/gym/keys/{id}", title=lambda locker: f"Key of {locker.name}")]


@hookimpl
def notification_kinds():
    return [NotificationKind(key="gym.key_lost", label=N_("A key is lost"), mail=True)]


async def locker_summary(work, record_id):
    locker = await work.session.get_one(Locker, record_id)
    return ApprovalSummary(facts=[("Locker", locker.name)], warnings=["It is somebody's"])


async def locker_approved(work, outcome):
    locker = await work.session.get_one(Locker, outcome.record_id)
    if outcome.facts["name"] == "refused":
        raise LockerTaken("Somebody has it; choose another.")
    locker.name = outcome.facts["name"]
    await work.session.flush()


async def locker_refused(work, outcome):
    SEEN.append(("refused", outcome.by, outcome.reason))


async def locker_facts(work, record_id):
    return {"name": "by hand", "price": Decimal("100.00")}


@hookimpl
def approval_kinds():
    return [
        ApprovalKind(
            key="gym.rename",
            label=N_("A locker's new name"),
            stem="gym.locker",
            facts=[ApprovalFact(name="price", label=N_("Price"), kind="money"), ApprovalFact(name="name", label=N_("Name"))],
            usual=[ApprovalStep(by="role:owner")],
            summary=locker_summary,
            approved=locker_approved,
            refused=locker_refused,
            gather=locker_facts,
        )
    ]


@hookimpl
def subscribers():
    return [
        Subscriber(event=ClassTaught, handle=at_once, when="in_transaction"),
        Subscriber(event=ClassTaught, handle=afterwards),
    ]


async def takings(work, parameters):
    return ReportTable(columns=[ReportColumn(label="Class"), ReportColumn(label="Company", kind="number")], rows=[("Yoga", work.tenant.id)])


@hookimpl
def reports():
    return [Report(key="gym.takings", title=N_("Takings"), run=takings, permission="gym.class.read")]


async def tile(work):
    return "<p>Three classes today</p>"


@hookimpl
def widgets():
    return [Widget(key="gym.today", title=N_("Classes today"), render=tile, permission="gym.class.read")]


async def search(work, text, limit):
    return [SearchHit(title="Yoga at noon", path="/gym/classes")] if "yoga" in text.lower() else []


@hookimpl
def searchers():
    return [Searcher(key="gym.classes", label=N_("Classes"), permission="gym.class.read", search=search)]


async def nightly(work):
    SEEN.append(("nightly", work.tenant.id))


@hookimpl
def jobs():
    return [Job(key="gym.nightly", cron="0 3 * * *", run=nightly)]


@hookimpl
def settings_schema():
    return Settings


@hookimpl
def pricing():
    return Pricing(minimum_plan="growth", price_lookup_key="vertical_gym_monthly")


@hookimpl
async def check_enable(context):
    SEEN.append(("check_enable", context.tenant))
    if context.work.tenant.name == "Too small":
        return [Problem(code="too_small", message="A gym needs a hall.")]
    return []


@hookimpl
async def on_enable(context):
    SEEN.append(("on_enable", context.tenant, context.settings))


@hookimpl
async def on_upgrade(context, from_version):
    SEEN.append(("on_upgrade", context.tenant, from_version))


@hookimpl
async def load_demo_data(context):
    context.session.add(Locker(name="Demo locker"))


@hookimpl
def check_disable(context):
    SEEN.append(("check_disable", context.tenant))
    return [Problem(code="members", message="Two members train today.")] if context.work.tenant.name == "Busy" else []


@hookimpl
def on_disable(context):
    SEEN.append(("on_disable", context.tenant))


@hookimpl
async def export_data(context) -> AsyncIterator[tuple[str, bytes]]:
    yield "lockers.csv", b"name\n"


@hookimpl
async def erase_person(context, party_id):
    SEEN.append(("erase_person", context.tenant, party_id))


@hookimpl
async def on_purge(context):
    SEEN.append(("on_purge", context.tenant))
