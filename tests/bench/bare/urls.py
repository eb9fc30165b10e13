"""Two views to measure the product against. The staff's pages are here because a middleware asks where they are."""

from django.contrib import admin
from django.urls import path

from tests.bench.bare.views import insert, usual_script

urlpatterns = [
    path("admin/", admin.site.urls),
    path("insert/", insert),
    path("usual/", usual_script),
]
