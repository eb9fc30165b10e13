"""The staff screens in a real browser: their scripts run under the content security policy, and everyone can use them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page

from tests import factories
from tests.admin.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="session", autouse=True)
def orm_beside_playwright() -> Iterator[None]:
    """Playwright's own event loop runs in this thread, where Django would refuse to touch the database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def desk(page: Page, live_server: Any) -> Page:
    """A page of somebody who may do everything, on the overview; errors of scripts fail the test."""
    user = factories.make_user(superuser=True, password=PASSWORD)
    page.goto(f"{live_server.url}{reverse('admin:index')}")
    page.fill("[name=username]", user.get_username())
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url(f"**{reverse('admin:index')}")
    return page


def test_a_campaign_is_set_up_with_a_question_of_ones_own(desk: Page, live_server: Any) -> None:
    faults: list[str] = []
    desk.on("pageerror", lambda error: faults.append(str(error)))
    event = factories.make_event(title="Вебинар без потерь")
    desk.goto(f"{live_server.url}{reverse('admin:registrations_campaign_add')}?event={event.pk}")
    desk.fill("[name=title]", "Проверка связи")
    desk.locator("[name=title]").blur()
    assert desk.input_value("[name=slug]") == "proverka-svyazi"
    desk.click("text=Add another Question")
    assert not desk.locator("[name=questions-0-choices]").is_visible()
    desk.fill("[name=questions-0-label]", "Откуда вы узнали о нас")
    desk.select_option("[name=questions-0-type]", "choice")
    desk.fill("[name=questions-0-choices]", "Почта\nДрузья")
    for name, shown in {"offers_other": True, "default": True, "url_parameter": False, "min_length": False}.items():
        assert desk.locator(f"[name=questions-0-{name}]").is_visible() == shown, name
    desk.check("[name=questions-0-offers_other]")
    desk.select_option("[name=questions-0-type]", "hidden")
    assert desk.locator("[name=questions-0-url_parameter]").is_visible()
    assert not desk.locator("[name=questions-0-required]").is_visible()
    assert desk.locator("[name=questions-0-choices]").is_visible()  # it is filled, and must be emptied
    desk.select_option("[name=questions-0-type]", "radio")
    desk.click("[name=_save]")
    desk.wait_for_url(f"**{reverse('admin:registrations_campaign_changelist')}")
    question = event.campaigns.get().questions.get()
    assert (question.key, question.choice_list()) == ("otkuda-vy-uznali-o-nas", ("Почта", "Друзья"))
    assert (question.type, question.options) == ("radio", {"offers_other": True})
    assert faults == []


@pytest.mark.parametrize("width", [390, 1440])
def test_the_screens_fit_and_have_no_serious_barrier(desk: Page, live_server: Any, width: int) -> None:
    person = factories.make_person()
    factories.park_seat(person)
    factories.make_pause(factories.make_account())
    desk.set_viewport_size({"width": width, "height": 900})
    for url in (
        reverse("admin:index"),
        reverse("admin:registrations_registration_changelist"),
        reverse("admin:registrations_registration_change", args=[person.pk]),
        reverse("admin:registrations_campaign_change", args=[person.campaign_id]),
    ):
        desk.goto(f"{live_server.url}{url}")
        assert desk.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), url
        found = Axe().run(desk).response["violations"]
        assert [item["id"] for item in found if item["impact"] in ("serious", "critical")] == [], url
