"""The platforms regsite knows. A new one is a folder under `providers/` and a line here."""

from __future__ import annotations

from registrations.webinar.provider import Provider
from registrations.webinar.providers.webinar_ru import WebinarRu

PROVIDERS: dict[str, type[Provider]] = {provider.name: provider for provider in (WebinarRu,)}


def provider_choices() -> list[tuple[str, str]]:
    """Names and labels, for a form's select."""
    return [(provider.name, provider.label) for provider in PROVIDERS.values()]
