"""Webinar.ru / MTS Link (UserAPI v3)."""

from __future__ import annotations

from registrations.webinar.providers.webinar_ru.provider import WebinarRu

__all__ = ["WebinarRu"]
