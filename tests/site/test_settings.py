"""The settings: what they insist on, what they make themselves, and what follows from the site's address."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / ".env.example"
READERS = ("regsite/settings.py", "regsite/backing.py", "regsite/limits.py", "registrations/sandbox/options.py")
PRODUCTION = {
    "DATABASE_URL": "postgresql://regsite:secret@db/regsite",
    "SECRET_KEY": "$0me-long-secret-that-nobody-would-guess-0123456789-abcdefghijklm",
    "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "PUBLIC_URL": "https://webinars.example.org/",
    "EMAIL_URL": "smtp+tls://user:p%40ss@mail.example.org:587",
    "TRUSTED_PROXY_COUNT": "1",
}


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Loads the settings afresh under an environment of nothing but the given values; returns them by name."""

    def load(**values: str) -> dict[str, Any]:
        for name in list(os.environ):
            monkeypatch.delenv(name)
        for name, value in {"ENV_FILE": os.devnull, "DATA_DIR": str(tmp_path), **values}.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "regsite" / "settings.py"))

    return load


def test_with_nothing_set_the_site_keeps_its_data_in_one_folder(load: Any, tmp_path: Path) -> None:
    settings = load()
    assert settings["DATABASES"]["default"]["NAME"] == str(tmp_path / "regsite.sqlite3")
    assert settings["EMAIL_PORT"] == 9125
    assert settings["EMAIL_BACKEND"] == "registrations.mailing.smtp.MarkingBackend"
    assert settings["DEBUG"] is False


