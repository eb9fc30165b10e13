"""Pages for what cannot be answered."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from registrations.views import errors


@pytest.mark.parametrize(
    ("handler", "status"),
    [
        (errors.bad_request, 400),
        (errors.permission_denied, 403),
        (errors.page_not_found, 404),
        (errors.unknown_link, 404),
        (errors.server_error, 500),
    ],
)
def test_every_error_page_says_what_to_do_and_whom_to_ask(handler, status: int) -> None:
    response = handler(RequestFactory().get("/"))
    page = response.content.decode()
    assert response.status_code == status
    assert page.count("<h1>") == 1
    assert "Please" in page
    assert 'href="mailto:webinars@example.org"' in page
    assert response["Cache-Control"] == "no-store"


def test_a_fault_of_ours_is_a_page_that_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("registrations.views.home.upcoming", fail)
    response = Client(raise_request_exception=False).get("/")
    assert response.status_code == 500
    assert "on our side" in response.content.decode()
    assert "secret detail" not in response.content.decode()
