"""Addresses that other services call. They are entered over there, so they may never change."""

from __future__ import annotations

from django.urls import path

from registrations.hooks import form_builders

app_name = "hooks"
urlpatterns = [path("forms/<str:secret>/", form_builders.take, name="form")]
