"""Who may do what in the staff screens: two groups, made and kept up to date by code."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

MARKETING = "Marketing"
STAFF = "Staff"

_EVERYBODY = (
    "view_event view_session view_campaign view_question view_registration view_submission view_timelineentry"
    " view_seat view_outgoingemail view_consenttext view_consentbox view_consent resend_link approve_registration"
)
_PERMISSIONS = {
    MARKETING: f"{_EVERYBODY} view_account view_sender add_campaign change_campaign delete_campaign"
    " add_question change_question delete_question"
    " add_consenttext change_consenttext delete_consenttext add_consentbox change_consentbox delete_consentbox"
    " view_apikey add_apikey change_apikey view_formhook add_formhook change_formhook",
    STAFF: f"{_EVERYBODY} change_registration view_join_link",
}


def ensure_groups() -> None:
    """Make the groups Marketing and Staff, with exactly the permissions of this release."""
    with transaction.atomic():
        for name, codenames in _PERMISSIONS.items():
            group, _ = Group.objects.get_or_create(name=name)
            group.permissions.set(
                Permission.objects.filter(content_type__app_label="registrations", codename__in=codenames.split())
            )


def ensure_administrator(*, username: str, password: str, email: str = "") -> bool:
    """Make a user who may do everything, unless there is one of that name; tells whether it was made.

    Raises django.core.exceptions.ValidationError for a weak password.
    """
    users = get_user_model().objects
    if users.filter(username=username).exists():
        return False
    validate_password(password)
    users.create_superuser(username=username, email=email, password=password)
    return True


def ensure_member(*, username: str, password: str, group: str, email: str = "") -> bool:
    """Make a user of the staff screens who belongs to a group, unless there is one of that name; tells whether it was made."""
    users = get_user_model().objects
    if users.filter(username=username).exists():
        return False
    validate_password(password)
    user = users.create_user(username=username, email=email, password=password, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return True


def password_is(*, username: str, password: str) -> bool:
    """Whether this password still opens the user's account."""
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    return user is not None and user.check_password(password)
