"""The proof of work in a real browser: it does its work by itself, under the strict policy, and nobody is shut out unheard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, Page, expect

from registrations.models import BlockedTries, Campaign, Submission
from tests.views.test_browser import (  # noqa: F401  # fixtures
    base_url,
    browser_context_args,
    complaints,
    fill,
    orm_beside_playwright,
    press,
    violations,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Maker = Callable[..., Campaign]


@pytest.fixture(autouse=True)
def secure(settings: LazySettings, base_url: str) -> None:  # noqa: F811
    settings.PUBLIC_URL = base_url


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ru", "dark")])
def test_the_box_ticks_itself_and_has_no_barrier(
    page: Page,
    complaints: list[str],  # noqa: F811
    make_campaign: Maker,
    language: str,
    scheme: str,
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    campaign = make_campaign(proof_of_work=True, language=language)
    page.goto(f"/c/{campaign.slug}/")
    box = page.locator("altcha-widget input[type=checkbox]")
    expect(box).not_to_be_checked()
    assert violations(page) == []
    box.press("Space")
    expect(box).to_be_checked(timeout=30_000)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    fill(page, email="anna")
    press(page)
    expect(page.locator("[name=email]")).to_have_value("anna")
    assert violations(page) == []
    fill(page)
    press(page)  # at once: it waits until the work is done
    expect(page).to_have_url(re.compile(r"/sent/"), timeout=30_000)
    assert Submission.objects.count() == 1
    assert not BlockedTries.objects.exists()
    # The answer to a form with mistakes is noted; the thread that works is made of the page's own words.
    assert [line for line in complaints if "422" not in line and not line.startswith("blob:http://localhost")] == []


def test_without_script_nothing_typed_is_lost(browser: Browser, base_url: str, make_campaign: Maker) -> None:  # noqa: F811
    campaign = make_campaign(proof_of_work=True)
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/c/{campaign.slug}/")
    fill(page)
    press(page)
    expect(page.get_by_role("heading", name="Please press the button once more")).to_be_visible()
    expect(page.locator("[name=last_name]")).to_have_value("Petrova")
    assert not Submission.objects.exists()
    context.close()
