"""What other packages do when a vertical comes to a tenant or goes: roles, accounts, a check of the plan."""

from collections.abc import Sequence

from tenancy.catalog import Catalog
from tenancy.stage import Stage
from vertical import Problem


class LifecycleStep:
    """One package's part in the life of a vertical.  Override what is needed; each runs in the stage's transaction.

    ``enable`` must be safe to repeat: it runs for every core package when a tenant is opened, for a vertical when it is enabled, and for
    both after each upgrade.
    """

    async def check_enable(self, stage: Stage, catalog: Catalog, vertical: str) -> Sequence[Problem]:
        """Reasons why the tenant may not enable the vertical now."""
        return ()

    async def enable(self, stage: Stage, catalog: Catalog, vertical: str) -> None:
        """Add what the vertical declares: its roles, its accounts.  Its tables stand already."""

    async def adopt(self, stage: Stage, catalog: Catalog, vertical: str) -> None:
        """As ``enable``, for what stands outside the tenant's schema; its rows come from an archive."""

    async def disable(self, stage: Stage, catalog: Catalog, vertical: str) -> None:
        """The vertical falls silent; its data stays."""

    async def purge(self, stage: Stage, catalog: Catalog, vertical: str) -> None:
        """Remove what ``enable`` added, as far as nothing of the books refers to it.  The vertical's tables stand still."""
