"""What the platform itself is made of: the packages that contribute like verticals do, and their parts in a vertical's life."""

from core_finance.api import AccountsStep
from identity.steps import RolesStep
from tenancy.steps import LifecycleStep

# In the order in which they may know each other.
CORES = (
    "tenancy.plugin",
    "messaging.plugin",
    "identity.plugin",
    "master_data.plugin",
    "workflow.plugin",
    "core_crm.plugin",
    "core_finance.plugin",
    "order_to_cash.plugin",
)

# Run when a tenant is opened, and when a vertical is enabled or purged.
STEPS: tuple[LifecycleStep, ...] = (RolesStep(), AccountsStep())
