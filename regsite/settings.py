"""Everything that can be set, from the environment; with nothing set, an embedded default works.

An empty value counts as not set, everywhere. `.env` beside manage.py is read too; the environment wins.
"""

import logging
import os
import sys
import urllib.parse
import warnings
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from regsite import backing, limits, local_secrets, logs, proof_of_work
from regsite.machine_api import API_APPS, REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401  # two are settings
from regsite.staff_screens import UNFOLD  # noqa: F401  # a setting

BASE_DIR = Path(__file__).resolve().parent.parent


class Environment(environ.Env):  # type: ignore[misc]
    """The process's environment and `.env`, without what is empty."""

    ENVIRON = {name: value for name, value in os.environ.items() if value.strip()}


Environment.read_env(Path(Environment.ENVIRON.get("ENV_FILE", BASE_DIR / ".env")))
Environment.ENVIRON = {name: value for name, value in Environment.ENVIRON.items() if value.strip()}
env = Environment()

# --- Mode -------------------------------------------------------------------------------------------------------------
# Embedded: no database is named, so everything that is needed is made and kept in DATA_DIR.
EMBEDDED = "DATABASE_URL" not in env.ENVIRON
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "data"))).resolve()
DEBUG = env.bool("DEBUG", default=False)
if EMBEDDED:
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

# --- Secrets ----------------------------------------------------------------------------------------------------------


def _secret(name: str, make: Any) -> str:
    # Read without django-environ, which takes a leading "$" for another variable's name.
    if value := env.ENVIRON.get(name):
        return str(value)
    if EMBEDDED:
        return local_secrets.kept(DATA_DIR / name.lower(), make)
    raise ImproperlyConfigured(f"{name} must be set, because DATABASE_URL is set. See .env.example for how to make one.")


SECRET_KEY = _secret("SECRET_KEY", local_secrets.new_signing_key)
# Newest first: the first one encrypts, all of them decrypt.
FIELD_ENCRYPTION_KEYS = local_secrets.checked_encryption_keys(
    _secret("FIELD_ENCRYPTION_KEYS", local_secrets.new_encryption_key)
)

# --- Where the site is ------------------------------------------------------------------------------------------------

HOST = env.str("HOST", default="127.0.0.1")
PORT = env.str("PORT", default="8000")  # checked by whoever listens there, as the next one
SANDBOX_PORT = env.str("SANDBOX_PORT", default="9100")
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
_public = urllib.parse.urlsplit(PUBLIC_URL)
if _public.scheme not in {"http", "https"} or not _public.hostname:
    raise ImproperlyConfigured("PUBLIC_URL must look like https://webinars.example.org.")
PUBLIC_IS_HTTPS = _public.scheme == "https"
# Loopback names stay allowed for health checks inside a container; links are built from PUBLIC_URL alone.
ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS", default=[_public.hostname]), "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[f"{_public.scheme}://{_public.netloc}"])
# How many proxies of ours stand before the site; only what they say of a client is believed.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
# How many public posts are taken, by what they have in common, and how soon after its page a form is a person's.
POST_LIMITS, FORM_MIN_SECONDS = limits.of_posts(env), env.float("FORM_MIN_SECONDS", default=2.0)
globals().update(proof_of_work.settings_of(SECRET_KEY))
# Hosts that a webinar platform's API may be reached at without TLS.
PLAIN_HTTP_HOSTS = env.list("PLAIN_HTTP_HOSTS", default=["127.0.0.1", "localhost"] if EMBEDDED else [])
# Web processes; each has a few threads.
WEB_CONCURRENCY = env.int("WEB_CONCURRENCY", default=2)

# --- Application ------------------------------------------------------------------------------------------------------

ROOT_URLCONF = "regsite.urls"
WSGI_APPLICATION = "regsite.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "phonenumber_field",
    "csp",
    "axes",
    "altcha_django",
    "django_structlog",
    *API_APPS,
    "registrations",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "regsite.middleware.StaffContentPolicy",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Database ---------------------------------------------------------------------------------------------------------

DATABASES = {"default": backing.database(env, folder=DATA_DIR)}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Celery -----------------------------------------------------------------------------------------------------------
# The row is the job; a message that is lost costs two seconds. So nothing here retries, stores or redelivers.

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 30,
    # For publishers alone; workers and the schedule reconnect by the settings above.
    "max_retries": 0,
    "interval_start": 0,
    "connect_retries_timeout": 2,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "rest"
