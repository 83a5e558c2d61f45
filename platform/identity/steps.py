"""This package's part when a vertical comes to a company or goes: its roles."""

from sqlalchemy import delete, func, select, text

from identity.members.model import Member
from identity.roles.builtin import PLATFORM, seed
from identity.roles.model import RoleRow
from tenancy.catalog import Catalog
from tenancy.stage import Stage
from tenancy.steps import LifecycleStep


class RolesStep(LifecycleStep):
    """Adds the roles that a package declares; a purge takes those away that nobody holds."""

    async def enable(self, stage: Stage, catalog: Catalog, vertical: str) -> None:
        if roles := catalog.by(vertical, "roles"):
            source = PLATFORM if vertical in catalog.cores else vertical
            async with stage.registry() as session:
                await seed(session, stage.tenant.id, roles, source=source)

    async def adopt(self, stage: Stage, catalog: Catalog, vertical: str) -> None:
        # Roles are the platform's rows, not the company's: no archive brings them.
        await self.enable(stage, catalog, vertical)

    async def purge(self, stage: Stage, catalog: Catalog, vertical: str) -> None:
        held = select(text("1")).select_from(Member).where(Member.tenant_id == RoleRow.tenant_id, RoleRow.code == func.any(Member.roles))
        async with stage.registry() as session:
            await session.execute(
                delete(RoleRow)
                .where(RoleRow.tenant_id == stage.tenant.id, RoleRow.source == vertical, ~held.correlate(RoleRow).exists())
                .execution_options(synchronize_session=False)
            )