def test_the_secrets_that_were_made_stay_the_same(load: Any, tmp_path: Path) -> None:
    first, second = load(), load()
    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert first["FIELD_ENCRYPTION_KEYS"] == second["FIELD_ENCRYPTION_KEYS"]
    for name in ("secret_key", "field_encryption_keys"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("missing", ["SECRET_KEY", "FIELD_ENCRYPTION_KEYS"])
@pytest.mark.parametrize("how", ["left out", "empty"])
def test_with_a_database_of_its_own_the_site_refuses_to_make_up_secrets(
    load: Any, tmp_path: Path, missing: str, how: str
) -> None:
    values = {name: value for name, value in PRODUCTION.items() if name != missing}
    if how == "empty":
        values[missing] = ""
    with pytest.raises(ImproperlyConfigured, match=f"^{missing} must be set"):
        load(**values)
    assert list(tmp_path.iterdir()) == []


def test_a_malformed_encryption_key_is_refused_at_once(load: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="Fernet"):
        load(**{**PRODUCTION, "FIELD_ENCRYPTION_KEYS": "not-a-key"})


def test_encryption_keys_are_a_list_with_the_newest_first(load: Any) -> None:
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    assert load(**{**PRODUCTION, "FIELD_ENCRYPTION_KEYS": ",".join(keys)})["FIELD_ENCRYPTION_KEYS"] == keys


def test_an_empty_value_counts_as_not_set(load: Any) -> None:
    settings = load(DATABASE_URL="", PORT="", PUBLIC_URL="", DEBUG="", TRUSTED_PROXY_COUNT=" ", MAIL_UNCERTAIN_POLICY="")
    assert settings["EMBEDDED"] is True
    assert settings["PUBLIC_URL"] == "http://127.0.0.1:8000"
    assert settings["TRUSTED_PROXY_COUNT"] == 0
    assert settings["MAIL_UNCERTAIN_POLICY"] == "resend"


def test_the_environment_wins_over_the_file(load: Any, tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text("PORT=8123\nCONTACT_EMAIL=file@example.org\n")
    settings = load(ENV_FILE=str(file), PORT="8234")
    assert (settings["PORT"], settings["CONTACT_EMAIL"]) == ("8234", "file@example.org")


def test_a_secret_that_begins_with_a_dollar_sign_is_taken_as_it_is(load: Any) -> None:
    assert load(**PRODUCTION)["SECRET_KEY"] == PRODUCTION["SECRET_KEY"]


def test_sqlite_lets_several_processes_write(load: Any) -> None:
    options = load(DATABASE_URL="")["DATABASES"]["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] == 20
    assert "journal_mode=WAL" in options["init_command"]


def test_postgresql_connections_are_kept_and_checked_and_no_statement_hangs(load: Any) -> None:
    database = load(**PRODUCTION)["DATABASES"]["default"]
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (60, True)
    assert database["OPTIONS"]["connect_timeout"] == 5
    assert "statement_timeout=30s" in database["OPTIONS"]["options"]


def test_another_kind_of_database_is_refused(load: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="postgresql:// or sqlite:///"):
        load(**{**PRODUCTION, "DATABASE_URL": "mysql://root@db/regsite"})


def test_behind_https_cookies_are_bound_to_the_host(load: Any) -> None:
    settings = load(**PRODUCTION)
    assert settings["SESSION_COOKIE_NAME"] == "__Host-sessionid"
    assert settings["CSRF_COOKIE_NAME"] == "__Host-csrftoken"
    assert settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is True
    assert settings["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600


def test_forwarded_headers_are_believed_only_with_a_proxy_of_ours(load: Any) -> None:
    assert load(**PRODUCTION)["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    alone = load(**{**PRODUCTION, "TRUSTED_PROXY_COUNT": ""})
    assert "SECURE_PROXY_SSL_HEADER" not in alone
    assert alone["SECURE_SSL_REDIRECT"] is False


def test_another_mail_backend_gets_its_own_settings(load: Any) -> None:
    backend = "anymail.backends.unisender_go.EmailBackend"
    settings = load(EMAIL_BACKEND=backend, ANYMAIL_UNISENDER_GO_API_KEY="key")
    assert settings["EMAIL_BACKEND"] == backend
    assert settings["ANYMAIL"] == {"UNISENDER_GO_API_KEY": "key"}


def test_an_smtp_password_may_hold_any_character(load: Any) -> None:
    settings = load(**PRODUCTION)
    assert (settings["EMAIL_HOST_PASSWORD"], settings["EMAIL_PORT"], settings["EMAIL_USE_TLS"]) == ("p@ss", 587, True)


@pytest.mark.parametrize("name", ["POSTS_PER_CLIENT", "POSTS_PER_CAMPAIGN", "POSTS_PER_SITE", "POSTS_PER_ADDRESS"])
def test_a_limit_is_a_number_of_posts_or_none(load: Any, name: str) -> None:
    scope = name.removeprefix("POSTS_PER_").lower()
    assert load(**{name: "0"})["POST_LIMITS"][scope][0] == 0
    assert load(**{name: "7"})["POST_LIMITS"][scope][0] == 7
    with pytest.raises(ImproperlyConfigured, match=name):
        load(**{name: "-1"})


def test_what_can_be_set_stands_in_the_example() -> None:
    source = "".join((ROOT / path).read_text() for path in READERS)
    asked = set(re.findall(r'(?:\benv\.\w+|ENVIRON\.get|_secret)\(\s*"([A-Z_]+)"', source))
    asked |= set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert {"DATABASE_URL", "SECRET_KEY", "ADMIN_PASSWORD", "SANDBOX_SMTP_PORT", "POSTGRES_PASSWORD"} <= asked
    example = set(re.findall(r"^([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE))
    # One is set by tests alone, the other names the file itself.
    assert asked ^ example == {"CLOCK_OFFSET_SECONDS", "ENV_FILE"}


def test_each_setting_of_the_example_is_explained() -> None:
    lines = EXAMPLE.read_text().splitlines()
    bare = [line for before, line in pairwise(lines) if re.match("[A-Z_]+=", line) and not before.startswith("# ")]
    assert bare == []


def test_the_example_changes_nothing_when_it_is_copied_as_it_is(load: Any) -> None:
    def plain(settings: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in settings.items() if name.isupper() and isinstance(value, str | int | list)}

    assert plain(load(ENV_FILE=str(EXAMPLE))) == plain(load())


@pytest.mark.parametrize("name", ["HOST", "PORT", "DATA_DIR", "MEDIA_ROOT", "DATABASE_URL", "REDIS_URL"])
def test_in_containers_an_address_from_the_file_cannot_move_what_others_rely_on(name: str) -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    _, _, app = compose.partition("x-app: &app")
    app, _, _ = app.partition("x-worker:")
    assert "env_file:" in app
    assert re.search(rf"^    {name}: \S", app, re.MULTILINE)


def test_a_production_configuration_passes_the_deployment_checks(tmp_path: Path) -> None:
    values = {**PRODUCTION, "DATABASE_URL": f"sqlite:///{tmp_path}/check.sqlite3"}
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "DATA_DIR": str(tmp_path), **values}
    environment |= {"HSTS_INCLUDE_SUBDOMAINS": "yes", "HSTS_PRELOAD": "yes"}
    check = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stderr
