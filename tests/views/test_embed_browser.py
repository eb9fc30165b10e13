"""The form on another website in a real browser: two origins, no third party's cookies, and every way ends at the inbox."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, BrowserType, ConsoleMessage, Frame, Page, expect

from registrations.admin.site_snippets import snippets
from registrations.models import Campaign, Submission
from tests.views.conftest import hand_over
from tests.views.test_browser import QUESTIONS, base_url, orm_beside_playwright, violations  # noqa: F401  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Maker = Callable[..., Campaign]
LINK, EMBED, IFRAME, FORM = range(4)


class Website:
    """Somebody's website: pages by path, on an origin of its own."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        pages = self.pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = pages.get(urlsplit(self.path).path)
                body = (page or "Not here").encode()
                self.send_response(200 if page else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, path: str, body: str, *, head: str = "") -> str:
        """Put a page there; returns its address."""
        viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
        icon = '<link rel="icon" href="data:,">'
        self.pages[path] = (
            f'<!doctype html><html lang="en"><title>North</title>{viewport}{icon}{head}<body>{body}</body></html>'
        )
        return f"{self.origin}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def website() -> Iterator[Website]:
    site = Website()
    yield site
    site.close()


@pytest.fixture(scope="module")
def strict_browser(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """A browser that gives no cookie to a third party."""
    arguments = [*browser_type_launch_args["args"], "--test-third-party-cookie-phaseout"]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": arguments})
    yield browser
    browser.close()


@pytest.fixture
def campaign(make_campaign: Maker, website: Website, settings: LazySettings, base_url: str) -> Campaign:  # noqa: F811
    settings.PUBLIC_URL = base_url
    return make_campaign(websites=website.origin)


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(strict_browser: Browser, complaints: list[str]) -> Iterator[Page]:
    context = strict_browser.new_context(viewport={"width": 375, "height": 760})
    page = context.new_page()

    def hear(line: ConsoleMessage) -> None:
        if line.type in ("error", "warning"):
            complaints.append(line.text)

    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", hear)
    yield page
    assert context.cookies() == []
    context.close()


def code(campaign: Campaign, which: int) -> str:
    """What the marketer copied."""
    return snippets(campaign)[which].code


def form_frame(page: Page) -> Frame:
    frame = page.locator("iframe").first.element_handle().content_frame()
    assert frame is not None
    return frame


def fill_and_press(where: Page | Frame, **fields: str) -> None:
    for name, value in {"first_name": "Anna", "last_name": "Petrova", "email": "anna@example.org", **fields}.items():
        where.locator(f"[name={name}]").fill(value)
    where.locator("form button").click()


def is_as_high_as_its_content(page: Page) -> None:
    """The frame shows all of the form and nothing below it."""
    inside = form_frame(page)
    for _ in range(100):  # the policy of the frame forbids what `wait_for_function` would do in it
        if inside.evaluate("Math.abs(innerHeight - document.documentElement.getBoundingClientRect().height) <= 1"):
            break
        page.wait_for_timeout(100)
    assert inside.evaluate("document.documentElement.scrollHeight - innerHeight") <= 1
    assert inside.evaluate("document.documentElement.scrollWidth <= innerWidth")


NO_REFERRER = '<meta name="referrer" content="no-referrer">'


def test_the_embedded_form_ends_at_the_inbox(page: Page, complaints: list[str], website: Website, campaign: Campaign) -> None:
    address = website.put("/webinar/", f"<h1>Our webinar</h1>{code(campaign, EMBED)}", head=NO_REFERRER)
    page.goto(f"{address}?utm_source=vk&yclid=17&other=1")
    inside = page.frame_locator("iframe")
    expect(inside.locator("[name=first_name]")).to_be_visible()
    expect(page.locator("[data-regsite] a")).to_have_count(0)
    is_as_high_as_its_content(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    fill_and_press(form_frame(page), email="anna")
    expect(inside.get_by_role("region", name="Please check these fields")).to_be_focused()
    is_as_high_as_its_content(page)
    fill_and_press(form_frame(page))
    expect(inside.get_by_role("heading", name="Check your inbox")).to_be_visible()
    is_as_high_as_its_content(page)
    hand_over(Submission.objects.get())
    expect(inside.get_by_role("status")).to_contain_text("Mail handed over")
    assert page.url.startswith(address)
    told = Submission.objects.get().attribution
    assert told == {"door": "embed", "page": address, "utm_source": "vk", "yclid": "17"}
    # Chromium notes the status of the answer to a form with mistakes, and that a script has to focus what it says.
    assert [line for line in complaints if "422" not in line and "autofocusing" not in line] == []


def test_a_frame_by_hand_ends_at_the_inbox(page: Page, complaints: list[str], website: Website, campaign: Campaign) -> None:
    page.goto(website.put("/webinar/", code(campaign, IFRAME)))
    fill_and_press(form_frame(page))
    expect(page.frame_locator("iframe").get_by_role("heading", name="Check your inbox")).to_be_visible()
    assert Submission.objects.get().attribution["page"].startswith(website.origin)
    assert complaints == []


@pytest.mark.parametrize("head", ["", NO_REFERRER])
def test_a_form_of_their_own_ends_at_the_inbox_without_script(
    strict_browser: Browser, website: Website, campaign: Campaign, head: str
) -> None:
    context = strict_browser.new_context(java_script_enabled=False)
    page = context.new_page()
    address = website.put("/webinar/", code(campaign, FORM), head=head)
    page.goto(address)
    fill_and_press(page)
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    back = code(campaign, FORM).replace("<!-- ", "").replace(" -->", "")
    website.put("/thank-you/", "<h1>Thank you, check your inbox</h1>")
    page.goto(website.put("/again/", back, head=head))
    fill_and_press(page, email="boris@example.org")
    expect(page).to_have_url(f"{website.origin}/thank-you/?regsite=sent")
    assert context.cookies() == []
    assert Submission.objects.count() == 2
    context.close()


def test_the_script_tells_a_form_of_their_own_where_the_visitor_came_from(
    page: Page, website: Website, campaign: Campaign
) -> None:
    [script] = re.findall("<script.*</script>", code(campaign, EMBED))
    address = website.put("/webinar/", code(campaign, FORM) + script, head=NO_REFERRER)
    page.goto(f"{address}?utm_source=vk")
    expect(page.locator("[name=utm_source]")).to_have_value("vk")
    fill_and_press(page)
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    assert Submission.objects.get().attribution == {"door": "form", "page": address, "utm_source": "vk"}


def test_a_foreign_message_is_ignored_on_both_sides(page: Page, website: Website, campaign: Campaign) -> None:
    stranger = Website()
    asking = "for (let at = 0; at < parent.length; at++) parent[at].postMessage('regsite:height?', '*')"
    telling = "onmessage = (event) => event.data.regsite && parent.postMessage('leak', '*')"
    lying = "parent.postMessage({ regsite: 'height', height: 4321 }, '*')"
    other = stranger.put("/", f"<script>{telling}; setInterval(() => {{ {asking}; {lying} }}, 20)</script>")
    listening = "<script>heard = []; addEventListener('message', (event) => heard.push(event.data))</script>"
    page.goto(website.put("/webinar/", f"{code(campaign, EMBED)}<iframe src='{other}'></iframe>", head=listening))
    frame = page.locator("[data-regsite] iframe")
    page.wait_for_function("heard.some((data) => data.height === 4321) && heard.some((data) => data.height !== 4321)")
    page.evaluate("postMessage({ regsite: 'height', height: 4322 }, '*')")
    page.wait_for_function("heard.some((data) => data.height === 4322)")
    for height in ("NaN", "-5", "1e9", "'99999px'"):  # from the right window, but not from its page
        page.evaluate(f"dispatchEvent(new MessageEvent('message', {{ data: {{ regsite: 'height', height: {height} }} }}))")
    box = frame.bounding_box()
    assert box is not None
    assert box["height"] not in (4321, 4322)
    is_as_high_as_its_content(page)
    assert "leak" not in page.evaluate("heard")
    stranger.close()


def test_a_website_that_is_not_named_keeps_its_link_and_gets_no_form(page: Page, website: Website, campaign: Campaign) -> None:
    Campaign.objects.update(websites="https://www.north.example")
    embed = snippets(Campaign.objects.get())[EMBED].code
    with page.expect_console_message(lambda line: "frame-ancestors" in line.text):
        page.goto(website.put("/webinar/", embed))
    expect(page.locator("[data-regsite] a")).to_be_visible()
    box = page.locator("iframe").bounding_box()
    assert box is None or box["height"] == 0


@pytest.mark.parametrize(("ground", "paper"), [("#fffaf0", "rgb(255, 250, 240)"), ("#101820", "rgb(16, 24, 32)")])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_stands_on_the_colour_of_the_page_around(
    page: Page, website: Website, campaign: Campaign, ground: str, paper: str, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(website.put("/", f"<div style='background: {ground}'>{code(campaign, EMBED)}</div>"))
    expect(page.frame_locator("iframe").locator("[name=first_name]")).to_be_visible()
    look = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.documentElement).colorScheme]"
    assert form_frame(page).evaluate(look) == [paper, "light" if paper.startswith("rgb(255") else "dark"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_of_the_frame_has_a_barrier(page: Page, base_url: str, make_campaign: Maker, theme: str) -> None:  # noqa: F811
    campaign = make_campaign(websites="https://www.north.example", questions=QUESTIONS)
    look = f"?ground={'fffaf0' if theme == 'light' else '0e1a2b'}&accent=ffd400&radius=0&size=14"

    def check(name: str) -> None:
        assert (name, violations(page)) == (name, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= 375

    page.goto(f"{base_url}/c/{campaign.slug}/embed/{look}")
    check("form")
    fill_and_press(page, email="anna")
    check("errors")
    page.locator("[name=q_role]").select_option("Reader")
    page.locator("[name=q_agree]").check()
    fill_and_press(page)
    expect(page).to_have_url(re.compile(r"/embed/sent/.*ground="))
    check("progress")
