"""All tables of this package in schema ``public``; importing it is enough for the migration tool to know them."""

from identity.members.model import Invitation, Member
from identity.people.model import Person
from identity.roles.model import RoleRow
from identity.sessions.model import SessionRow
from identity.throttle.model import Throttle
from identity.tickets.model import Ticket
from identity.tokens.model import ApiToken

__all__ = ["ApiToken", "Invitation", "Member", "Person", "RoleRow", "SessionRow", "Throttle", "Ticket"]
