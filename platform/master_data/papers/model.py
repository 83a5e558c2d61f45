"""Sealed numbers."""

from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, Versioned, choice, choice_check
from master_data.papers.numbers import PaperKind


class Paper(Versioned, TenantBase):
    """The identity paper of a person.

    ``sealed`` is the number, sealed for this party (``kernel.sealing``); ``mark`` tells whether two numbers are the same
    without telling them; ``shown`` is what anybody may see of it.
    """

    __tablename__ = "master_paper"
    __table_args__ = (choice_check("kind", PaperKind),)

    party_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id", ondelete="CASCADE"), unique=True)
    kind: Mapped[PaperKind] = mapped_column(choice(PaperKind))
    sealed: Mapped[str] = mapped_column(String(200))
    mark: Mapped[str] = mapped_column(String(64), unique=True)
    shown: Mapped[str] = mapped_column(String(20))
