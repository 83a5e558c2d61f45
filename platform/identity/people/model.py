"""A person, known by an e-mail address, independent of any company."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.ids import new_id
from kernel.orm import PlatformBase


class Person(PlatformBase):
    """``email_key`` is the address in lower case: two spellings are one person."""

    __tablename__ = "identity_person"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    email_key: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str | None] = mapped_column(Text, doc="Argon2id.  Empty: no password was ever set.")
    locale: Mapped[str] = mapped_column(Text, default="zh_CN")
    verified_at: Mapped[datetime | None] = mapped_column(doc="When the address was last proved to be theirs.")
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
