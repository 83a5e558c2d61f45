"""A vertical comes to a tenant, is renewed, rests and goes: each in one transaction, with all hooks, or not at all."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from kernel import clock
from kernel.database import Database
from kernel.i18n import gettext as _
from kernel.work import Work
from tenancy import migrate
from tenancy.catalog import Catalog
from tenancy.directory import directory_of, notify
from tenancy.registry import TenantRow, TenantVertical, VerticalState
from tenancy.settings import VerticalSettings, read_settings, write_settings
from tenancy.stage import Stage, enabled_versions, stage
from tenancy.steps import LifecycleStep
from tenancy.structure import fingerprint
from vertical import Problem, TenantContext

PURGE_AFTER = timedelta(days=30)


@dataclass(frozen=True)
class Outcome:
    """What came of a request.  ``done`` unless a problem blocks; other problems are warnings."""

    problems: tuple[Problem, ...] = ()

    @property
    def done(self) -> bool:
        return not any(problem.blocking for problem in self.problems)


class Lifecycle:
    """Changes which verticals a tenant of ``database`` has.  ``steps`` are the other packages' parts, in order."""

    def __init__(self, database: Database, catalog: Catalog, steps: Sequence[LifecycleStep] = ()) -> None:
        self._database = database
        self._catalog = catalog
        self._steps = tuple(steps)

    async def open(self, tenant_id: int) -> None:
        """Seed a new tenant with what the core packages declare, and run their ``on_enable``; safe to repeat."""
        async with stage(self._database, tenant_id) as on:
            await self._open(on)
            await notify(on.connection, tenant_id)

    async def check_enable(self, tenant_id: int, vertical: str) -> tuple[Problem, ...]:
        """Reasons against enabling, as ``enable`` would find them; nothing changes."""
        async with stage(self._database, tenant_id) as on:
            return await self._against_enabling(on, vertical)

    async def enable(self, tenant_id: int, vertical: str) -> Outcome:
        """Give the tenant the vertical: tables, roles, accounts, settings, then ``on_enable``.  Twice is once."""
        async with stage(self._database, tenant_id) as on:
            if vertical in on.tenant.enabled and vertical in self._catalog.manifests:
                return Outcome()
            outcome = Outcome(await self._against_enabling(on, vertical))
            if not outcome.done:
                return outcome
            before = await self._known_version(on, vertical)
            await self._migrate(on, [vertical])
            await self._seed(on, vertical, on.tenant.enabled | {vertical}, from_version=before)
            await self._record(on, vertical)
            await self._changed(on)
        directory_of(self._database).forget(tenant_id)
        return outcome

    async def bring_up(self, tenant_id: int) -> bool:
        """Bring the cores and the enabled verticals of one tenant to this release; whether anything was to be done.

        A vertical with another version than the tenant's gets ``on_upgrade``.
        """
        async with stage(self._database, tenant_id) as on:
            versions = await enabled_versions(on.connection, tenant_id)
            active = self._catalog.active(on.tenant.enabled)
            moved = await self._migrate(on, active)
            renewed = [name for name in active if name in versions and versions[name] != self._catalog.manifests[name].version]
            # A sign-up whose process died between the claim and the opening is opened now; a spare has no owner yet to open it for.
            opened = await on.connection.scalar(select(TenantRow.opened_at).where(TenantRow.id == tenant_id))
            if opened is None and on.tenant.slug:
                await self._open(on)
            for name in active:
                if name in renewed:
                    await self._seed(on, name, on.tenant.enabled, from_version=versions[name])
                    await self._record(on, name)
                elif opened and (moved or renewed) and name in self._catalog.cores:
                    await self._seed(on, name, on.tenant.enabled)
            await self._changed(on)
        directory_of(self._database).forget(tenant_id)
        return moved or bool(renewed) or (opened is None and bool(on.tenant.slug))

    async def adopt(self, on: Stage, verticals: Sequence[str]) -> None:
        """Make the tables of verticals whose rows come from an archive: no seeds in them, no hooks."""
        await self._migrate(on, verticals)
        for name in self._catalog.active(verticals):
            for step in self._steps:
                await step.adopt(on, self._catalog, name)
        for name in verticals:
            await self._record(on, name)
        await self._changed(on)

    async def disable(self, tenant_id: int, vertical: str) -> Outcome:
        """Silence the vertical for the tenant: routes answer 404, jobs and subscribers rest.  All data stays."""
        async with stage(self._database, tenant_id) as on:
            if vertical not in on.tenant.enabled:
                return Outcome()
            needing = sorted(set(self._catalog.dependants(vertical)) & on.tenant.enabled)
            problems = [_problem("needed", _("%(names)s needs it; switch that off first.", names=self._titles(needing)))] if needing else []
            async with on.work(keep=False) as work:
                problems += await self._hook(work, vertical, "check_disable") or ()
            outcome = Outcome(tuple(problems))
            if not outcome.done:
                return outcome
            async with on.work() as work:
                await self._hook(work, vertical, "on_disable")
            for step in self._steps:
                await step.disable(on, self._catalog, vertical)
            await self._set_state(on, vertical, state=VerticalState.DISABLED, disabled_at=clock.now(), exported_at=None)
            await notify(on.connection, tenant_id)
        directory_of(self._database).forget(tenant_id)
        return outcome

    async def export(self, tenant_id: int, vertical: str) -> AsyncIterator[tuple[str, bytes]]:
        """The files of ``export_data``.  Read to the end it counts as handed out, which a purge asks for."""
        async with stage(self._database, tenant_id) as on:
            async with on.work() as work:
                files = await self._hook(work, vertical, "export_data")
                if files is not None:
                    async for name, content in files:
                        yield name, content
            await self._set_state(on, vertical, exported_at=clock.now())

    async def check_purge(self, tenant_id: int, vertical: str) -> tuple[Problem, ...]:
        """Reasons against purging; nothing changes."""
        async with stage(self._database, tenant_id) as on:
            return await self._against_purging(on, vertical)

    async def purge(self, tenant_id: int, vertical: str) -> Outcome:
        """Drop the disabled vertical's tables, settings and history.  Journal entries and the audit log remain."""
        async with stage(self._database, tenant_id) as on:
            if await self._row(on, vertical) is None:
                return Outcome()
            outcome = Outcome(await self._against_purging(on, vertical))
            if not outcome.done:
                return outcome
            async with on.work() as work:
                await self._hook(work, vertical, "on_purge")
            for step in reversed(self._steps):
                await step.purge(on, self._catalog, vertical)
            async with on.work() as work:
                await work.session.execute(delete(VerticalSettings).where(VerticalSettings.vertical == vertical))
            async with migrate.alembic_turn():
                await on.connection.run_sync(migrate.purge, self._catalog, on.tenant.schema, vertical)
            await on.connection.execute(
                delete(TenantVertical).where(TenantVertical.tenant_id == tenant_id, TenantVertical.vertical == vertical)
            )
            await self._changed(on)
        directory_of(self._database).forget(tenant_id)
        return outcome

    async def load_demo_data(self, tenant_id: int, vertical: str) -> None:
        """Fill a trial tenant with the vertical's demo data."""
        async with stage(self._database, tenant_id) as on, on.work() as work:
            await self._hook(work, vertical, "load_demo_data")

    async def erase_person(self, tenant_id: int, party_id: Any) -> None:
        """Have every enabled vertical remove what it holds on one person."""
        async with stage(self._database, tenant_id) as on, on.work() as work:
            for name in self._catalog.active(on.tenant.enabled):
                await self._hook(work, name, "erase_person", party_id=party_id)

    async def _open(self, on: Stage) -> None:
        for name in self._catalog.manifests:
            if name in self._catalog.cores:
                await self._seed(on, name, on.tenant.enabled)
        unopened = (TenantRow.id == on.tenant.id, TenantRow.opened_at.is_(None))
        await on.connection.execute(update(TenantRow).where(*unopened).values(opened_at=clock.now()))

    async def _against_enabling(self, on: Stage, vertical: str) -> tuple[Problem, ...]:
        manifest = self._catalog.manifests.get(vertical)
        if manifest is None or vertical in self._catalog.cores:
            reason = self._catalog.refused.get(vertical)
            if reason is None:
                return (_problem("unknown", _("There is no app %(name)s.", name=vertical)),)
            return (_problem("refused", _("The platform refused this app: %(reason)s", reason=reason)),)
        if missing := [name for name in manifest.requires_verticals if name not in on.tenant.enabled]:
            return (_problem("requires", _("It needs %(names)s; switch that on first.", names=self._titles(missing))),)
        problems: list[Problem] = []
        for step in self._steps:
            problems += await step.check_enable(on, self._catalog, vertical)
        async with on.work(keep=False) as work:
            problems += await self._hook(work, vertical, "check_enable") or ()
        return tuple(problems)

    def _titles(self, names: Sequence[str]) -> str:
        """The apps by the names that people know."""
        manifests = self._catalog.manifests
        return ", ".join(_(manifests[name].title) if name in manifests else name for name in names)

    async def _against_purging(self, on: Stage, vertical: str) -> tuple[Problem, ...]:
        row = await self._row(on, vertical)
        problems: list[Problem] = []
        if row is None or row.state == VerticalState.ENABLED:
            return (_problem("enabled", _("Switch it off first.")),)
        if row.exported_at is None:
            problems.append(_problem("not_exported", _("Download its data first.")))
        ready_at = (row.disabled_at or clock.now()) + PURGE_AFTER
        if clock.now() < ready_at:
            problems.append(_problem("too_early", _("Its data can be removed from %(day)s on.", day=ready_at.date().isoformat())))
        return tuple(problems)

    async def _migrate(self, on: Stage, names: Sequence[str]) -> bool:
        """Migrate the packages in order; whether any table changed."""
        async with migrate.alembic_turn():
            moved = [await on.connection.run_sync(migrate.upgrade, self._catalog, on.tenant.schema, on.tenant.role, name) for name in names]
        return any(moved)

    async def _seed(self, on: Stage, vertical: str, enabled: frozenset[str], *, from_version: str | None = None) -> None:
        """Roles, accounts, settings, then the vertical's own hook, seeing itself enabled."""
        for step in self._steps:
            await step.enable(on, self._catalog, vertical)
        schema = self._catalog.one("settings_schema", vertical)
        if schema is None and not any(self._catalog.implements(vertical, hook) for hook in ("on_enable", "on_upgrade")):
            return  # as most core packages: a sign-up waits for each unit of work
        async with on.work(enabled=enabled) as work:
            if schema is not None:
                await write_settings(work.session, vertical, await read_settings(work.session, vertical, schema))
            if from_version is not None and from_version != self._catalog.manifests[vertical].version:
                await self._hook(work, vertical, "on_upgrade", from_version=from_version)
            if from_version is None or vertical not in on.tenant.enabled:
                await self._hook(work, vertical, "on_enable")

    async def _hook(self, work: Work, vertical: str, hook: str, **arguments: Any) -> Any:
        if not self._catalog.implements(vertical, hook):
            return None
        settings = await read_settings(work.session, vertical, self._catalog.one("settings_schema", vertical))
        context = TenantContext(tenant=work.tenant.schema, session=work.session, work=work, settings=settings)
        return await self._catalog.call_one(vertical, hook, context=context, **arguments)

    async def _record(self, on: Stage, vertical: str) -> None:
        values = {"version": self._catalog.manifests[vertical].version, "state": VerticalState.ENABLED, "disabled_at": None}
        statement = insert(TenantVertical).values(tenant_id=on.tenant.id, vertical=vertical, enabled_at=clock.now(), **values)
        await on.connection.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "vertical"], set_=values))

    async def _changed(self, on: Stage) -> None:
        """Write down where the tables stand now, in the transaction that moved them, and tell all processes."""
        names = [name for name in self._catalog.manifests if migrate.directory_of(self._catalog, name) is not None]
        heads = await on.connection.run_sync(migrate.stamps, on.tenant.schema, names)
        await on.connection.execute(
            update(TenantRow)
            .where(TenantRow.id == on.tenant.id)
            .values(heads=heads, fingerprint=await on.connection.run_sync(fingerprint, on.tenant.schema))
        )
        await notify(on.connection, on.tenant.id)

    async def _row(self, on: Stage, vertical: str) -> Any:
        query = select(TenantVertical.state, TenantVertical.disabled_at, TenantVertical.exported_at, TenantVertical.version)
        return (
            await on.connection.execute(query.where(TenantVertical.tenant_id == on.tenant.id, TenantVertical.vertical == vertical))
        ).first()

    async def _known_version(self, on: Stage, vertical: str) -> str | None:
        """The version that a disabled vertical had; its tables may be of that time."""
        row = await self._row(on, vertical)
        return None if row is None else str(row.version)

    async def _set_state(self, on: Stage, vertical: str, **values: Any) -> None:
        await on.connection.execute(
            update(TenantVertical).where(TenantVertical.tenant_id == on.tenant.id, TenantVertical.vertical == vertical).values(**values)
        )


def _problem(code: str, message: str) -> Problem:
    return Problem(code=code, message=message)


async def states(database: Database, tenant_id: int) -> dict[str, VerticalState]:
    """All verticals that a tenant has or had, for the page of apps."""
    async with database.registry_session() as session:
        rows = await session.execute(select(TenantVertical.vertical, TenantVertical.state).where(TenantVertical.tenant_id == tenant_id))
        return {row.vertical: row.state for row in rows}
