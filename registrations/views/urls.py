"""Addresses of the attendees' pages. Those below /r/ and /sent/ are in mails and open tabs: they may never change."""

from __future__ import annotations

from django.urls import path, re_path

from registrations.views import accents, consents, details, feeds, home, private, progress, signup

app_name = "public"
urlpatterns = [
    path("", home.home, name="home"),
    path("calendar.ics", feeds.calendar, name="feed-calendar"),
    path("feed.rss", feeds.rss, name="rss"),
    path("c/<slug:slug>/", signup.signup, name="signup"),
    path("c/<slug:slug>/sent/<str:token>/", progress.progress, name="progress"),
    path("c/<slug:slug>/sent/<str:token>/state/", progress.progress_state, name="progress-state"),
    re_path(r"^consent/(?P<fingerprint>[0-9a-f]{64})/$", consents.consent, name="consent"),
    path("r/<str:token>/", private.private, name="private"),
    path("r/<str:token>/calendar.ics", private.calendar, name="calendar"),
    path("r/<str:token>/cancel/", private.cancel, name="cancel"),
    path("r/<str:token>/return/", private.come_back, name="return"),
    path("r/<str:token>/details/", details.details, name="details"),
    path("r/<str:token>/name/", details.correct_name, name="correct-name"),
    path("r/<str:token>/preferences/", details.set_preferences, name="set-preferences"),
    path("r/<str:token>/data.json", details.data, name="data"),
    path("r/<str:token>/erase/", details.erase, name="erase"),
    path("erased/<str:language>/", details.erased, name="erased"),
    re_path(r"^accent/(?P<code>[0-9a-f]{6})\.css$", accents.stylesheet, name="accent"),
]
