"""The pages in a real browser: reachable for everybody, quiet, light, and of use without script or cookies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from registrations.models import Campaign, Registration, Submission
from registrations.services import signup
from tests.views.conftest import LINK, give_link, hand_over
from tests.views.test_questions import ALL_TYPES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MAX_PAGE_BYTES = 100_000
QUESTIONS = [
    {"key": "company", "type": "text", "label": "Company", "help_text": "Where you work."},
    {"key": "role", "type": "choice", "label": "Role", "choices": "Maker\nReader", "required": True},
    {"key": "tel", "type": "phone", "label": "Phone"},
    {"key": "ask", "type": "long_text", "label": "Your question"},
    {"key": "agree", "type": "checkbox", "label": "I agree", "required": True},
]

Maker = Callable[..., Campaign]


@pytest.fixture(scope="session", autouse=True)
def orm_beside_playwright() -> Iterator[None]:
    """Playwright's own event loop runs in this thread, where Django would refuse to touch the database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], base_url: str) -> dict[str, Any]:
    # The plugin's own arguments are made once for all files, perhaps before this one has said where the site is.
    here = {"base_url": base_url, "timezone_id": "Asia/Yekaterinburg", "viewport": {"width": 375, "height": 760}}
    return {**browser_context_args, **here}


@pytest.fixture(scope="session")
def base_url(live_server: Any) -> str:
    return str(live_server.url)


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains of: errors, refused resources, and requests that leave the site."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda line: heard.append(line.text) if line.type in ("error", "warning") else None)
    page.on("request", lambda sent: heard.append(sent.url) if not sent.url.startswith(("http://localhost", LINK)) else None)
    return heard


def fill(page: Page, **fields: str) -> None:
    typed = {"first_name": "Anna", "last_name": "Petrova", "email": "anna@example.org", **fields}
    for name, value in typed.items():
        page.locator(f"[name={name}]").fill(value)


def press(page: Page) -> None:
    page.locator("form button").click()


def violations(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page).response["violations"]
    return [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found]


