"""What the operator decides, read from the environment once at start."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import make_url


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``base_url`` is the address of the platform itself; tenants live at ``<slug>.<its host>``.

    Mail to ``mail_intake_domain`` is ours to read: bounces, and answers to what companies send.  With ``mail_intake_port`` we
    listen for it ourselves; otherwise a mail server hands it to ``/mail-intake``.
    """

    database_url: str
    data_dir: Path
    secret_key: str
    base_url: str = "http://localhost:8000"
    smtp_url: str = "smtp://127.0.0.1:8025"
    mail_from: str = "Jingwei <no-reply@localhost>"
    environment: Literal["development", "production"] = "development"
    spare_tenants: int = 4
    trust_proxy: bool = False
    mail_intake_domain: str = ""
    mail_intake_port: int = 0

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ, *, database_url: str | None = None) -> "Settings":
        """Settings from environment variables.  ``database_url`` is the embedded server's, used where DATABASE_URL is not set.

        Raises:
            ValueError: a variable has a value that cannot be used; the message names it.
        """
        data_dir = Path(env.get("JINGWEI_DATA", ".data")).absolute()
        url = env.get("DATABASE_URL") or database_url
        if not url:
            raise ValueError("DATABASE_URL is not set and no embedded database was started")
        environment = env.get("JINGWEI_ENV", "development")
        if environment not in ("development", "production"):
            raise ValueError("JINGWEI_ENV must be development or production")
        base_url = env.get("BASE_URL", f"http://localhost:{env.get('PORT', '8000')}").rstrip("/")
        if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).hostname:
            raise ValueError(f"BASE_URL {base_url!r} is not an http or https address")
        return cls(
            database_url=async_url(url),
            data_dir=data_dir,
            secret_key=env.get("SECRET_KEY") or _kept_secret(data_dir),
            base_url=base_url,
            smtp_url=env.get("SMTP_URL", "smtp://127.0.0.1:8025"),
            mail_from=env.get("MAIL_FROM", "Jingwei <no-reply@localhost>"),
            environment="production" if environment == "production" else "development",
            spare_tenants=int(env.get("SPARE_TENANTS", "4")),
            trust_proxy=env.get("TRUST_PROXY", "") == "1",
            mail_intake_domain=env.get("MAIL_INTAKE_DOMAIN", "").strip().lower(),
            mail_intake_port=int(env.get("MAIL_INTAKE_PORT", "0")),
        )

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https."""
        return self.base_url.startswith("https:")

    @property
    def base_host(self) -> str:
        """``localhost:8000`` of ``http://localhost:8000``."""
        return urlsplit(self.base_url).netloc.lower()

    @property
    def app_password(self) -> str:
        """Password of the application's login role in the database."""
        return self.derive("database-login")

    @property
    def app_database_url(self) -> str:
        """The database as the application's login role sees it."""
        url = make_url(self.database_url)
        return url.set(username=f"{url.database}_app", password=self.app_password).render_as_string(hide_password=False)

    def derive(self, purpose: str) -> str:
        """A key for one purpose, derived from the secret key; hexadecimal."""
        return hmac.new(self.secret_key.encode(), purpose.encode(), hashlib.sha256).hexdigest()

    def tenant_url(self, slug: str, path: str = "/") -> str:
        """Absolute address of a tenant's page."""
        scheme = urlsplit(self.base_url).scheme
        return f"{scheme}://{slug}.{self.base_host}{path}"


def async_url(url: str) -> str:
    """A PostgreSQL address in the form SQLAlchemy wants: ``postgres://`` and ``postgresql://`` mean asyncpg.

    Raises:
        ValueError: it is no address of a PostgreSQL database.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in ("postgres", "postgresql"):
        raise ValueError("DATABASE_URL must look like postgresql://user:password@host:5432/database")
    return f"postgresql+asyncpg://{rest}"


def _kept_secret(data_dir: Path) -> str:
    """The secret of this installation, made on the first start and kept beside its data."""
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip()
