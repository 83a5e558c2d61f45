"""Orders in foreign money: the rate they were confirmed at, and what their lines were posted at."""

import sqlalchemy as sa
from alembic import op

revision = "core_crm_0017"
down_revision = "core_crm_0016"
branch_labels = None
depends_on = None

CONFIRMED = sa.text("state = 'confirmed'")


def upgrade() -> None:
    for table, column in (("crm_order", "rate"), ("crm_order_line", "posted_rate"), ("crm_order_movement_line", "rate")):
        op.add_column(table, sa.Column(column, sa.Numeric(precision=18, scale=8), server_default=sa.text("1"), nullable=False))
    op.create_check_constraint(op.f("ck_crm_order_rate_positive"), "crm_order", "rate > 0")
    op.drop_index("ix_crm_order_confirmed", table_name="crm_order")
    _index(["gross", "rate"])


def downgrade() -> None:
    op.drop_index("ix_crm_order_confirmed", table_name="crm_order")
    _index(["gross", "currency"])
    op.drop_constraint(op.f("ck_crm_order_rate_positive"), "crm_order", type_="check")
    for table, column in (("crm_order_movement_line", "rate"), ("crm_order_line", "posted_rate"), ("crm_order", "rate")):
        op.drop_column(table, column)


def _index(include: list[str]) -> None:
    op.create_index(
        "ix_crm_order_confirmed",
        "crm_order",
        ["ordered_on", "party_id"],
        unique=False,
        postgresql_include=include,
        postgresql_where=CONFIRMED,
    )
