"""Slugs: the sub-domains of tenants."""

import re

from kernel.errors import Invalid
from kernel.i18n import gettext as _

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""A DNS label of at most 40 characters."""

RESERVED = frozenset(
    (
        *("about", "account", "accounts", "admin", "administrator", "api", "app", "apps", "assets", "auth", "billing", "blog"),
        *("cdn", "console", "contact", "dashboard", "demo-data", "dev", "developer", "developers", "docs", "download", "email"),
        *("example", "ftp", "git", "health", "help", "home", "host", "hostmaster", "id", "imap", "info", "internal", "invite"),
        *("jingwei", "jobs", "legal", "localhost", "login", "logout", "mail", "mailbox", "marketplace", "me", "media", "metrics"),
        *("mx", "news", "no-reply", "noreply", "ns", "ns1", "ns2", "oauth", "pay", "payment", "payments", "platform", "pop", "pop3"),
        *("postmaster", "preview", "privacy", "proxy", "public", "register", "root", "sandbox", "schema", "secure", "security"),
        *("server", "signin", "signout", "signup", "sms", "smtp", "sso", "stage", "staging", "static", "status"),
        *("support", "system", "team", "tenant", "terms", "test", "tests", "vpn", "web", "webhook", "webhooks", "webmail"),
        *("webmaster", "wiki", "wpad", "autoconfig", "autodiscover", "isatap", "www", "www1", "www2"),
    )
)
"""Names that a visitor would take for the platform's own, or that mail and network software look up by itself."""

LENGTH_MIN = 3


class SlugRefused(Invalid):
    """The address cannot be used, by anybody."""

    code = "slug_refused"


class SlugTaken(Invalid):
    """Another company has the address."""

    code = "slug_taken"


def checked(slug: str) -> str:
    """``slug`` in lower case.

    Punycode (``xn--``) is refused, as it shows as letters that look like another company's.

    Raises:
        SlugRefused: it is no name for a company's address.
    """
    lowered = slug.strip().lower()
    if len(lowered) < LENGTH_MIN or not SLUG.fullmatch(lowered):
        raise SlugRefused(_("An address has 3 to 40 letters, digits or hyphens, and begins and ends with a letter or digit."), field="slug")
    if lowered[2:4] == "--":
        raise SlugRefused(_("An address cannot have two hyphens in third and fourth place."), field="slug")
    if lowered in RESERVED:
        raise SlugRefused(_("The address %(slug)s is reserved. Choose another.", slug=lowered), field="slug")
    if lowered.isdigit():
        raise SlugRefused(_("An address needs at least one letter."), field="slug")
    return lowered
