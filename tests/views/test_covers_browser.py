"""Covers in a real browser: they are there, nothing moves when they come, and nobody is kept out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, Route, expect

from registrations.models import Campaign
from registrations.services import covers
from tests.views.test_browser import (  # noqa: F401  # fixtures
    base_url,
    browser_context_args,
    complaints,
    orm_beside_playwright,
    violations,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Maker = Callable[..., Campaign]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/c/{slug}/", "/"])
def test_a_cover_comes_without_moving_anything(
    page: Page,
    complaints: list[str],  # noqa: F811
    make_campaign: Maker,
    settings: LazySettings,
    tmp_path: Path,
    path: str,
    scheme: str,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    cover = covers.gradient("#0b7a55")
    covers.keep(cover)
    campaign = make_campaign(cover=cover.digest, cover_width=cover.width, cover_alt="Green hills")
    held: list[Route] = []
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.route("**/covers/*", lambda route: held.append(route))
    page.goto(path.format(slug=campaign.slug), wait_until="domcontentloaded")
    shown = page.locator("img.cover")
    expect(shown).to_be_visible()
    before = shown.bounding_box()
    for _ in range(100):
        if held:
            break
        page.wait_for_timeout(50)
    held[0].continue_()
    page.wait_for_load_state("load")
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert shown.bounding_box() == before
    assert before is not None
    assert abs(before["width"] / before["height"] - 16 / 9) < 0.02
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert complaints == []
