"""This package's part when a vertical comes to a company: the accounts it declares."""

from core_finance.chart.seeding import seed_accounts
from tenancy.catalog import Catalog
from tenancy.stage import Stage
from tenancy.steps import LifecycleStep


class AccountsStep(LifecycleStep):
    """Adds a vertical's accounts to the ledgers that stand already; a ledger set up later takes them from the Catalog."""

    async def enable(self, stage: Stage, catalog: Catalog, vertical: str) -> None:
        templates = catalog.by(vertical, "accounts")
        if templates:
            async with stage.work() as work:
                await seed_accounts(work, templates)
