"""Groups, and the people that an installation begins with."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from registrations.services import roles

pytestmark = pytest.mark.django_db
PASSWORD = "a-good-long-password-7"


def permissions(name: str) -> set[str]:
    return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))


def test_marketers_run_campaigns_and_never_see_a_join_link() -> None:
    roles.ensure_groups()
    assert {"add_campaign", "change_campaign", "change_question", "resend_link"} <= permissions(roles.MARKETING)
    assert not {"view_join_link", "change_account", "delete_registration"} & permissions(roles.MARKETING)


def test_staff_help_people_and_change_no_campaign() -> None:
    roles.ensure_groups()
    assert {"view_join_link", "resend_link", "view_registration"} <= permissions(roles.STAFF)
    assert not {"change_campaign", "view_account", "delete_registration"} & permissions(roles.STAFF)


def test_every_permission_that_a_group_is_given_exists() -> None:
    roles.ensure_groups()
    for name, codenames in roles._PERMISSIONS.items():
        assert permissions(name) == set(codenames.split())


def test_an_administrator_is_made_once_and_then_left_alone() -> None:
    assert roles.ensure_administrator(username="anna", password=PASSWORD)
    assert not roles.ensure_administrator(username="anna", password="another-good-password-8")
    assert roles.password_is(username="anna", password=PASSWORD)
    assert get_user_model().objects.get(username="anna").is_superuser


def test_a_weak_password_makes_nobody() -> None:
    with pytest.raises(ValidationError):
        roles.ensure_administrator(username="anna", password="password123")
    assert not get_user_model().objects.exists()


def test_a_member_may_enter_the_staff_screens_with_the_groups_rights_alone() -> None:
    roles.ensure_groups()
    roles.ensure_member(username="boris", password=PASSWORD, group=roles.STAFF)
    boris = get_user_model().objects.get(username="boris")
    assert (boris.is_staff, boris.is_superuser) == (True, False)
    assert boris.has_perm("registrations.view_join_link")
    assert not boris.has_perm("registrations.change_campaign")
