"""All tables of this package in schema ``public``; importing it is enough for the migration tool to know them."""

from messaging.model import Mail, MailFile

__all__ = ["Mail", "MailFile"]
