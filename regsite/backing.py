"""Database and mail server, each named by one address in the environment."""

import urllib.parse
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

_DJANGO_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_OUR_SMTP = "registrations.mailing.smtp.MarkingBackend"


def database(env: environ.Env, *, folder: Path) -> dict[str, Any]:
    """The default database: DATABASE_URL, else an SQLite file in `folder`. Raises ImproperlyConfigured for other kinds."""
    embedded = "sqlite:///" + urllib.parse.quote(str(folder / "regsite.sqlite3"))
    config: dict[str, Any] = env.db_url("DATABASE_URL", default=embedded)
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # WAL and IMMEDIATE let readers and one writer live side by side without "database is locked".
        options.setdefault("timeout", 20)
        options.setdefault("transaction_mode", "IMMEDIATE")
        options.setdefault("init_command", "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL")
        config["CONN_MAX_AGE"] = None
    elif config["ENGINE"] == "django.db.backends.postgresql":
        # A server that is gone is noticed in seconds, and no statement or lock holds a worker for good.
        options.setdefault("connect_timeout", 5)
        options.setdefault("tcp_user_timeout", 15_000)
        options.setdefault("options", "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s")
        config.setdefault("CONN_MAX_AGE", 60)
        config["CONN_HEALTH_CHECKS"] = True
    else:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql:// or sqlite:///.")
    return config


def mail(env: environ.Env) -> dict[str, Any]:
    """Django's EMAIL_… settings from EMAIL_URL; SMTP goes through our own backend unless EMAIL_BACKEND names another."""
    config: dict[str, Any] = env.email_url("EMAIL_URL", default="smtp://127.0.0.1:9125")
    config.pop("OPTIONS", None)
    if config["EMAIL_BACKEND"] == _DJANGO_SMTP:
        config["EMAIL_BACKEND"] = _OUR_SMTP
    config["EMAIL_BACKEND"] = env.str("EMAIL_BACKEND", default=config["EMAIL_BACKEND"])
    return config
