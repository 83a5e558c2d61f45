"""Initial."""

import sqlalchemy as sa
from alembic import op

revision = "education_0001"
down_revision = None
branch_labels = ("education",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "education_course",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("lessons", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "subject IN ('language', 'science', 'art', 'sport', 'vocational')", name=op.f("ck_education_course_subject_known")
        ),
        sa.CheckConstraint("lessons > 0", name=op.f("ck_education_course_lessons_positive")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_education_course_price_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_education_course")),
        sa.UniqueConstraint("code", name=op.f("uq_education_course_code")),
    )
    op.create_table(
        "education_term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_education_term_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_education_term")),
        sa.UniqueConstraint("name", name=op.f("uq_education_term_name")),
    )
    op.create_table(
        "education_student",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("birth_on", sa.Date(), nullable=True),
        sa.Column("school", sa.String(length=120), nullable=True),
        sa.Column("grade", sa.String(length=40), nullable=True),
        sa.Column("guardian_name", sa.String(length=80), nullable=True),
        sa.Column("guardian_relation", sa.String(length=40), nullable=True),
        sa.Column("guardian_phone", sa.String(length=40), nullable=True),
        sa.Column("health_note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_education_student_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_education_student")),
        sa.UniqueConstraint("number", name=op.f("uq_education_student_number")),
        sa.UniqueConstraint("party_id", name=op.f("uq_education_student_party_id")),
    )
    op.create_table(
        "education_class",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=True),
        sa.Column("teacher_id", sa.Uuid(), nullable=True),
        sa.Column("room", sa.String(length=60), nullable=True),
        sa.Column("timetable", sa.String(length=120), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("seats > 0", name=op.f("ck_education_class_seats_positive")),
        sa.ForeignKeyConstraint(["course_id"], ["education_course.id"], name=op.f("fk_education_class_course_id")),
        sa.ForeignKeyConstraint(["teacher_id"], ["master_employee.id"], name=op.f("fk_education_class_teacher_id")),
        sa.ForeignKeyConstraint(["term_id"], ["education_term.id"], name=op.f("fk_education_class_term_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_education_class")),
        sa.UniqueConstraint("code", name=op.f("uq_education_class_code")),
    )
    op.create_index("ix_education_class_course_id", "education_class", ["course_id"], unique=False)
    op.create_index(op.f("ix_education_class_teacher_id"), "education_class", ["teacher_id"], unique=False)
    op.create_index(op.f("ix_education_class_term_id"), "education_class", ["term_id"], unique=False)
    op.create_table(
        "education_enrolment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("list_price", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("tuition", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("discount_reason", sa.String(length=120), nullable=True),
        sa.Column("lessons", sa.Integer(), nullable=False),
        sa.Column("taught", sa.Integer(), nullable=False),
        sa.Column("earned", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("paid", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("enrolled_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'enrolled', 'completed', 'withdrawn')", name=op.f("ck_education_enrolment_state_known")),
        sa.CheckConstraint("earned BETWEEN 0 AND tuition", name=op.f("ck_education_enrolment_earned_within_tuition")),
        sa.CheckConstraint("taught BETWEEN 0 AND lessons", name=op.f("ck_education_enrolment_taught_within_lessons")),
        sa.CheckConstraint("tuition >= 0", name=op.f("ck_education_enrolment_tuition_not_negative")),
        sa.ForeignKeyConstraint(["class_id"], ["education_class.id"], name=op.f("fk_education_enrolment_class_id")),
        sa.ForeignKeyConstraint(["student_id"], ["education_student.id"], name=op.f("fk_education_enrolment_student_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_education_enrolment")),
        sa.UniqueConstraint("number", name=op.f("uq_education_enrolment_number")),
    )
    op.create_index("ix_education_enrolment_class_id", "education_enrolment", ["class_id"], unique=False)
    op.create_index(
        "ix_education_enrolment_due_on",
        "education_enrolment",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("state = 'enrolled' AND paid < tuition"),
    )
    op.create_index(
        "uq_education_enrolment_place",
        "education_enrolment",
        ["student_id", "class_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('draft', 'enrolled')"),
    )
    op.create_table(
        "education_lesson",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("taught_on", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("vat", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("ck_education_lesson_count_positive")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["education_enrolment.id"], name=op.f("fk_education_lesson_enrolment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_education_lesson")),
    )
    op.create_index("ix_education_lesson_enrolment_id", "education_lesson", ["enrolment_id", "taught_on"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_education_lesson_enrolment_id", table_name="education_lesson")
    op.drop_table("education_lesson")
    op.drop_index(
        "uq_education_enrolment_place", table_name="education_enrolment", postgresql_where=sa.text("state IN ('draft', 'enrolled')")
    )
    op.drop_index(
        "ix_education_enrolment_due_on", table_name="education_enrolment", postgresql_where=sa.text("state = 'enrolled' AND paid < tuition")
    )
    op.drop_index("ix_education_enrolment_class_id", table_name="education_enrolment")
    op.drop_table("education_enrolment")
    op.drop_index(op.f("ix_education_class_term_id"), table_name="education_class")
    op.drop_index(op.f("ix_education_class_teacher_id"), table_name="education_class")
    op.drop_index("ix_education_class_course_id", table_name="education_class")
    op.drop_table("education_class")
    op.drop_table("education_student")
    op.drop_table("education_term")
    op.drop_table("education_course")
