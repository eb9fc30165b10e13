"""Logs hold ids; whatever else gets near them is taken out."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
import structlog
from django.conf import settings

from regsite import logs


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged, as it is written."""
    stream = io.StringIO()
    config = logs.logging_config("INFO")
    config["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(config)
    yield stream
    logging.config.dictConfig(settings.LOGGING)


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("GET /r/s3cr3t-T0ken/calendar.ics", "GET /r/[token]/calendar.ics"),
        ("Not Found: /r/s3cr3t", "Not Found: /r/[token]"),
        ("/c/vebinar/sent/0a1b2c/state/", "/c/vebinar/sent/[token]/state/"),
        ("Key (email)=(anna@example.org) already exists", "Key (email)=([address]) already exists"),
        ("GET /c/vebinar/", "GET /c/vebinar/"),
        ("POST /hooks/forms/s3cr3t/", "POST /hooks/forms/[token]/"),
        ("GET /api/v1/registrations/0a1b2c", "GET /api/v1/registrations/[token]"),
    ],
)
def test_tokens_and_addresses_are_taken_out(text: str, scrubbed: str) -> None:
    assert logs.without_private(text) == scrubbed


def test_an_entry_of_a_library_is_one_line_of_json_without_secrets(written: io.StringIO) -> None:
    logging.getLogger("some.library").warning("Not Found: %s for %s", "/r/s3cr3t/", "анна@example.org")
    entry = json.loads(written.getvalue())
    assert entry["event"] == "Not Found: /r/[token]/ for [address]"
    assert (entry["level"], entry["logger"]) == ("warning", "some.library")


def test_a_traceback_is_scrubbed_too(written: io.StringIO) -> None:
    try:
        raise ValueError("anna@example.org at /r/s3cr3t/")
    except ValueError:
        structlog.get_logger("registrations").exception("failed", seat=7)
    assert "anna@" not in written.getvalue()
    assert "s3cr3t" not in written.getvalue()
    assert json.loads(written.getvalue())["seat"] == 7