def anna_at(page: Page, campaign: Campaign) -> Registration:
    page.goto(f"/c/{campaign.slug}/")
    fill(page)
    press(page)
    expect(page).to_have_url(re.compile(r"/sent/"))
    return Registration.objects.get(campaign=campaign)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier(page: Page, complaints: list[str], make_campaign: Maker, language: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    description = "<h3>For whom</h3><p>Engineers, <a href='https://example.org'>and more</a>.</p>"
    look = {"language": language, "accent": "#ffd400", "description": description}
    asking, plain, closed = (
        make_campaign(questions=QUESTIONS, **look),
        make_campaign(**look),
        make_campaign(closes_at=timezone.now(), **look),
    )

    def check(name: str) -> None:
        assert (name, violations(page)) == (name, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        assert page.locator("html").get_attribute("lang") == language

    page.goto(f"/c/{asking.slug}/")
    check("form")
    press(page)
    check("errors")
    page.goto(f"/c/{closed.slug}/")
    check("closed")
    person = anna_at(page, plain)
    check("progress")
    give_link(person)
    page.goto(f"/r/{person.token}/")
    check("private")
    page.locator("details.calendars summary").click()
    check("private, calendars shown")
    for path in ("details/", "erase/"):
        page.goto(f"/r/{person.token}/{path}")
        check(path)
    other = signup.Entry(email=person.email, first_name="Анна", last_name="x" * 99)
    signup.record(campaign_id=plain.pk, form_token="again", entry=other)
    for path in ("", "form/"):
        page.goto(f"/r/{person.token}/{path}")
        check(f"a second form: {path}")
    page.get_by_role("button").first.click()
    check("a second form is used")
    page.goto(f"/r/{person.token}/?saved=name")
    check("saved")
    page.get_by_role("link").filter(has=page.locator(":scope[href$='cancel/']")).click()
    check("cancel")
    press(page)
    check("cancelled")
    # The answer to a form with mistakes has status 422, which Chromium notes in its console.
    assert [line for line in complaints if "422" not in line] == []


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_type_of_question_can_be_answered_and_has_no_barrier(
    page: Page, complaints: list[str], make_campaign: Maker, language: str
) -> None:
    campaign = make_campaign(questions=ALL_TYPES, language=language)
    page.goto(f"/c/{campaign.slug}/?utm_source=news")
    assert violations(page) == []
    own = page.locator("[name='q_role.other']")
    expect(own).to_be_hidden()
    page.locator("[name=q_role]").last.check()
    own.fill("Editor")
    page.locator("[name=q_size]").select_option("__other__")
    expect(page.locator("[name='q_size.other']")).to_be_visible()
    page.locator("[name=q_years]").fill("many")
    fill(page, email="anna@gmial.com")
    page.locator("[name=last_name]").press("Enter")
    expect(page.get_by_role("heading", name="anna@gmail.com")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    for target in page.locator(".control:visible, button, .tick label").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    expect(own).to_have_value("Editor")
    page.locator("a[href='#id_q_years']").click()
    expect(page.locator("[name=q_years]")).to_be_focused()
    page.locator("[name=q_years]").fill("7")
    page.locator("[name='q_size.other']").fill("Tiny")
    page.locator("[name=q_topics]").nth(1).check()
    page.locator("[name=q_since]").fill("2020-05-17")
    page.locator("[name=q_agree]").check()
    page.locator("[name=email_meant]").click()
    expect(page).to_have_url(re.compile(r"/sent/"))
    person = Registration.objects.get()
    assert person.email == "anna@gmail.com"
    assert {key: person.answers[key] for key in ("role", "size", "topics", "years", "since", "from")} == {
        "role": "Editor", "size": "Tiny", "topics": "Forms", "years": "7", "since": "2020-05-17", "from": "news",
    }  # fmt: skip
    assert [line for line in complaints if "422" not in line] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_dates_can_be_chosen_and_changed_on_a_phone(
    page: Page, complaints: list[str], make_campaign: Maker, language: str, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    campaign = make_campaign(sessions=3, choosing="dates", language=language, accent="#ffd400")

    def check(name: str) -> None:
        assert (name, violations(page)) == (name, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        for label in page.locator(".dates label").all():
            box = label.bounding_box()
            assert box is not None
            assert box["height"] >= 44

    page.goto(f"/c/{campaign.slug}/")
    check("form")
    expect(page.locator(".dates .own").first).not_to_be_empty()
    fill(page)
    press(page)
    check("errors")
    page.locator("a[href='#id_sessions']").click()
    expect(page.locator("#id_sessions")).to_be_focused()
    page.locator(".dates label").nth(1).click()
    press(page)
    expect(page).to_have_url(re.compile(r"/sent/"))
    person = Registration.objects.get()
    page.goto(f"/r/{person.token}/")
    page.locator("a[href$='dates/']").click()
    expect(page.locator("#id_sessions_1")).to_be_checked()
    check("dates")
    page.locator("#id_sessions_1").uncheck()
    press(page)
    check("nothing ticked")
    page.locator("#id_sessions_all").check()
    press(page)
    expect(page).to_have_url(re.compile("saved=dates"))
    check("saved")
    assert person.enrollments.count() == 3
    assert [line for line in complaints if "422" not in line] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_front_page_and_errors_have_no_barrier(
    page: Page, complaints: list[str], make_campaign: Maker, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    make_campaign(), make_campaign(language="ru", sessions=3), make_campaign(closes_at=timezone.now(), title="Long " * 30)
    for path in ("/", "/?q=nothing", "/?from=never", "/erased/ru/", "/nothing/here/", "/r/unknown/"):
        page.goto(path)
        assert (path, violations(page)) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert [line for line in complaints if "404" not in line] == []


def test_words_and_dates_find_without_script(browser: Browser, base_url: str, make_campaign: Maker) -> None:
    wanted, other = make_campaign(title="Договоры"), make_campaign(title="Отчёты")
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Title or organiser").fill("ДОГОВОРЫ")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("link", name=wanted.title)).to_be_visible()
    expect(page.get_by_role("link", name=other.title)).to_have_count(0)
    page.get_by_role("link", name=wanted.title).click()
    expect(page).to_have_url(re.compile(f"/c/{wanted.slug}/"))
    context.close()


def test_what_search_engines_read_is_data_and_breaks_no_policy(page: Page, complaints: list[str], make_campaign: Maker) -> None:
    campaign = make_campaign(title="</script><script>document.title='run'</script>")
    page.goto(f"/c/{campaign.slug}/")
    data = page.locator("script[type='application/ld+json']").evaluate("element => JSON.parse(element.textContent)")
    assert data["name"] == campaign.title
    assert page.title() != "run"
    assert complaints == []


def test_the_zone_of_the_device_comes_first_and_is_chosen_where_none_was(page: Page, campaign: Campaign) -> None:
    person = anna_at(page, campaign)
    first = page.locator("select[name=time_zone] option").first
    zone = page.locator("select[name=time_zone]")
    Registration.objects.update(time_zone="")
    page.goto(f"/r/{person.token}/details/")
    expect(first).to_have_attribute("value", "Asia/Yekaterinburg")
    expect(zone).to_have_value("Asia/Yekaterinburg")
    Registration.objects.update(time_zone="America/New_York")
    page.reload()
    expect(first).to_have_attribute("value", "Asia/Yekaterinburg")
    expect(zone).to_have_value("America/New_York")


def test_name_and_erasure_without_script_or_cookies(browser: Browser, base_url: str, campaign: Campaign) -> None:
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    page = context.new_page()
    person = anna_at(page, campaign)
    page.goto(f"/r/{person.token}/")
    page.get_by_role("link", name="Change name").click()
    page.locator("[name=first_name]").fill("Анна")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_text("Your name is saved.")).to_be_visible()
    page.get_by_role("link", name="Change name").click()
    page.locator("[name=time_zone]").select_option("America/New_York")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("(New York, UTC")).to_be_visible()
    page.get_by_role("link", name="Have it erased").click()
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("heading", name="Your data is erased")).to_be_visible()
    assert context.cookies() == []
    context.close()


def test_times_are_told_on_the_visitors_own_clock(page: Page, campaign: Campaign) -> None:
    page.goto(f"/c/{campaign.slug}/")
    expect(page.locator(".own")).to_have_text("Your time: 21:00–22:30")


def test_a_clock_that_agrees_says_so(browser: Browser, base_url: str, campaign: Campaign) -> None:
    context = browser.new_context(base_url=base_url, timezone_id="Europe/Moscow")
    page = context.new_page()
    page.goto(f"/c/{campaign.slug}/")
    expect(page.locator(".own")).to_have_text("Your clock shows the same.")
    context.close()


def test_the_form_tells_the_visitors_zone(page: Page, campaign: Campaign) -> None:
    assert anna_at(page, campaign).time_zone == "Asia/Yekaterinburg"


def test_the_progress_page_follows_by_itself_and_sets_no_cookie(
    page: Page, context: BrowserContext, complaints: list[str], campaign: Campaign
) -> None:
    anna_at(page, campaign)
    expect(page.get_by_role("status")).to_contain_text("Preparing your mail")
    hand_over(Submission.objects.get())
    expect(page.get_by_role("status")).to_contain_text("Mail handed over")
    expect(page.locator("#state")).to_have_count(1)
    assert complaints == []
    assert context.cookies() == []
    assert page.evaluate("localStorage.length") == 0


def test_the_progress_page_survives_an_answer_that_never_came(page: Page, campaign: Campaign) -> None:
    page.clock.install()
    page.route("**/state/", lambda route: route.fulfill(status=503, body="away"), times=1)
    with page.expect_response("**/state/") as failed:
        anna_at(page, campaign)
        page.clock.fast_forward(2_500)
    assert failed.value.status == 503
    hand_over(Submission.objects.get())
    page.clock.fast_forward(12_000)
    expect(page.get_by_role("status")).to_contain_text("Mail handed over")


def test_everything_can_be_done_by_keyboard(page: Page, make_campaign: Maker) -> None:
    campaign = make_campaign(questions=QUESTIONS)
    page.goto(f"/c/{campaign.slug}/")
    page.keyboard.press("Tab")
    expect(page.locator("[name=first_name]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Please check these fields")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[name=first_name]")).to_be_focused()
    for typed in ("Anna", "Petrova", "anna@example.org", "Acme", "Maker", "", "How?"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    expect(page.locator("[name=q_agree]")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/sent/"))
    answers = Registration.objects.get().answers
    assert answers == {"company": "Acme", "role": "Maker", "tel": "", "ask": "How?", "agree": "yes"}


def test_focus_is_always_visible_and_targets_are_large(page: Page, make_campaign: Maker) -> None:
    campaign = make_campaign(questions=QUESTIONS)
    page.goto(f"/c/{campaign.slug}/")
    for control in page.locator(".control, form button, .tick label").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    for control in page.locator(".control, form button, .tick input").all():
        control.focus()
        assert control.evaluate("element => getComputedStyle(element).outlineWidth") == "3px"


def test_without_script_and_cookies_the_whole_way_works(browser: Browser, base_url: str, make_campaign: Maker) -> None:
    campaign = make_campaign(questions=QUESTIONS)
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/c/{campaign.slug}/")
    press(page)
    expect(page.get_by_text("Please check these fields")).to_be_visible()
    fill(page)
    page.locator("[name=q_role]").select_option("Reader")
    page.locator("[name=q_agree]").check()
    press(page)
    expect(page).to_have_url(re.compile(r"/sent/"))
    hand_over(Submission.objects.get())
    expect(page.get_by_text("Mail handed over")).to_be_visible()

    person = Registration.objects.get()
    give_link(person)
    page.goto(f"/r/{person.token}/")
    expect(page.get_by_role("link", name="Enter the room")).to_have_attribute("href", LINK)
    page.get_by_role("link", name="I cannot attend").click()
    page.get_by_role("button", name="Cancel my registration").click()
    expect(page.get_by_text("Your registration is cancelled.")).to_be_visible()
    page.get_by_role("button", name="Register me again").click()
    expect(page.get_by_text("You are registered as")).to_be_visible()
    assert context.cookies() == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_neither_asking_for_lost_links_nor_being_held_back_is_a_barrier(
    page: Page, complaints: list[str], make_campaign: Maker, settings: Any, scheme: str
) -> None:
    settings.POST_LIMITS = {**settings.POST_LIMITS, "campaign": (1, 600)}
    page.emulate_media(color_scheme=scheme)
    campaign = make_campaign()

    def check(name: str) -> None:
        assert (name, violations(page)) == (name, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= 375

    page.goto("/lost-link/")
    check("ask")
    press(page)
    check("errors")
    page.locator("[name=email]").fill("anna@example.org")
    press(page)
    expect(page).to_have_url(re.compile(r"/lost-link/sent/"))
    check("sent")
    anna_at(page, campaign)
    page.goto(f"/c/{campaign.slug}/")
    fill(page, email="boris@example.org")
    assert page.locator("[name=subject]").input_value() == ""
    press(page)
    expect(page.get_by_text("Please press the button again in")).to_be_visible()
    expect(page.locator("[name=email]")).to_have_value("boris@example.org")
    check("held back")
    assert [line for line in complaints if "429" not in line and "422" not in line] == []


def test_payloads_never_run(page: Page, make_campaign: Maker) -> None:
    payload = "\"'><script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)>"
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    campaign = make_campaign(title=payload, description=payload)
    page.goto(f"/c/{campaign.slug}/")
    fill(page, first_name=payload, last_name=payload, email="anna")
    press(page)
    expect(page.locator("[name=first_name]")).to_have_value(payload)
    fill(page, first_name=payload[:90], last_name=payload[:90])
    press(page)
    expect(page).to_have_url(re.compile(r"/sent/"))
    page.goto(f"/r/{Registration.objects.get().token}/")
    expect(page.locator("strong")).to_contain_text("<script>")
    assert dialogs == []


def test_no_page_weighs_more_than_it_should(page: Page, make_campaign: Maker) -> None:
    campaign = make_campaign(accent="#0b7a55")
    bodies: list[int] = []
    page.on("response", lambda response: bodies.append(len(response.body())) if response.ok else None)

    def weight() -> int:
        page.wait_for_load_state("networkidle")
        total = sum(bodies)
        bodies.clear()
        return total

    page.goto(f"/c/{campaign.slug}/")
    assert 0 < weight() <= MAX_PAGE_BYTES
    person = anna_at(page, campaign)
    assert 0 < weight() <= MAX_PAGE_BYTES
    page.goto(f"/r/{person.token}/")
    assert 0 < weight() <= MAX_PAGE_BYTES
