"""Keys and hooks: shown once, checked when they are made, honest about what did not get through."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from registrations.models import ApiKey, FormHook, HookRefusal
from registrations.services import api_keys, form_hooks
from tests import factories
from tests.admin.conftest import Visit

pytestmark = pytest.mark.django_db

LISTS = ["admin:registrations_apikey_changelist", "admin:registrations_formhook_changelist"]


def add_hook(client: Client, **values: object) -> str:
    """Fill in the form of a new hook; returns the page that follows."""
    campaign = factories.make_campaign()
    factories.make_question(campaign, key="role")
    typed = {"campaign": campaign.pk, "name": "Front page", "basis": "A box there", "field_map": '{"Роль": "role"}', **values}
    return client.post(reverse("admin:registrations_formhook_add"), typed, follow=True).content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_marketers_see_keys_and_hooks_and_staff_do_not(visit: Visit, name: str) -> None:
    assert visit("Marketing").get(reverse(name)).status_code == 200
    assert visit("Staff").get(reverse(name)).status_code == 403
    assert visit().get(reverse(name)).status_code == 403


def test_a_key_is_shown_once_and_works(visit: Visit) -> None:
    client = visit("Marketing")
    page = client.post(reverse("admin:registrations_apikey_add"), {"name": "Website"}, follow=True).content.decode()
    [key] = re.findall(r"\b\w{8}\.\w{32}\b", page)
    assert api_keys.caller(key=key).campaign_id is None
    row = ApiKey.objects.get()
    assert row.created_by is not None
    for url in (reverse(LISTS[0]), reverse("admin:registrations_apikey_change", args=[row.pk])):
        later = client.get(url).content.decode()
        assert f"{row.prefix}…" in later
        assert key.partition(".")[2] not in later
        assert row.hashed_key not in later


def test_a_key_that_is_revoked_stays_revoked(visit: Visit) -> None:
    client = visit("Marketing")
    row, key = ApiKey.objects.create_key(name="Website")
    address = reverse("admin:registrations_apikey_change", args=[row.pk])
    client.post(address, {"name": "Website", "revoked": "on"})
    client.post(address, {"name": "Renamed"})
    row.refresh_from_db()
    assert (row.name, row.revoked) == ("Renamed", True)
    with pytest.raises(api_keys.UnknownKey):
        api_keys.caller(key=key)


def test_keys_of_the_package_have_no_screen_of_their_own(visit: Visit) -> None:
    assert "rest_framework_api_key" not in visit(superuser=True).get(reverse("admin:index")).content.decode()
    assert visit(superuser=True).get("/admin/rest_framework_api_key/apikey/").status_code == 404


def test_the_address_of_a_hook_is_shown_once_and_works(visit: Visit) -> None:
    client = visit("Marketing")
    page = add_hook(client)
    [secret] = re.findall(r"http://testserver/hooks/forms/([\w-]{43})/", page)
    hook = form_hooks.find(secret=secret)
    assert hook.field_map == {"Роль": "role"}
    assert hook.created_by is not None
    for url in (reverse(LISTS[1]), reverse("admin:registrations_formhook_change", args=[hook.pk])):
        assert secret not in client.get(url).content.decode()


@pytest.mark.parametrize("field_map", ["{", "[]", '{"a": 1}', '{"a": "nobody"}', '{"a": "email", "A": "role"}'])
def test_a_map_is_checked_before_it_is_kept(visit: Visit, field_map: str) -> None:
    page = add_hook(visit("Marketing"), field_map=field_map)
    assert not FormHook.objects.exists()
    assert "errorlist" in page or "correct the error" in page


def test_a_hook_needs_a_basis_and_needs_no_map(visit: Visit) -> None:
    client = visit("Marketing")
    add_hook(client, basis="")
    assert not FormHook.objects.exists()
    add_hook(client, field_map="")
    assert FormHook.objects.get().field_map == {}


def test_what_a_hook_is_for_and_why_does_not_change(visit: Visit) -> None:
    client = visit("Marketing")
    add_hook(client)
    hook = FormHook.objects.get()
    address = reverse("admin:registrations_formhook_change", args=[hook.pk])
    changed = {"name": "Other", "basis": "none", "campaign": factories.make_campaign().pk, "field_map": '{"x": "email"}'}
    assert client.post(address, changed).status_code == 302
    after = FormHook.objects.get()
    assert (after.name, after.field_map, after.active) == ("Other", {"x": "email"}, False)
    assert (after.basis, after.campaign_id, after.secret_hash) == (hook.basis, hook.campaign_id, hook.secret_hash)
    assert client.post(reverse("admin:registrations_formhook_delete", args=[hook.pk]), {"post": "yes"}).status_code == 403


def test_refusals_are_shown_with_their_reasons_and_can_be_counted_anew(visit: Visit) -> None:
    client = visit("Marketing")
    add_hook(client)
    hook = FormHook.objects.get()
    for field in ("<b>Company</b>", "email"):
        form_hooks.count(hook, HookRefusal.Reason.FAULTY, field)
    page = client.get(reverse("admin:registrations_formhook_change", args=[hook.pk])).content.decode()
    assert "what stands in a field cannot be right" in page
    assert "<b>Company</b>" not in page.replace("<b>&lt;b&gt;Company", "")
    client.post(reverse(LISTS[1]), {"action": "count_anew", "_selected_action": [hook.pk]})
    assert not HookRefusal.objects.exists()


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_for_many_rows_as_for_few(visit: Visit, name: str, django_assert_max_num_queries: object) -> None:
    client = visit(superuser=True)
    for number in range(8):
        campaign = factories.make_campaign()
        ApiKey.objects.create_key(name=f"Key {number}", campaign=campaign)
        hook = FormHook(campaign=campaign, name=f"Hook {number}", basis="x")
        hook.set_new_secret()
        hook.save()
    client.get(reverse(name))
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        assert client.get(reverse(name)).status_code == 200
