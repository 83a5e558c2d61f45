"""What other packages may use of the workflow."""

from identity.members.directory import Colleague, colleagues
from workflow.notifications.service import notify, unread_count
from workflow.people import persons_in_role, persons_of
from workflow.records import Found, Kind, find_record, kinds, may_see

__all__ = [
    "Colleague",
    "Found",
    "Kind",
    "colleagues",
    "find_record",
    "kinds",
    "may_see",
    "notify",
    "persons_in_role",
    "persons_of",
    "unread_count",
]
