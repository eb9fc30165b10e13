"""What every answer tells the browser to forbid."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client


def policy(response: HttpResponse) -> dict[str, list[str]]:
    """The content security policy by directive."""
    parts = [part.split() for part in response["Content-Security-Policy"].split(";") if part.strip()]
    return {part[0]: part[1:] for part in parts}


STRICT = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/livez", "/readyz", "/c/unknown/", "/r/unknown/", "/nothing/here/", "/administrator/"])
def test_pages_for_everybody_allow_nothing_but_the_site_itself(client: Client, path: str) -> None:
    assert policy(client.get(path)) == STRICT


@pytest.mark.django_db
def test_staff_screens_may_do_what_their_theme_needs_and_no_more(client: Client) -> None:
    relaxed = policy(client.get("/admin/login/"))
    assert relaxed["script-src"] == ["'self'", "'unsafe-eval'"]
    assert relaxed["style-src"] == ["'self'", "'unsafe-inline'"]
    unchanged = ("default-src", "connect-src", "form-action", "frame-ancestors", "base-uri")
    assert {name: relaxed[name] for name in unchanged} == {name: STRICT[name] for name in unchanged}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/livez", "/admin/login/", "/nothing/here/"])
def test_every_answer_forbids_sniffing_framing_and_telling_where_from(client: Client, path: str) -> None:
    response = client.get(path)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db
def test_five_wrong_passwords_shut_out_this_name_from_this_address_alone(client: Client) -> None:
    login = {"username": "anna", "password": "wrong", "next": "/admin/"}
    for _ in range(5):
        client.post("/admin/login/", login)
    assert client.post("/admin/login/", login).status_code == 429
    assert client.post("/admin/login/", {**login, "username": "boris"}).status_code == 200
    assert client.post("/admin/login/", login, REMOTE_ADDR="192.0.2.7").status_code == 200
    forged = client.post("/admin/login/", login, headers={"X-Forwarded-For": "192.0.2.8"})
    assert forged.status_code == 429
