"""The first tables."""

revision = "workflow_0001"
down_revision = None
branch_labels = ("workflow",)
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
