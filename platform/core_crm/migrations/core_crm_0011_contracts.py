"""Contracts."""

import sqlalchemy as sa
from alembic import op

revision = "core_crm_0011"
down_revision = "core_crm_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_contract",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=True),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("party_name", sa.String(length=200), nullable=False),
        sa.Column("further_parties", sa.String(length=400), nullable=True),
        sa.Column("customer_reference", sa.String(length=60), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("remind_days", sa.Integer(), nullable=False),
        sa.Column("reminded_for", sa.Date(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("quote_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("renews_id", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=80), nullable=True),
        sa.Column("end_reason", sa.String(length=200), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state = 'draft' OR number IS NOT NULL", name=op.f("ck_crm_contract_in_force_is_numbered")),
        sa.CheckConstraint("state IN ('draft', 'active', 'ended')", name=op.f("ck_crm_contract_state_known")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_crm_contract_amount_not_negative")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_crm_contract_ends_after_it_starts")),
        sa.CheckConstraint("remind_days >= 0", name=op.f("ck_crm_contract_remind_days_not_negative")),
        sa.ForeignKeyConstraint(["department_id"], ["master_department.id"], name=op.f("fk_crm_contract_department_id")),
        sa.ForeignKeyConstraint(["order_id"], ["crm_order.id"], name=op.f("fk_crm_contract_order_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["owner_id"], ["master_employee.id"], name=op.f("fk_crm_contract_owner_id")),
        sa.ForeignKeyConstraint(["party_id"], ["master_party.id"], name=op.f("fk_crm_contract_party_id")),
        sa.ForeignKeyConstraint(["quote_id"], ["crm_quote.id"], name=op.f("fk_crm_contract_quote_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["renews_id"], ["crm_contract.id"], name=op.f("fk_crm_contract_renews_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_contract")),
        sa.UniqueConstraint("number", name=op.f("uq_crm_contract_number")),
    )
    op.create_index(op.f("ix_crm_contract_department_id"), "crm_contract", ["department_id"], unique=False)
    op.create_index("ix_crm_contract_ends", "crm_contract", ["state", "ends_on"], unique=False)
    op.create_index("ix_crm_contract_list", "crm_contract", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_crm_contract_order_id"), "crm_contract", ["order_id"], unique=False)
    op.create_index(op.f("ix_crm_contract_owner_id"), "crm_contract", ["owner_id"], unique=False)
    op.create_index(op.f("ix_crm_contract_party_id"), "crm_contract", ["party_id"], unique=False)
    op.create_index(op.f("ix_crm_contract_quote_id"), "crm_contract", ["quote_id"], unique=False)
    op.create_index(op.f("ix_crm_contract_renews_id"), "crm_contract", ["renews_id"], unique=False)
    op.create_table(
        "crm_contract_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["crm_contract.id"], name=op.f("fk_crm_contract_file_contract_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_contract_file")),
        sa.UniqueConstraint("contract_id", "sha256", name=op.f("uq_crm_contract_file_contract_id_sha256")),
    )
    op.create_table(
        "crm_contract_instalment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("reminded", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_crm_contract_instalment_amount_positive")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["crm_contract.id"], name=op.f("fk_crm_contract_instalment_contract_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_contract_instalment")),
    )
    op.create_index(op.f("ix_crm_contract_instalment_contract_id"), "crm_contract_instalment", ["contract_id"], unique=False)
    op.create_index("ix_crm_contract_instalment_due", "crm_contract_instalment", ["due_on", "contract_id"], unique=False)
    op.create_table(
        "crm_contract_milestone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_by", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["crm_contract.id"], name=op.f("fk_crm_contract_milestone_contract_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_contract_milestone")),
    )
    op.create_index(op.f("ix_crm_contract_milestone_contract_id"), "crm_contract_milestone", ["contract_id"], unique=False)
    op.create_table(
        "crm_contract_receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=True),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_crm_contract_receipt_amount_positive")),
        sa.ForeignKeyConstraint(["contract_id"], ["crm_contract.id"], name=op.f("fk_crm_contract_receipt_contract_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_contract_receipt")),
    )
    op.create_index(op.f("ix_crm_contract_receipt_contract_id"), "crm_contract_receipt", ["contract_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_crm_contract_receipt_contract_id"), table_name="crm_contract_receipt")
    op.drop_table("crm_contract_receipt")
    op.drop_index(op.f("ix_crm_contract_milestone_contract_id"), table_name="crm_contract_milestone")
    op.drop_table("crm_contract_milestone")
    op.drop_index("ix_crm_contract_instalment_due", table_name="crm_contract_instalment")
    op.drop_index(op.f("ix_crm_contract_instalment_contract_id"), table_name="crm_contract_instalment")
    op.drop_table("crm_contract_instalment")
    op.drop_table("crm_contract_file")
    op.drop_index(op.f("ix_crm_contract_renews_id"), table_name="crm_contract")
    op.drop_index(op.f("ix_crm_contract_quote_id"), table_name="crm_contract")
    op.drop_index(op.f("ix_crm_contract_party_id"), table_name="crm_contract")
    op.drop_index(op.f("ix_crm_contract_owner_id"), table_name="crm_contract")
    op.drop_index(op.f("ix_crm_contract_order_id"), table_name="crm_contract")
    op.drop_index("ix_crm_contract_list", table_name="crm_contract")
    op.drop_index("ix_crm_contract_ends", table_name="crm_contract")
    op.drop_index(op.f("ix_crm_contract_department_id"), table_name="crm_contract")
    op.drop_table("crm_contract")
