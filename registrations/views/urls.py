"""Addresses of the attendees' pages. Those below /r/ and /sent/ are in mails and open tabs, and /embed.js and those ending in
/embed/ and /form/ stand on other people's websites: they may never change."""

from __future__ import annotations

from django.urls import path, re_path

from registrations.views import (
    accents,
    consents,
    covers,
    dates,
    details,
    embed,
    feeds,
    home,
    looks,
    lost_link,
    plain_form,
    private,
    progress,
    proof,
    second_form,
    signup,
)

app_name = "public"
urlpatterns = [
    path("", home.home, name="home"),
    path("calendar.ics", feeds.calendar, name="feed-calendar"),
    path("feed.rss", feeds.rss, name="rss"),
    path("lost-link/", lost_link.lost_link, name="lost-link"),
    path("lost-link/sent/", lost_link.sent, name="lost-link-sent"),
    path("c/<slug:slug>/", signup.signup, name="signup"),
    path("c/<slug:slug>/challenge/", proof.challenge, name="challenge"),
    path("c/<slug:slug>/sent/<str:token>/", progress.progress, name="progress"),
    path("c/<slug:slug>/sent/<str:token>/state/", progress.progress_state, name="progress-state"),
    re_path(r"^consent/(?P<fingerprint>[0-9a-f]{64})/$", consents.consent, name="consent"),
    path("c/<slug:slug>/embed/", embed.embed, name="embed"),
    path("c/<slug:slug>/embed/sent/<str:token>/", embed.embed_progress, name="embed-progress"),
    path("c/<slug:slug>/form/", plain_form.plain_form, name="form"),
    path("embed.js", embed.script, name="embed-script"),
    path("r/<str:token>/", private.private, name="private"),
    path("r/<str:token>/calendar.ics", private.calendar, name="calendar"),
    path("r/<str:token>/confirm/", private.confirm, name="confirm"),
    path("r/<str:token>/cancel/", private.cancel, name="cancel"),
    path("r/<str:token>/mail/", private.mail_again, name="mail-again"),
    path("r/<str:token>/return/", private.come_back, name="return"),
    path("r/<str:token>/form/", second_form.second_form, name="second-form"),
    path("r/<str:token>/dates/", dates.dates, name="dates"),
    path("r/<str:token>/details/", details.details, name="details"),
    path("r/<str:token>/name/", details.correct_name, name="correct-name"),
    path("r/<str:token>/preferences/", details.set_preferences, name="set-preferences"),
    path("r/<str:token>/data.json", details.data, name="data"),
    path("r/<str:token>/erase/", details.erase, name="erase"),
    path("erased/<str:language>/", details.erased, name="erased"),
    re_path(r"^covers/(?P<name>[0-9a-f]{32}-(?:320|640|1280)\.(?:webp|jpg))$", covers.cover, name="cover"),
    re_path(r"^accent/(?P<code>[0-9a-f]{6})\.css$", accents.stylesheet, name="accent"),
    re_path(
        r"^look/(?P<accent>[0-9a-f]{6})-(?P<theme>[a-z]{4,5})-(?P<radius>[0-9]{1,2})-(?P<size>[0-9]{1,2})(?:-(?P<ground>[0-9a-f]{6}))?\.css$",
        looks.stylesheet,
        name="look",
    ),
]
