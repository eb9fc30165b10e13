"""Celery is a doorbell: a message says that something may be due, the database says what."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "regsite.settings")

app = Celery("regsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
