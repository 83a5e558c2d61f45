"""The company's rules about who sees what, and who takes part in what others own."""

import enum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, choice, choice_check


class Scope(enum.StrEnum):
    """How far somebody sees, from the narrowest to the widest."""

    OWN = "own"
    OWN_AND_COLLABORATING = "own_and_collaborating"
    DEPARTMENT = "department"
    DEPARTMENT_TREE = "department_tree"
    ALL = "all"


class FieldRight(enum.StrEnum):
    """What somebody may do with a field, from the least to the most."""

    HIDDEN = "hidden"
    MASKED = "masked"
    READ = "read"
    WRITE = "write"


class ScopeRule(TenantBase):
    """How far a role sees records of one kind; without a rule the default of the role counts."""

    __tablename__ = "master_scope_rule"
    __table_args__ = (choice_check("scope", Scope), UniqueConstraint("role", "stem"))

    role: Mapped[str] = mapped_column(String(80))
    stem: Mapped[str] = mapped_column(String(80))
    scope: Mapped[Scope] = mapped_column(choice(Scope))


class FieldRule(TenantBase):
    """What a role may do with one field; without a rule it may read and write it."""

    __tablename__ = "master_field_rule"
    __table_args__ = (choice_check("field_right", FieldRight), UniqueConstraint("role", "stem", "field"))

    role: Mapped[str] = mapped_column(String(80))
    stem: Mapped[str] = mapped_column(String(80))
    field: Mapped[str] = mapped_column(String(80))
    field_right: Mapped[FieldRight] = mapped_column(choice(FieldRight))


class Collaborator(TenantBase):
    """An employee who takes part in a record that another owns.  ``record_kind`` is the stem of its permissions."""

    __tablename__ = "master_collaborator"
    __table_args__ = (
        UniqueConstraint("record_kind", "record_id", "employee_id"),
        Index("ix_master_collaborator_employee_id", "employee_id", "record_kind"),
    )

    record_kind: Mapped[str] = mapped_column(String(80))
    record_id: Mapped[UUID]
    employee_id: Mapped[UUID] = mapped_column(ForeignKey("master_employee.id", ondelete="CASCADE"))
    may_edit: Mapped[bool] = mapped_column(default=False)