CELERY_TASK_ROUTES = {
    "registrations.drain_seats": {"queue": "seats"},
    "registrations.drain_emails": {"queue": "mails"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = env.int(
    "WORKER_CONCURRENCY", default=2 if DATABASES["default"]["ENGINE"].endswith("sqlite3") else 4
)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"

# --- Delivery ---------------------------------------------------------------------------------------------------------

# Seconds that a worker holds steps before another may take them; renewed at half-time.
STEP_LEASE_SECONDS = env.int("STEP_LEASE_SECONDS", default=60)
# What to do with a mail that may already be out after a crash: send it again, or hold it for a person.
MAIL_UNCERTAIN_POLICY = env.str("MAIL_UNCERTAIN_POLICY", default="resend")
if MAIL_UNCERTAIN_POLICY not in {"resend", "hold"}:
    raise ImproperlyConfigured("MAIL_UNCERTAIN_POLICY must be resend or hold.")
# Tells Redis how much work was taken up, so that a database restored from a backup is known by what it lacks.
WITNESS_EXCHANGE = "regsite.redis_witness.exchange"
# Shifts the clock that steps are timed by; tests alone set it.
CLOCK_OFFSET_SECONDS = env.float("CLOCK_OFFSET_SECONDS", default=0)

# --- Mail -------------------------------------------------------------------------------------------------------------

globals().update(backing.mail(env))
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=30)
ANYMAIL = {name.removeprefix("ANYMAIL_"): value for name, value in env.ENVIRON.items() if name.startswith("ANYMAIL_")}
_mail_host = _public.hostname if PUBLIC_IS_HTTPS else "example.org"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"webinars@{_mail_host}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Where people write who need a human; stands on every page and mail unless the campaign names another.
CONTACT_EMAIL = env.str("CONTACT_EMAIL", default=f"webinars@{_mail_host}")
# Whom calendars name as the organiser, and write to when somebody accepts or declines; empty: the mail's sender.
CALENDAR_ORGANIZER_EMAIL = env.str("CALENDAR_ORGANIZER_EMAIL", default="")
# Who is told when a platform or mail server needs attention; empty: nobody.
STAFF_NOTICE_EMAIL = env.str("STAFF_NOTICE_EMAIL", default="")

# --- Languages and time -----------------------------------------------------------------------------------------------

LANGUAGES = [("en", _("English")), ("ru", _("Russian"))]
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
# What packages show in English only is translated in the second folder, which `makemessages` leaves alone.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "packages"]
USE_I18N = USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")

# --- Static files -----------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Hashed names once `collectstatic` has run; before that, files are served from where they lie.
STATIC_IS_COLLECTED = not DEBUG and ((STATIC_ROOT / "staticfiles.json").exists() or sys.argv[1:2] == ["collectstatic"])
WHITENOISE_USE_FINDERS = not STATIC_IS_COLLECTED
warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)
# What people upload; all web processes share it.
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(DATA_DIR / "media")))
_static_storage = "whitenoise.storage.CompressedManifest" if STATIC_IS_COLLECTED else "django.contrib.staticfiles.storage."
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": f"{_static_storage}StaticFilesStorage"},
}

# --- Headers and cookies ----------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        **{name: [SELF] for name in ("script-src", "style-src", "img-src", "connect-src", "form-action")},
        **{name: [NONE] for name in ("default-src", "frame-ancestors", "base-uri")},
    }
}
X_FRAME_OPTIONS = "DENY"
# Not "no-referrer": that would turn the Origin of every post into "null".
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if PUBLIC_IS_HTTPS:
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_INCLUDE_SUBDOMAINS", default=False)
    SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
    # Without a trusted proxy every request looks plain here, and a redirect would never end.
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=TRUSTED_PROXY_COUNT > 0)
    SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^healthz$"]
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = PUBLIC_IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60

# --- People who log in ------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"
# One name from one address is shut out, so that nobody can shut out another.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "regsite.clients.address_of"

# The first administrator, made by `manage.py bootstrap`.
ADMIN_USERNAME = env.str("ADMIN_USERNAME", default="")
ADMIN_PASSWORD = env.ENVIRON.get("ADMIN_PASSWORD", "")
ADMIN_EMAIL = env.str("ADMIN_EMAIL", default="")

# --- Logs -------------------------------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
LOGGING = logs.logging_config(LOG_LEVEL)
logs.configure_structlog()
DJANGO_STRUCTLOG_CELERY_ENABLED = False
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
