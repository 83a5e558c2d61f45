"""REST API of enrolments.  State changes are named commands, never edits of ``state``."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from education.enrolments import lessons, refunds, service
from education.enrolments.model import Enrolment, EnrolmentState
from kernel.work import Work

Lessons = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class EnrolmentRead(msgspec.Struct, kw_only=True):
    """Amounts include VAT and are in the tenant's currency."""

    id: UUID
    number: str | None
    state: EnrolmentState
    student_id: UUID
    class_id: UUID
    list_price: Decimal
    tuition: Decimal
    paid: Decimal
    earned: Decimal
    lessons: int
    taught: int
    enrolled_on: date | None
    due_on: date | None
    withdrawn_on: date | None

    @classmethod
    def of(cls, e: Enrolment) -> "EnrolmentRead":
        return cls(**{name: getattr(e, name) for name in cls.__struct_fields__})


class EnrolmentCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Without ``tuition`` the list price is charged."""

    student_id: UUID
    class_id: UUID
    tuition: Decimal | None = None
    discount_reason: Annotated[str, msgspec.Meta(max_length=120)] | None = None


class Payment(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    amount: Decimal
    on: date | None = None


class LessonsGiven(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    count: Lessons = 1
    on: date | None = None


class ClassTaught(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``absent`` are ids of enrolments."""

    on: date | None = None
    absent: list[UUID] = []


# ``state`` as a parameter's own name is the framework's.
InState = Annotated[EnrolmentState | None, QueryParameter(name="state")]


class ClassTaughtRead(msgspec.Struct, kw_only=True):
    lessons: int
    amount: Decimal


class EnrolmentController(Controller):
    path = "/enrolments"
    tags = ["Education: enrolments"]  # noqa: RUF012 - Litestar's own protocol

    @get("/", opt={"permission": "education.enrolment.read"}, operation_id="listEducationEnrolments")
    async def list_enrolments(
        self,
        work: NamedDependency[Work],
        in_state: InState = None,
        class_id: FromQuery[UUID | None] = None,
        student_id: FromQuery[UUID | None] = None,
    ) -> Sequence[EnrolmentRead]:
        """Enrolments, the newest first; at most 200."""
        rows = await service.list_enrolments(work, state=in_state, class_id=class_id, student_id=student_id)
        return [EnrolmentRead.of(row.enrolment) for row in rows]

    @post("/", opt={"permission": "education.enrolment.create"}, operation_id="createEducationEnrolment")
    async def create_enrolment(self, work: NamedDependency[Work], data: JSONBody[EnrolmentCreate]) -> EnrolmentRead:
        """Put a student down for a class, as a draft."""
        return EnrolmentRead.of(await service.draft_enrolment(work, **msgspec.structs.asdict(data)))

    @get("/{enrolment_id:uuid}", opt={"permission": "education.enrolment.read"}, operation_id="readEducationEnrolment")
    async def read_enrolment(self, work: NamedDependency[Work], enrolment_id: FromPath[UUID]) -> EnrolmentRead:
        """One enrolment."""
        return EnrolmentRead.of(await service.get_enrolment(work, enrolment_id))

    @delete("/{enrolment_id:uuid}", opt={"permission": "education.enrolment.create"}, operation_id="deleteEducationEnrolment")
    async def delete_draft(self, work: NamedDependency[Work], enrolment_id: FromPath[UUID]) -> None:
        """Remove a draft.  409 ``education_enrolment_state_wrong`` once it is a contract."""
        await service.delete_draft(work, enrolment_id)

    @post("/{enrolment_id:uuid}/enrol", opt={"permission": "education.enrolment.enrol"}, operation_id="enrolEducation", status_code=200)
    async def enrol(self, work: NamedDependency[Work], enrolment_id: FromPath[UUID]) -> EnrolmentRead:
        """Make the draft a contract and charge the tuition."""
        return EnrolmentRead.of(await service.enrol(work, enrolment_id))

    @post(
        "/{enrolment_id:uuid}/receive",
        opt={"permission": "education.tuition.receive"},
        operation_id="receiveEducationTuition",
        status_code=200,
    )
    async def receive(self, work: NamedDependency[Work], enrolment_id: FromPath[UUID], data: JSONBody[Payment]) -> EnrolmentRead:
        """Note a payment of tuition."""
        return EnrolmentRead.of(await service.receive_tuition(work, enrolment_id, data.amount, on=data.on))

    @post(
        "/{enrolment_id:uuid}/teach", opt={"permission": "education.lesson.teach"}, operation_id="teachEducationEnrolment", status_code=200
    )
    async def teach(self, work: NamedDependency[Work], enrolment_id: FromPath[UUID], data: JSONBody[LessonsGiven]) -> EnrolmentRead:
        """Note lessons as given and recognise their tuition as revenue."""
        await lessons.teach(work, enrolment_id, data.count, on=data.on)
        return EnrolmentRead.of(await service.get_enrolment(work, enrolment_id))

    @post(
        "/{enrolment_id:uuid}/withdraw",
        opt={"permission": "education.enrolment.withdraw"},
        operation_id="withdrawEducation",
        status_code=200,
    )
    async def withdraw(self, work: NamedDependency[Work], enrolment_id: FromPath[UUID]) -> EnrolmentRead:
        """End the contract; lessons not given are no longer owed."""
        return EnrolmentRead.of(await service.withdraw(work, enrolment_id))

    @post(
        "/{enrolment_id:uuid}/refund",
        opt={"permission": "education.tuition.refund"},
        operation_id="refundEducationTuition",
        status_code=200,
    )
    async def refund(self, work: NamedDependency[Work], enrolment_id: FromPath[UUID], data: JSONBody[Payment]) -> EnrolmentRead:
        """Give back what was paid beyond the lessons given; where that needs approval nothing is paid before it."""
        await refunds.ask_refund(work, enrolment_id, data.amount, on=data.on)
        return EnrolmentRead.of(await service.get_enrolment(work, enrolment_id))


class AttendanceController(Controller):
    path = "/attendance"
    tags = ["Education: enrolments"]  # noqa: RUF012 - Litestar's own protocol

    @post("/{class_id:uuid}", opt={"permission": "education.lesson.teach"}, operation_id="teachEducationClass", status_code=200)
    async def teach_class(self, work: NamedDependency[Work], class_id: FromPath[UUID], data: JSONBody[ClassTaught]) -> ClassTaughtRead:
        """One lesson for everybody enrolled in the class, but for the absent."""
        given = await lessons.teach_class(work, class_id, on=data.on, absent=data.absent)
        return ClassTaughtRead(lessons=len(given), amount=sum((lesson.amount for lesson in given), Decimal(0)))
