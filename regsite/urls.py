"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from regsite.health import healthz, livez, readyz

handler400 = "registrations.views.errors.bad_request"
handler403 = "registrations.views.errors.permission_denied"
handler404 = "registrations.views.errors.page_not_found"
handler500 = "registrations.views.errors.server_error"

urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("api/", include("registrations.api.urls")),
    path("hooks/", include("registrations.hooks.urls")),
    path("", include("registrations.views.urls")),
]
