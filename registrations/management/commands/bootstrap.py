"""`manage.py bootstrap`: what a fresh installation needs before anyone can log in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from registrations.services import roles


class Command(BaseCommand):
    """Makes the groups, and the administrator that the environment names; repeating it changes nothing."""

    help = "Make the groups Marketing and Staff, and the administrator of ADMIN_USERNAME and ADMIN_PASSWORD."

    def handle(self, *args: Any, **options: Any) -> None:
        roles.ensure_groups()
        if not settings.ADMIN_USERNAME:
            self.stdout.write("Groups are ready. For an administrator set ADMIN_USERNAME and ADMIN_PASSWORD.")
            return
        try:
            made = roles.ensure_administrator(
                username=settings.ADMIN_USERNAME, password=settings.ADMIN_PASSWORD, email=settings.ADMIN_EMAIL
            )
        except ValidationError as error:
            raise CommandError(f"ADMIN_PASSWORD is not good enough: {' '.join(error.messages)}") from error
        self.stdout.write(f"Administrator {settings.ADMIN_USERNAME} {'made' if made else 'was there already'}.")
