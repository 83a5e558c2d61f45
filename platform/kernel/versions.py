"""Versions that callers say they read before they overwrite."""

from kernel.errors import VersionRequired
from kernel.i18n import gettext as _

VERSION = "version"
"""In a handler's ``opt``: ``ALWAYS``, or ``OF_WHAT_IS_THERE`` where the service itself asks, as it may write something new."""
ALWAYS, OF_WHAT_IS_THERE = "always", "of_what_is_there"


def read_version(version: int | None) -> int:
    """The version that was sent.

    Raises:
        VersionRequired: none was: what somebody else wrote meanwhile would be lost unseen.
    """
    if version is None:
        raise VersionRequired(_("Read it first and send its version along, so that nobody's change is overwritten."), field="version")
    return version
