"""The packages of the platform that contribute like verticals do, in the order in which they may know each other."""

CORES = (
    "tenancy.plugin",
    "messaging.plugin",
    "identity.plugin",
    "master_data.plugin",
    "core_crm.plugin",
    "core_finance.plugin",
    "order_to_cash.plugin",
)
