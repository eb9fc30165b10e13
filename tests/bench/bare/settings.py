"""The product's settings, middleware and all; only the addresses lead elsewhere."""

from regsite.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.bare.urls"
WSGI_APPLICATION = "tests.bench.bare.wsgi.application"
