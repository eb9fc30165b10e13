"""Logs that can be read by a machine and by nobody who should not know: ids yes, addresses, tokens and links no."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_PRIVATE = (
    (re.compile(r"(/r/)[^/\s?\"'<>]+"), r"\1[token]"),
    (re.compile(r"(/hooks/forms/)[^/\s?\"'<>]+"), r"\1[token]"),
    (re.compile(r"(/api/v1/registrations/)[^/\s?\"'<>]+"), r"\1[token]"),
    (re.compile(r"(/c/[^/\s]+/sent/)[^/\s?\"'<>]+"), r"\1[token]"),
    (re.compile(r"[^\s@<>()\[\]\"'=,;:]+@[^\s@<>()\[\]\"'=,;:]+\.[^\s@<>()\[\]\"'=,;:]+"), "[address]"),
)


def without_private(text: str) -> str:
    """The text with private paths' tokens and e-mail addresses replaced by a word."""
    for pattern, replacement in _PRIVATE:
        text = pattern.sub(replacement, text)
    return text


def scrub(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: takes private paths and addresses out of every text of an entry, tracebacks included."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = without_private(value)
    return event


class Brief(logging.Filter):
    """Keeps an entry's message and drops its traceback and stack."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = record.stack_info = None
        return True


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    structlog.processors.UnicodeDecoder(),
    scrub,
]


def logging_config(level: str) -> dict[str, Any]:
    """The LOGGING setting: JSON lines on stderr, or colours where a person looks on.

    The libraries named here tell every request and task at INFO; what matters of those is in the timeline.
    """
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    quiet = ("celery.app.trace", "celery.worker.strategy", "django_structlog.celery", "axes", "httpx")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "entries": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            }
        },
        "filters": {"brief": {"()": Brief}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "entries"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            **{name: {"level": "WARNING"} for name in quiet},
            # Without a broker the schedule fails every two seconds: one line each time, not two screens.
            "celery.beat": {"level": "WARNING", "filters": ["brief"]},
        },
    }


def configure_structlog() -> None:
    """Send structlog's entries through the standard library's handlers."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
