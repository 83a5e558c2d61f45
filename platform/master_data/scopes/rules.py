"""The company's rules about scopes and fields, as an administrator reads and sets them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from identity.audit import record
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from master_data.scopes.model import FieldRight, FieldRule, Scope, ScopeRule
from master_data.scopes.owned import Owned
from master_data.scopes.rights import OWNER, default_scope, forget
from vertical import Resource
from vertical.columns import label_of

RULES_MAX = 10_000


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of record that rules speak of.  ``kept_apart`` says whether scopes mean something to it."""

    stem: str
    label: str
    kept_apart: bool
    fields: Mapping[str, str]


def kinds(work: Work) -> list[Kind]:
    """The kinds of the cores and of the enabled verticals, by their permission stem."""
    found: dict[str, Kind] = {}
    for contribution in work.contributions("resources"):
        resource: Resource = contribution.item
        names = dict.fromkeys((*resource.columns, *resource.form))
        found[resource.permission] = Kind(
            stem=resource.permission,
            label=_(resource.label),
            kept_apart=issubclass(resource.model, Owned),
            fields={name: label_of(name, resource.column(name)) for name in names},
        )
    for contribution in work.contributions("models"):
        model: Any = contribution.item
        if issubclass(model, Owned) and model.rights_stem not in found:
            labelled = {c.key: label_of(c.key, c) for c in model.__table__.columns if "label" in c.info}
            found[model.rights_stem] = Kind(stem=model.rights_stem, label=_(model.rights_label), kept_apart=True, fields=labelled)
    return list(found.values())


async def scope_rules(work: Work) -> dict[tuple[str, str], Scope]:
    """The scopes that the company set, by role and stem."""
    rows = await work.session.execute(select(ScopeRule.role, ScopeRule.stem, ScopeRule.scope).limit(RULES_MAX))
    return {(row.role, row.stem): row.scope for row in rows}


def scope_now(rules: Mapping[tuple[str, str], Scope], role: str, stem: str) -> Scope:
    """How far a role sees, by a rule or by default."""
    return Scope.ALL if role == OWNER else rules.get((role, stem), default_scope(role))


async def set_scopes(work: Work, changes: Mapping[tuple[str, str], Scope], roles: Sequence[str]) -> None:
    """Set how far roles see kinds of record, and note what became other.

    Raises:
        Invalid: there is no such role or kind, or it is the owner's role, from which nothing is kept.
    """
    stems = {kind.stem for kind in kinds(work) if kind.kept_apart}
    before = await scope_rules(work)
    for (role, stem), scope in sorted(changes.items()):
        _check_role(role, roles)
        if stem not in stems:
            raise Invalid(_("There are no records of the kind %(kind)s that are kept apart.", kind=stem), field="stem")
        old = scope_now(before, role, stem)
        if scope == old:
            continue
        values = {"id": new_id(), "role": role, "stem": stem, "scope": scope}
        statement = insert(ScopeRule).values(values)
        await work.session.execute(statement.on_conflict_do_update(index_elements=["role", "stem"], set_={"scope": scope}))
        await record(work, "scope.changed", f"role:{role}", name=stem, before={"scope": old.value}, after={"scope": scope.value})
    forget(work)


async def field_rules(work: Work, stem: str) -> dict[tuple[str, str], FieldRight]:
    """What roles may do with the fields of one kind, by role and field; what is not named they may write."""
    rows = await work.session.execute(
        select(FieldRule.role, FieldRule.field, FieldRule.field_right).where(FieldRule.stem == stem).limit(RULES_MAX)
    )
    return {(row.role, row.field): row.field_right for row in rows}


async def set_field_rules(work: Work, stem: str, changes: Mapping[tuple[str, str], FieldRight], roles: Sequence[str]) -> None:
    """Set what roles may do with fields of one kind, and note what became other.

    Raises:
        Invalid: there is no such role, kind or field, or it is the owner's role.
    """
    kind = next((kind for kind in kinds(work) if kind.stem == stem), None)
    if kind is None:
        raise Invalid(_("There are no records of the kind %(kind)s.", kind=stem), field="stem")
    before = await field_rules(work, stem)
    for (role, name), right in sorted(changes.items()):
        _check_role(role, roles)
        if name not in kind.fields:
            raise Invalid(_("%(kind)s have no field %(field)s.", kind=kind.label, field=name), field="field")
        old = before.get((role, name), FieldRight.WRITE)
        if right == old:
            continue
        await work.session.execute(delete(FieldRule).where(FieldRule.role == role, FieldRule.stem == stem, FieldRule.field == name))
        if right != FieldRight.WRITE:
            work.session.add(FieldRule(role=role, stem=stem, field=name, field_right=right))
        facts = f"{stem}.{name}"
        await record(work, "field_right.changed", f"role:{role}", name=facts, before={"right": old.value}, after={"right": right.value})
    await work.session.flush()
    forget(work)


def _check_role(role: str, roles: Sequence[str]) -> None:
    if role == OWNER:
        raise Invalid(_("Nothing is kept from the owner's role."), field="role")
    if role not in roles:
        raise Invalid(_("There is no such role."), field="role")
