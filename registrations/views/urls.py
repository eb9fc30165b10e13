"""Addresses of the attendees' pages. Those below /r/ and /sent/ are in mails and open tabs: they may never change."""

from __future__ import annotations

from django.urls import path, re_path

from registrations.views import accents, consents, home, private, progress, signup

app_name = "public"
urlpatterns = [
    path("", home.home, name="home"),
    path("c/<slug:slug>/", signup.signup, name="signup"),
    path("c/<slug:slug>/sent/<str:token>/", progress.progress, name="progress"),
    path("c/<slug:slug>/sent/<str:token>/state/", progress.progress_state, name="progress-state"),
    re_path(r"^consent/(?P<fingerprint>[0-9a-f]{64})/$", consents.consent, name="consent"),
    path("r/<str:token>/", private.private, name="private"),
    path("r/<str:token>/calendar.ics", private.calendar, name="calendar"),
    path("r/<str:token>/cancel/", private.cancel, name="cancel"),
    path("r/<str:token>/return/", private.come_back, name="return"),
    re_path(r"^accent/(?P<code>[0-9a-f]{6})\.css$", accents.stylesheet, name="accent"),
]
