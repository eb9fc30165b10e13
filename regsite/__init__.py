"""The site around `registrations`: settings, Celery, addresses, health and logs."""

from regsite.celery import app as celery_app

__all__ = ["celery_app"]
