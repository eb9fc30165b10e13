"""A mails worker, in a process of its own, that one mail kills: `python -m tests.services.dying_worker` and its arguments.

Arguments: the name of the tests' database, the mail server's port, the sender's id, and the address whose mail kills.
WORKER_KEYS holds the encryption keys of the tests.
"""

from __future__ import annotations

import os
import signal
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.mail import EmailMessage  # noqa: E402
from django.db import connections  # noqa: E402

from registrations.mailing.compose import compose  # noqa: E402
from registrations.mailing.letter import Letter  # noqa: E402
from registrations.services import emailing, handing_over  # noqa: E402


def main(database: str, port: str, sender_id: str, deadly: str) -> None:
    connections["default"].settings_dict["NAME"] = database
    settings.FIELD_ENCRYPTION_KEYS = os.environ["WORKER_KEYS"].split(",")
    settings.EMAIL_BACKEND = "registrations.mailing.smtp.MarkingBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(port)

    def composing(letter: Letter) -> EmailMessage:
        if letter.recipient == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return compose(letter)

    handing_over.compose = composing  # type: ignore[assignment]
    while emailing.drain(sender_id=int(sender_id)):
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
