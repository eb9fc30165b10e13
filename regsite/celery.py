"""Celery is a doorbell: a message says that something may be due, the database says what."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "regsite.settings")

app = Celery("regsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# The schedule holds no state: what is due stands in the database, and any number of schedules at once do no harm.
app.conf.beat_schedule = {
    "wake": {"task": "registrations.wake", "schedule": 2.0, "options": {"expires": 10}},
    "sync": {"task": "registrations.sync_due", "schedule": 60.0, "options": {"expires": 10}},
    "compare": {"task": "registrations.compare_due", "schedule": 60.0, "options": {"expires": 10}},
    # Asks idle workers whether they are at it; those of the queue "rest" are asked by all of the above.
    **{
        f"beat-{queue}": {"task": "registrations.beat", "schedule": 15.0, "options": {"queue": queue, "expires": 10}}
        for queue in ("seats", "mails")
    },
}
