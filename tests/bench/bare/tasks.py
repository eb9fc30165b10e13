"""The usual worker: one Celery task per person, `requests`, and a connection to the mail server for each mail."""

from __future__ import annotations

import os

import requests
from celery import Celery
from django.core.mail import get_connection

from tests.bench.letters import Letters

app = Celery("usual", broker=os.environ.get("BENCH_BROKER", ""))

_read: list[Letters] = []


@app.task(name="usual.register_and_mail", ignore_result=True)
def register_and_mail(address: str) -> None:
    """One person from form to mail."""
    if not _read:
        _read.append(Letters.read(os.environ["BENCH_LETTERS"]))
    person = {"email": address, "name": "Maria", "secondName": "Sokolova", "isAutoEnter": "true", "sendEmail": "false"}
    made = requests.post(os.environ["BENCH_REGISTER_URL"], data=person, headers={"x-auth-token": "0" * 32}, timeout=30)
    made.raise_for_status()
    with get_connection("django.core.mail.backends.smtp.EmailBackend") as connection:
        connection.send_messages([_read[0].to(address, made.json()["link"])])
