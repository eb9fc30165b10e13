"""Addresses of the API. Other people's programs hold on to them: what is below v1 may never change."""

from __future__ import annotations

from csp.decorators import csp_update
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from registrations.api.problems import nothing_here
from registrations.api.views import Registrations, RegistrationStatus

# Its icons are in its stylesheet.
_docs = csp_update({"img-src": ["data:"]})(
    SpectacularSwaggerSplitView.as_view(url_name="api:schema", template_name="api/docs.html", title="regsite API")
)

app_name = "api"
urlpatterns = [
    path("v1/campaigns/<slug:slug>/registrations", Registrations.as_view(), name="registrations"),
    path("v1/registrations/<str:token>", RegistrationStatus.as_view(), name="status"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", _docs, name="docs"),
    re_path(r"", csrf_exempt(nothing_here)),
]
