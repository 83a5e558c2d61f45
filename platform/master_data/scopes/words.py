"""What scopes and rights are called."""

from kernel.i18n import N_
from kernel.i18n import gettext as _
from master_data.scopes.model import FieldRight, Scope

_SCOPES = {
    Scope.OWN: N_("Own records"),
    Scope.OWN_AND_COLLABORATING: N_("Own and taking part"),
    Scope.DEPARTMENT: N_("Own department"),
    Scope.DEPARTMENT_TREE: N_("Department and below"),
    Scope.ALL: N_("All records"),
}
_RIGHTS = {
    FieldRight.WRITE: N_("See and change"),
    FieldRight.READ: N_("See only"),
    FieldRight.MASKED: N_("Masked"),
    FieldRight.HIDDEN: N_("Hidden"),
}


def scope_options() -> list[tuple[str, str]]:
    return [(scope.value, _(label)) for scope, label in _SCOPES.items()]


def right_options() -> list[tuple[str, str]]:
    return [(right.value, _(label)) for right, label in _RIGHTS.items()]
